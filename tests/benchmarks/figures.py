"""One figure of a benchmark: a value beside its peer's or its limit's, and whether the ratio is good enough.

Measures nothing itself."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is the value divided by that of `against`; it holds up to `target`."""

    bench: str
    metric: str
    value: float
    unit: str
    against: str
    ratio: float
    target: float

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio <= self.target

    def to_json(self) -> str:
        """The figure as one JSON object on one line."""
        return json.dumps({**asdict(self), "holds": self.holds})


def compare(bench: str, *, metric: str, value: float, unit: str, against: tuple[str, float], target: float) -> Figure:
    """A figure of `value` against the name and value of its peer, or of the limit that was promised."""
    name, other = against
    return Figure(
        bench=bench,
        metric=metric,
        value=round(value, 3),
        unit=unit,
        against=f"{name}: {other:.3g} {unit}",
        ratio=round(value / other, 3),
        target=target,
    )


def print_figures(figures: Sequence[Figure]) -> None:
    """Print figures as a table for a person."""
    table = Table("bench", "metric", "value", "against", "ratio", "target", "holds", box=None, padding=(0, 2))
    for figure in figures:
        table.add_row(
            figure.bench,
            figure.metric,
            f"{figure.value:.3g} {figure.unit}",
            figure.against,
            f"{figure.ratio:.2f}",
            f"≤ {figure.target:.2f}",
            "yes" if figure.holds else "NO",
        )
    Console(highlight=False).print(table)
