"""What the answers of an instance say, or that they say nothing: a figure rests on them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from gateway.errors import ReplyInvalid
from gateway.spe.results import Form

LARGEST: Final = 2**53 - 1
"""What a figure can be: those of a day add up to what the database has room for."""

MOST_STORES: Final = 10_000
LONGEST_NAME: Final = 200

FAILED: Final = "failed"
WITH_ERRORS: Final = "completedWithErrors"
WELL: Final = frozenset({"succeeded", "completedWithWarnings"})

_OURS: Final = "$archiveadmin"
"""The account of service provider access: listed while that is on, and nobody's user."""

_USERS: Final = Form({"userName": str})
_STATISTICS: Final = Form({"numberOfMessages": int}, is_list=False)
_STORES: Final = Form(
    {"id": int, "requestedState": str, "searchIndexesNeedRebuild": bool},
    {"error": str, "needsUpgrade": bool, "statisticsSize": int},
)
_RESULTS: Final = Form(
    {"id": int, "result": str, "completeTime": str},
    {"profileId": int, "profileName": str, "itemsArchived": int},
)


@dataclass(frozen=True)
class Store:
    """An archive store.

    Attributes:
        id: its number in the instance.
        is_disabled: an administrator has put it out of use.
        has_failed: it is wanted, and cannot be opened.
        needs_upgrade: its format is an older one.
        needs_rebuild: its search indexes are broken.
        size: in bytes.
    """

    id: int
    is_disabled: bool
    has_failed: bool
    needs_upgrade: bool
    needs_rebuild: bool
    size: int


@dataclass(frozen=True)
class Run:
    """A profile that was executed and has ended.

    Attributes:
        id: the number of the result.
        profile: the number of the profile; None for one that is not kept.
        name: of the profile, then.
        result: how it ended, in SPE's word.
        archived: how many messages it says that it archived.
        end: when it ended, by the deployment's clock.
    """

    id: int
    profile: int | None
    name: str | None
    result: str
    archived: int
    end: datetime


def users(answer: object) -> int:
    """Count the users of an instance, without the account of service provider access.

    Raises:
        ReplyInvalid: it is no list of users.
    """
    return len(user_names(answer))


def user_names(answer: object) -> Sequence[str]:
    """Return who is counted: the users, without the account of service provider access.

    Raises:
        ReplyInvalid: it is no list of users.
    """
    _require(_USERS, answer, "users")
    names = {row["userName"].lower(): row["userName"] for row in _rows(answer)}
    return [names[key] for key in sorted(names) if key != _OURS]


def messages(answer: object) -> int:
    """Return the number of messages.

    Raises:
        ReplyInvalid: it is none.
    """
    _require(_STATISTICS, answer, "statistics")
    return _counted(answer["numberOfMessages"], "statistics")  # type: ignore[index] # as its form has it


def stores(answer: object) -> Sequence[Store]:
    """Return the archive stores, by their numbers.

    Raises:
        ReplyInvalid: it is no list of stores, or one that no instance has.
    """
    _require(_STORES, answer, "stores")
    found = {row["id"]: _store(row) for row in _rows(answer)}
    if len(found) < len(_rows(answer)) or len(found) > MOST_STORES:
        raise _no_answer("stores")
    _counted(size(found.values()), "stores")
    return [found[number] for number in sorted(found)]


def size(some: Iterable[Store]) -> int:
    """Return the bytes of some stores together."""
    return sum(store.size for store in some)


def runs(rows: Sequence[Mapping[str, Any]]) -> Sequence[Run]:
    """Return the executions of profiles, in the order of their ends.

    Raises:
        ReplyInvalid: one of them is none.
    """
    _require(_RESULTS, rows, "worker results")
    return sorted(map(_run, rows), key=lambda run: (run.end, run.id))


def _store(row: Mapping[str, Any]) -> Store:
    is_disabled = row["requestedState"] == "disabled"
    has_failed = bool(row.get("error")) and not is_disabled
    size = row.get("statisticsSize")
    if size is None and (is_disabled or has_failed):
        size = 0  # nobody can look into it
    needs_upgrade = row.get("needsUpgrade") is True
    rebuild = row["searchIndexesNeedRebuild"]
    counted = _counted(size, "stores")
    return Store(row["id"], is_disabled, has_failed, needs_upgrade, rebuild, counted)


def _run(row: Mapping[str, Any]) -> Run:
    try:
        end = datetime.fromisoformat(row["completeTime"]).replace(microsecond=0)
    except ValueError:
        raise _no_answer("worker results") from None
    name = row.get("profileName")
    return Run(
        row["id"],
        row.get("profileId"),
        name and name[:LONGEST_NAME],
        row["result"],
        max(row.get("itemsArchived") or 0, 0),
        end.replace(tzinfo=UTC) if end.tzinfo is None else end.astimezone(UTC),
    )


def _counted(number: object, about: str) -> int:
    if not isinstance(number, int) or not 0 <= number <= LARGEST:
        raise _no_answer(about)
    return number


def _require(form: Form, answer: object, about: str) -> None:
    if not form.allows(answer):
        raise _no_answer(about)


def _rows(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - has the form of a list
    rows: list[dict[str, Any]] = answer
    return rows


def _no_answer(about: str) -> ReplyInvalid:
    return ReplyInvalid(f"The deployment's answer about {about} cannot be counted on.")
