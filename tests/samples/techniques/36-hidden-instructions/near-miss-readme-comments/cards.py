"""Cards."""


class Deal:
    """Deals the first cards of a deck."""

    def run(self, deck, count=5):
        return deck[:count]
