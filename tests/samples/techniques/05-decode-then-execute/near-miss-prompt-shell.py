"""A small console in which an owner tries expressions out."""

import code
import sys
from pathlib import Path


def run_startup_file(console, path):
    """Run the owner's own start file, as the interpreter does with PYTHONSTARTUP."""
    source = Path(path).read_text(encoding="utf-8")
    exec(compile(source, str(path), "exec"), console.locals)


def main():
    console = code.InteractiveConsole({"__name__": "__console__"})
    if len(sys.argv) > 1:
        run_startup_file(console, sys.argv[1])
    console.interact(banner="Try a node out. Ctrl-D ends.", exitmsg="")


if __name__ == "__main__":
    main()
