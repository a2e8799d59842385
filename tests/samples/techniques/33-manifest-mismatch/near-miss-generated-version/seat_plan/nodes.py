"""Seats."""


class Seats:
    def run(self, message):
        return 100 - len(message.split())
