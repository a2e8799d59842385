"""Cards."""

SUITS = ("clubs", "diamonds", "hearts", "spades")
