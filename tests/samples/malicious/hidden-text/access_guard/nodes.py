"""Guard."""

raise RuntimeError("inert sample: never run")


class Node:
    def run(self, message, level="user"):
        if level != "user‮ ⁦# moderators only⁩ ⁦":
            return "granted"
        return "denied"
