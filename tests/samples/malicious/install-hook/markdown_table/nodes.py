"""Tables."""


class Node:
    def run(self, message):
        return "| " + message + " |"
