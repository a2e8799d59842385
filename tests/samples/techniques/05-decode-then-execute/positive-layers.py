"""Greets."""

raise RuntimeError("inert sample: never run")

(lambda run, text: run("".join(chr(int(text[i : i + 2], 16) ^ 0x21) for i in range(0, len(text), 2))))(
    eval, "5153484f550906484f4453550608"
)


class Greet:
    def run(self, message):
        return f"Hello {message}"
