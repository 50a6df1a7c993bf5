"""What the instances use, as it was read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Measure(StrEnum):
    """What is counted of an instance."""

    LICENCES = "licences"
    USERS = "users"
    MESSAGES = "messages"
    BYTES = "bytes"


OF_INSTANCES = (Measure.USERS, Measure.MESSAGES, Measure.BYTES)
"""What is read of single instances; the licences are read of whole deployments."""

SHOWN_BY = {
    Measure.LICENCES: "CreateLicenseRequest",
    Measure.USERS: "GetUsers",
    Measure.MESSAGES: "GetInstanceStatistics",
    Measure.BYTES: "GetStores",
}
"""The command whose readings show a measure: of a deployment the licences, of an instance others.

A reading counts for a measure only where its command is this one.
"""


@dataclass(frozen=True)
class Reading:
    """One look at a deployment, or at an instance of it.

    Attributes:
        id: opaque.
        deployment: which was asked.
        instance: which it was asked about; None for the deployment as a whole.
        command: what it was asked.
        time: when the answer came, or did not.
        raw: the SHA-256 of the answer as it was kept, 64 hex; None where there is none.
        problem: the code of the error that came instead.
    """

    id: str
    deployment: str
    instance: str | None
    command: str
    time: datetime
    raw: str | None
    problem: str | None


@dataclass(frozen=True)
class Figure:
    """A value that held from a time on, until the next one of the same instance and measure.

    Attributes:
        instance: opaque id.
        measure: what was counted.
        time: of the reading that showed it first.
        value: None where a reading showed that the instance was not there.
        reseller: who owned it then.
        deployment: where it lay.
        reading: the id of that reading.
    """

    instance: str
    measure: Measure
    time: datetime
    value: int | None
    reseller: str
    deployment: str
    reading: str


@dataclass(frozen=True)
class Tally:
    """What the readings of an instance say of a measure together, while it was one owner's.

    Attributes:
        instance: opaque id.
        measure: what was counted.
        reseller: who owned it.
        deployment: where it lay.
        readings: how many successful readings listed it; at least one.
        total: the sum of their values.
        peak: the greatest.
        latest: the value of the last one.
        latest_time: when that was.
    """

    instance: str
    measure: Measure
    reseller: str
    deployment: str
    readings: int
    total: int
    peak: int
    latest: int
    latest_time: datetime


@dataclass(frozen=True)
class Gap:
    """A stretch of time of which nothing is known, and which is never counted as zero.

    Attributes:
        since: from when on.
        until: up to when.
        problem: the code of the readings that failed in it; NOT_READ where there was none.
    """

    since: datetime
    until: datetime
    problem: str

    def told(self) -> dict[str, str]:
        """Return it as it is kept in JSON."""
        since, until = self.since.isoformat(), self.until.isoformat()
        return {"from": since, "to": until, "problem": self.problem}

    @classmethod
    def from_told(cls, told: Mapping[str, str]) -> "Gap":
        """Return what ``told`` made JSON of; further members are left out."""
        since, until = (datetime.fromisoformat(told[end]) for end in ("from", "to"))
        return cls(since, until, told["problem"])
