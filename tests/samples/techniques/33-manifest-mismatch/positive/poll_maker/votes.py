"""Counts votes; the node that the manifest names is not here."""


def count(votes):
    return {vote: votes.count(vote) for vote in set(votes)}
