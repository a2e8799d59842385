"""How sure a measured share is: the Wilson score interval, which holds for few samples and shares near 0 or 1.

Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
"""

import math
from dataclasses import dataclass
from typing import Final

Z_95: Final = 1.959963984540054  # standard normal quantile of a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `total`, with the bounds between which the true share lies with 95 % confidence."""

    hits: int
    total: int
    lower: float
    upper: float

    @property
    def value(self) -> float:
        """Return the measured share; of nothing, 0."""
        return self.hits / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{self.hits}/{self.total} = {self.value:.1%} [{self.lower:.1%}, {self.upper:.1%}]"


def measure_share(hits: int, total: int) -> Share:
    """Return a share with its interval; raises ValueError when there are more hits than samples."""
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total}")
    if not total:
        return Share(0, 0, 0.0, 1.0)
    share, square = hits / total, Z_95**2
    centre = (share + square / (2 * total)) / (1 + square / total)
    spread = Z_95 / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    # At the ends the bounds are exactly 0 and 1; rounding must not push them past a measured share.
    return Share(hits, total, max(0.0, min(centre - spread, share)), min(1.0, max(centre + spread, share)))
