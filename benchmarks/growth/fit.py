"""How something grows: the exponent of a line through the logarithms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any


@dataclass(frozen=True)
class Curve:
    """What was measured at each size.

    Attributes:
        name: of what was measured.
        of: what there is more and more of.
        unit: of the values.
        points: values by size.
    """

    name: str
    of: str
    unit: str
    points: Mapping[int, float]

    @property
    def exponent(self) -> float:
        """Return the slope: 0 where it is flat, 1 where it grows along."""
        return slope(list(self.points), list(self.points.values()))

    @property
    def ratio(self) -> float:
        """Return the value at the largest size against that at the smallest."""
        return self.points[max(self.points)] / self.points[min(self.points)]

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        points = [{"size": size, "value": value} for size, value in self.points.items()]
        figures = {"exponent": round(self.exponent, 3), "ratio": round(self.ratio, 3)}
        return {"name": self.name, "of": self.of, "unit": self.unit, "points": points, **figures}


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of the least squares through the logarithms of positive numbers."""
    x, y = [log(size) for size in sizes], [log(max(value, 1e-9)) for value in values]
    middle, height = sum(x) / len(x), sum(y) / len(y)
    spread = sum((each - middle) ** 2 for each in x)
    if not spread:
        return 0.0
    return sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True)) / spread
