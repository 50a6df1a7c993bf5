"""What a reseller's instances used in a month, as it was put down."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from gateway.model.ids import Prefix

_LONGEST = timedelta(days=31)


@dataclass(frozen=True, order=True)
class Month:
    """A month of UTC.

    Args:
        since: its first moment.
    """

    since: datetime

    @classmethod
    def of(cls, time: datetime) -> Self:
        """Return the month in which a time lies."""
        first = time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return cls(first)

    @classmethod
    def named(cls, name: str) -> Self:
        """Return a month by its name, such as ``2026-11``.

        Raises:
            ValueError: there is no such month.
        """
        return cls(datetime.strptime(name, "%Y-%m").replace(tzinfo=UTC))

    @property
    def until(self) -> datetime:
        """The first moment of the next one."""
        return self.of(self.since + _LONGEST).since

    @property
    def following(self) -> Self:
        """The next one."""
        return self.of(self.until)

    @property
    def previous(self) -> Self:
        """The one before."""
        return self.of(self.since - timedelta(days=1))

    def __str__(self) -> str:
        """Return its name, such as ``2026-11``."""
        return f"{self.since:%Y-%m}"


class StatementStatus(StrEnum):
    """How far a statement has come."""

    OPEN = "open"
    """Its month goes on, or is not closed yet: it is computed when it is asked for."""

    CLOSED = "closed"
    """It is put down, and never changes."""

    ACKNOWLEDGED = "acknowledged"
    """The reseller has agreed to all that it says; a later correction closes it again."""


class EntryKind(StrEnum):
    """What was done to a statement."""

    CLOSED = "closed"
    ACKNOWLEDGED = "acknowledged"
    CORRECTED = "corrected"


class LineKind(StrEnum):
    """What a line of a statement says."""

    USAGE = "usage"
    """What an instance used."""

    CORRECTION = "correction"
    """What is added or taken off afterwards."""


@dataclass(frozen=True)
class StatementLine:
    """A line of a statement.

    Attributes:
        number: its place, from one.
        kind: what it says.
        instance: which it concerns; None for a correction of the reseller as a whole.
        deployment: where that lay.
        figures: of usage its names, its measures and its gaps; of a correction the measure, the
            amount and the reason.
        create_time: when it was put down.
    """

    number: int
    kind: LineKind
    instance: str | None
    deployment: str | None
    figures: Mapping[str, Any]
    create_time: datetime

    @property
    def content(self) -> Mapping[str, Any]:
        """What its digest is taken over."""
        time = self.create_time.astimezone(UTC).isoformat()
        same = {"kind": str(self.kind), "figures": dict(self.figures), "create_time": time}
        return vars(self) | same


@dataclass(frozen=True)
class Statement:
    """A reseller's month.

    Attributes:
        id: opaque; follows from the reseller and the month, so that it is the same all the while.
        reseller: whose.
        month: its name.
        status: how far it has come.
        figures: the totals, and how complete they are.
        evidence: how many readings of each deployment and instance it rests on, and their digest.
        close_time: when it was closed.
        acknowledge_time: when it was last acknowledged.
        acknowledged_by: the client that did.
    """

    id: str
    reseller: str
    month: str
    status: StatementStatus
    figures: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    close_time: datetime | None = None
    acknowledge_time: datetime | None = None
    acknowledged_by: str | None = None


@dataclass(frozen=True)
class StatementEntry:
    """A row of the chain of a reseller's statements.

    Attributes:
        reseller: whose chain.
        number: its place, from one.
        statement: which.
        kind: what was done to it.
        payload: what of.
        hash: of it and all before it, 64 hex.
        create_time: when.
    """

    reseller: str
    number: int
    statement: str
    kind: str
    payload: Mapping[str, Any]
    hash: str
    create_time: datetime


def statement_id(reseller: str, month: Month) -> str:
    """Return the id of a reseller's month: formed as a UUIDv7 (RFC 9562) of its beginning.

    What is random in others is the SHA-256 of both here, so that the id of an open statement
    stays its own when it is closed, and ids are in the order of the months.
    """
    digest = hashlib.sha256(f"{reseller} {month}".encode()).hexdigest()
    milliseconds = int(month.since.timestamp()) * 1000
    variant = "89ab"[int(digest[3], 16) % 4]
    return f"{Prefix.STATEMENT}_{milliseconds:012x}7{digest[:3]}{variant}{digest[4:19]}"


def month_of(statement: str) -> Month | None:
    """Return the month that an id of a statement begins with; None where it has none."""
    milliseconds = int(statement.partition("_")[2][:12], 16)
    try:
        time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return Month(time) if Month.of(time).since == time else None
