"""What REST answers, for people: rows of a table, or a page with a line for each member."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.cli.account import Account, Refused
from gateway.cli.nouns.kinds import Kind
from gateway.cli.nouns.reading import every
from gateway.cli.progress import printable

MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?Z", re.ASCII)
UTC: Final = " UTC"
INDENT: Final = "  "

Thing = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        head: above it.
        member: whose value is shown, or what makes a text of the whole thing.
        of: the kind whose id the member is; its name is shown, where the caller may know it.
    """

    head: str
    member: str | Callable[[Thing], str]
    of: Kind | None = None

    def cell(self, thing: Thing, names: Mapping[str, str]) -> str:
        """Return what stands in the row of a thing."""
        if not isinstance(self.member, str):
            return printable(self.member(thing))
        value = thing.get(self.member)
        return text_of(names.get(str(value), value)).removesuffix(UTC)


def rows_of(
    account: Account, columns: Sequence[Column], things: Sequence[Thing]
) -> list[tuple[str, ...]]:
    """Return a row for each thing."""
    names: dict[str, str] = {}
    for column in columns:
        if column.of is not None and things:
            names |= _names(account, column.of)
    return [tuple(column.cell(thing, names) for column in columns) for thing in things]


def lines_of(document: Thing, indent: str = "") -> Iterator[str]:
    """Yield a line for each member that says something; what lies in it is indented."""
    told = {name: value for name, value in document.items() if value not in (None, [], {}, "")}
    width = max(map(len, told), default=0)
    for name, value in told.items():
        parts = _parts(value)
        if parts:
            yield f"{indent}{name}"
            for part in parts:
                yield from lines_of(part, indent + INDENT)
        else:
            yield f"{indent}{name:{width}}  {text_of(value)}"


def text_of(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return a value in words: times to the second, yes and no, lists with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        told = {name: each for name, each in value.items() if each is not None}
        return ", ".join(f"{printable(name)}={text_of(each)}" for name, each in told.items())
    if isinstance(value, list):
        return ", ".join(map(text_of, value))
    return printable(MOMENT.sub(rf"\1 \2{UTC}", str(value)))


def _parts(value: Any) -> list[Thing]:  # noqa: ANN401 - any JSON value
    """Return what has lines of its own; nothing for what fits on one."""
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, Mapping) for each in found):
        return []
    if value is not found and not any(isinstance(each, Mapping | list) for each in value.values()):
        return []
    return found


def _names(account: Account, kind: Kind) -> dict[str, str]:
    """Return the name of each thing of a kind by its id; none where the caller may not know."""
    try:
        return {each["id"]: kind.name_of(each) for each in every(account, kind.path)}
    except Refused:
        return {}
