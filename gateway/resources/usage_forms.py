"""Usage as it is written: an object for JSON, a line of it, or a row of a table."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from gateway.billing.usage_items import Grouping, Item
from gateway.billing.usage_watch import Watch
from gateway.model import Measure
from gateway.resources.usage_schemas import UsageItemSchema
from gateway.web import exact_json
from gateway.web.schemas import UsageCompletenessSchema, whole

FIGURES: Final = ("latest", "average", "peak", "readings", "asOf")
NAMES: Final = ("resellerName", "instanceID", "displayName", "externalId")
"""Cells that hold what people wrote."""

COLUMNS: Final = (
    "kind",
    "from",
    "to",
    "reseller",
    "resellerName",
    "deployment",
    "instance",
    "instanceID",
    "displayName",
    "externalId",
    *(f"{measure}{name[0].upper()}{name[1:]}" for measure in Measure for name in FIGURES),
    "complete",
    "problem",
)
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet would carry out, or read otherwise."""


def of_item(item: Item) -> dict[str, Any]:
    """Return an item as ``UsageItemSchema`` dumps it."""
    part = item.part
    return {
        **_about(item),
        "since": part and part.since,
        "until": part and part.until,
        "measures": {str(measure): item.sums.get(measure) for measure in Measure},
        "complete": item.complete,
    }


def of_watch(watch: Watch) -> dict[str, Any]:
    """Return completeness and ages as ``UsagePageSchema`` dumps them."""
    gaps = [
        {"deployment": name, "since": gap.since, "until": gap.until, "problem": gap.problem}
        for name, some in sorted(watch.gaps.items())
        for gap in some
    ]
    known = {"expected": watch.expected, "readings": watch.readings, "gaps": gaps}
    as_of = {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in sorted(watch.as_of.items())}
    return {"completeness": known, "as_of": as_of}


def _about(item: Item) -> dict[str, Any]:
    held = item.held
    if item.grouping is Grouping.INSTANCE:
        return vars(held)
    if item.grouping is Grouping.DEPLOYMENT:
        return {"deployment": held.deployment}
    return {"reseller": held.reseller, "reseller_name": held.reseller_name}


@dataclass(frozen=True)
class Form:
    """A media type in which everything is told at once.

    Attributes:
        media_type: its name.
        content_type: that with its parameters.
        file_name: under which it is kept.
        lines: makes the text, piece by piece.
    """

    media_type: str
    content_type: str
    file_name: str
    lines: Callable[[Watch, Iterable[Item]], Iterator[bytes]]


def _lines(watch: Watch, items: Iterable[Item]) -> Iterator[bytes]:
    """Yield a line for each item; the last one says what is missing."""
    schema = UsageItemSchema()
    for item in items:
        yield _encoded(exact_json.text(schema.dump(of_item(item))) + "\n")
    told = of_watch(watch)
    completeness = whole(UsageCompletenessSchema).dump(told["completeness"])
    last = {"completeness": completeness, "asOf": told["as_of"]}
    yield _encoded(exact_json.text(last) + "\n")


def _table(watch: Watch, items: Iterable[Item]) -> Iterator[bytes]:
    """Yield a header, a row for each item, and one for each gap (RFC 4180)."""
    schema = UsageItemSchema()
    yield _row(COLUMNS)
    for item in items:
        yield _row(_cells("usage", _flat(schema.dump(of_item(item)))))
    for gap in whole(UsageCompletenessSchema).dump(of_watch(watch)["completeness"])["gaps"]:
        yield _row(_cells("gap", {**gap, "complete": False}))


def _flat(told: Mapping[str, Any]) -> dict[str, Any]:
    figures = {
        f"{measure}{name[0].upper()}{name[1:]}": value
        for measure, figure in told["measures"].items()
        for name, value in (figure or {}).items()
    }
    return {**told, **figures}


def _cells(kind: str, told: Mapping[str, Any]) -> list[str]:
    values = {**told, "kind": kind}
    return [_cell(name, values.get(name)) for name in COLUMNS]


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return exact_json.plain(value)
    text = str(value)
    return f"'{text}" if name in NAMES and text.startswith(DANGEROUS) else text


def _row(cells: Iterable[str]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return _encoded(text.getvalue())


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


LINES: Final = Form(
    "application/x-ndjson", "application/x-ndjson; charset=utf-8", "usage.ndjson", _lines
)
TABLE: Final = Form("text/csv", "text/csv; charset=utf-8; header=present", "usage.csv", _table)
