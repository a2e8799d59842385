"""A game."""

import random

BEATS = {"rock": "scissors", "scissors": "paper", "paper": "rock"}


class Play:
    """Answers a hand with a hand."""

    def run(self, message):
        own = random.choice(sorted(BEATS))
        if own == message:
            return f"{own}: draw"
        return f"{own}: I win" if BEATS[own] == message else f"{own}: you win"
