"""The figures of lines and their sums, as statements put them down.

What is stored and hashed are whole numbers, and text for a decimal.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway.billing.days import average
from gateway.model import Measure, StatementLine, Tally

Figures = Mapping[str, Any]


def put_down(tally: Tally) -> Figures:
    """Return what an instance used of a measure, as a line has it."""
    return {
        "latest": tally.latest,
        "average": str(average(tally.total, tally.readings)),
        "peak": tally.peak,
        "readings": tally.readings,
        "total": tally.total,
    }


def totals(lines: Iterable[StatementLine]) -> Mapping[str, Figures]:
    """Return the sums of lines of usage, by measure.

    What was read of none of them is left out; zeros are for a month without any line.
    """
    measures = [line.figures["measures"] for line in lines]
    read = {measure for each in measures for measure in each} if measures else set(Measure)
    sums = {str(measure): _nothing() for measure in Measure if measure in read}
    for each in measures:
        for measure, figures in each.items():
            _add(sums[measure], figures)
    return {measure: {**each, "average": str(each["average"])} for measure, each in sums.items()}


def corrected(sums: Mapping[str, Figures], corrections: Iterable[StatementLine]) -> dict[str, Any]:
    """Return totals with corrections: their amounts count to the latest, the average and the peak.

    Which of these is billed is agreed elsewhere, and a correction must count there.
    """
    found = {measure: dict(figures) for measure, figures in sums.items()}
    for line in corrections:
        nothing = {**_nothing(), "average": str(_nothing()["average"])}
        each = found.setdefault(line.figures["measure"], nothing)
        amount = line.figures["amount"]
        each |= {"latest": each["latest"] + amount, "peak": each["peak"] + amount}
        each["average"] = str(Decimal(each["average"]) + amount)
    return found


def _nothing() -> dict[str, Any]:
    whole = dict.fromkeys(("latest", "peak", "readings", "total"), 0)
    return {**whole, "average": Decimal("0.0000")}


def _add(sums: dict[str, Any], figures: Figures) -> None:
    for name in ("latest", "peak", "readings", "total"):
        sums[name] += figures[name]
    sums["average"] += Decimal(figures["average"])
