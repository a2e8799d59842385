"""Prints how to switch completion on; the user decides whether to."""

import os
import sys
from pathlib import Path

ADVICE = {
    "bash": 'Add this to ~/.bashrc:\n  eval "$(cards completion bash)"',
    "zsh": 'Add this to ~/.zshrc:\n  eval "$(cards completion zsh)"',
    "fish": "Run:\n  cards completion fish > ~/.config/fish/completions/cards.fish",
}


def main():
    shell = Path(os.environ.get("SHELL", "bash")).name
    sys.stdout.write(ADVICE.get(shell, f"There is no completion for {shell}.") + "\n")


if __name__ == "__main__":
    main()
