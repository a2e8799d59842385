"""One figure of a benchmark: a value beside its peer's or its limit's, and whether the ratio is good enough.

Measures nothing itself."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """`ratio` is the value divided by that of `against`; it holds up to `target`. None: it was not measured."""

    bench: str
    metric: str
    value: float | None
    unit: str
    against: str
    ratio: float | None
    target: float

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.ratio is not None and self.ratio <= self.target

    def to_json(self) -> str:
        """The figure as one JSON object on one line."""
        return json.dumps({**asdict(self), "holds": self.holds})


def compare(bench: str, *, metric: str, value: float, unit: str, against: tuple[str, float], target: float) -> Figure:
    """A figure of `value` against the name and value of its peer, or of the limit that was promised."""
    name, other = against
    return Figure(
        bench=bench,
        metric=metric,
        value=_round(value),
        unit=unit,
        against=f"{name}: {other:.3g} {unit}",
        ratio=_round(value / other),
        target=target,
    )


def report_missing(bench: str, *, metric: str, unit: str, reason: str, target: float) -> Figure:
    """A figure that could not be measured here, with the reason; it does not hold."""
    return Figure(bench=bench, metric=metric, value=None, unit=unit, against=reason, ratio=None, target=target)


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def print_figures(figures: Sequence[Figure]) -> None:
    """Print figures as a table for a person."""
    table = Table("bench", "metric", "value", "against", "ratio", "target", "holds", box=None, padding=(0, 2))
    for figure in figures:
        table.add_row(
            figure.bench,
            figure.metric,
            "not measured" if figure.value is None else f"{figure.value:.3g} {figure.unit}",
            figure.against,
            "" if figure.ratio is None else f"{figure.ratio:.3g}",
            f"≤ {figure.target:.3g}",
            "yes" if figure.holds else "NO",
        )
    Console(highlight=False).print(table)
