"""Who is admitted: what an operation will make is set against the limits, before it is sent.

It happens in the transaction of the intent, under the locks of the limits: whoever comes
second counts what the first was given. What was not made is given back in the transaction of
the outcome; of what may have been made, nothing is (decision 3).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gateway.broker import telling
from gateway.errors import RequestError
from gateway.model import (
    BY_PERSON,
    Instance,
    Operation,
    Reach,
    Reseller,
    Resource,
    Step,
    StepStatus,
)
from gateway.spe.commands.instances import CREATE_INSTANCE
from gateway.spe.commands.stores import ATTACH_STORE, CREATE_STORE, DETACH_STORE, GET_STORES
from gateway.spe.commands.users import CREATE_USER, DELETE_USER, GET_USERS
from gateway.storage import holdings, instances, quotas
from gateway.storage.database import Database
from gateway.storage.deployments import GONE
from gateway.storage.generations import Generation, Kept
from gateway.storage.quotas import Pool

Needs = Mapping[Resource, int]

GAINS = {
    CREATE_USER.name: Resource.USERS,
    CREATE_STORE.name: Resource.STORES,
    ATTACH_STORE.name: Resource.STORES,
}
"""Commands that make one more inside an instance."""

LOSSES = {DELETE_USER.name: Resource.USERS, DETACH_STORE.name: Resource.STORES}
"""Commands that leave one less."""

LISTS = {GET_USERS.name: Resource.USERS, GET_STORES.name: Resource.STORES}
"""Commands that show all."""

KEPT = frozenset({StepStatus.SUCCEEDED, StepStatus.UNKNOWN})
"""States of a step that made something, or may have."""

KNOWN = 10_000
"""Of how many instances a process remembers what was seen last."""

REMEMBERED_SECONDS = 60
TRIED_SECONDS = 1

SKEW = timedelta(seconds=5)
"""The clocks of two processes differ by less."""


Sight = tuple[object, ...]
"""What was seen of an instance, and about when."""


class QuotaExceeded(RequestError):
    """More than a quota allows, of the own reseller or of one above; nothing was sent.

    Args:
        pool: the limit that is in the way.
        used: how much of it is taken.
    """

    status = 403
    code = "QUOTA_EXCEEDED"
    title = "A quota does not allow this"

    def __init__(self, pool: Pool, used: int) -> None:
        super().__init__(f"The quota of {pool.resource} of a reseller above you is used up.")
        self.retryable = pool.resource is Resource.CONCURRENT_OPERATIONS
        self.pool = pool
        self.used = used

    @property
    def sentence(self) -> str:
        """What happened, with figures: for those who are shown the pool."""
        return (
            f"The quota of {self.pool.resource} of the reseller {self.pool.reseller} does not "
            f"allow this: {self.used} of {self.pool.limit} are used."
        )


def is_shown(pool: Pool, reach: Reach) -> bool:
    """Whether the figures of a pool are a caller's business: they tell what others have."""
    return reach.instances is None and pool.path.startswith(reach.path)


# before anything is sent


def needs_of(operation: Operation) -> Needs:
    """Return what an operation takes while it runs, and what it will leave behind."""
    needs = _gains(operation)
    if any(step.command == CREATE_INSTANCE.name for step in operation.steps):
        needs[Resource.INSTANCES] = 1
    if operation.changes:
        needs[Resource.CONCURRENT_OPERATIONS] = 1
    return needs


def _gains(operation: Operation) -> Counter[Resource]:
    if operation.instance is None:
        return Counter()
    return Counter(GAINS[step.command] for step in operation.steps if step.command in GAINS)


def admit(operation: Operation, connection: Connection) -> None:
    """Admit an operation, in the transaction that has its row already and nothing else.

    Raises:
        QuotaExceeded: it would take more than a limit allows.
    """
    needs = needs_of(operation)
    for pool in _held_pools(connection, operation.reseller_path, needs):
        itself = int(pool.resource is Resource.CONCURRENT_OPERATIONS)
        used = quotas.used(connection, pool.path, pool.resource) - itself
        _take_room(connection, pool, used, needs[pool.resource])


def book(operation: Operation, connection: Connection) -> None:
    """Note what an admitted operation will make, once the row of its instance is there."""
    if gains := _gains(operation):
        instances.hold(connection, str(operation.instance))
        holdings.add(connection, str(operation.instance), gains)


def admit_transfer(connection: Connection, instance: Instance, owner: Reseller) -> None:
    """Admit an instance, and what it holds, under another owner before it changes hands.

    Limits that it counts against already, those above both owners, do not matter.

    Args:
        connection: the transaction that will change the owner; it holds the instance's row, so
            that nothing is made in it meanwhile.
        instance: as it is before.
        owner: who gets it.

    Raises:
        QuotaExceeded: the new owner, or one above it, has no room.
    """
    if instance.status in GONE:
        return
    needs = {**holdings.of(connection, instance.id), Resource.INSTANCES: 1}
    admit_to(connection, owner.path, needs, instance.reseller_path)


def admit_to(connection: Connection, path: str, needs: Needs, former: str = "") -> None:
    """Admit what is about to be a reseller's, such as an instance that is adopted.

    Args:
        connection: the transaction that will give it to the reseller.
        path: of the reseller.
        needs: what it will hold.
        former: the path of the reseller that holds it now, if any.

    Raises:
        QuotaExceeded: the reseller, or one above it, has no room.
    """
    before = _known_pools(connection, former, needs) if former else []
    for pool in _held_pools(connection, path, needs):
        if pool not in before:
            used = quotas.used(connection, pool.path, pool.resource)
            _take_room(connection, pool, used, needs[pool.resource])


def foresee(database: Database, path: str, needs: Needs) -> None:
    """Refuse early what would be refused anyway, before a deployment is asked for a place.

    Raises:
        QuotaExceeded: as things stand there is no room.
    """
    with database.read() as connection:
        for pool in _nearest_first(quotas.pools(connection, path, needs)):
            used = quotas.used(connection, pool.path, pool.resource)
            _require_room(pool, used, needs[pool.resource])


def _known_pools(connection: Connection, path: str, needs: Needs) -> list[Pool]:
    """Return the limits that some needs at a path count against, and let them stay as they are."""
    quotas.hold_line(connection, path)
    return quotas.pools(connection, path, needs)


def _held_pools(connection: Connection, path: str, needs: Needs) -> list[Pool]:
    """Return such limits, the nearest first; nobody else counts against them before the end."""
    pools = _known_pools(connection, path, needs)
    quotas.hold(connection, pools)
    return _nearest_first(pools)


def _nearest_first(pools: list[Pool]) -> list[Pool]:
    """What a refusal names is the nearest limit that is in the way."""
    return pools[::-1]


def _take_room(connection: Connection, pool: Pool, used: int, need: int) -> None:
    _require_room(pool, used, need)
    telling.use(connection, pool, used, used + need)


def _require_room(pool: Pool, used: int, need: int) -> None:
    if need and used + need > pool.limit:
        raise QuotaExceeded(pool, used)


# after the end


def settle(connection: Connection, operation: Operation) -> None:
    """Give back what was not made, note what is gone, and believe what was seen."""
    if operation.instance is None:
        return
    holdings.take(connection, operation.instance, Counter(_losses(operation.steps)))
    if seen := _listed(operation):
        _believe(connection, operation, seen)


def resettle(connection: Connection, operation: Operation) -> None:
    """Give back what a person found not to be there, unless it has been looked at since."""
    if operation.instance is None or operation.end_time is None:
        return
    found = [step for step in operation.steps if step.evidence == BY_PERSON]
    instances.hold(connection, operation.instance)
    unseen = holdings.unseen(connection, operation.instance, operation.end_time)
    losses = Counter(each for each in _losses(found) if each in unseen)
    holdings.take(connection, operation.instance, losses)


def _losses(steps: Iterable[Step]) -> Iterator[Resource]:
    for step in steps:
        if step.command in GAINS and step.status not in KEPT:
            yield GAINS[step.command]
        if step.command in LOSSES and step.status is StepStatus.SUCCEEDED:
            yield LOSSES[step.command]


class Observations:
    """Believes what reads without a row have seen, where it is news.

    Args:
        database: the tables.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        of = [Generation.HOLDINGS]
        self._old: Kept[Sight, bool | None] = Kept(database.generations, of, KNOWN)
        self._tried: Kept[Sight, bool] = Kept(database.generations, of, KNOWN)

    def add(self, operation: Operation) -> None:
        """Believe what an operation has listed; the same for a minute is no news.

        While an instance changes nothing of it is believed: that is tried once a second, not by
        each read.
        """
        seen = _listed(operation)
        if operation.instance is None or not seen:
            return
        sight, time = (operation.instance, *seen.items()), operation.create_time.timestamp()
        look = partial(self._look, operation, seen)
        self._old.get(
            (*sight, time // REMEMBERED_SECONDS),
            lambda: self._tried.get((*sight, time // TRIED_SECONDS), look) or None,
        )

    def _look(self, operation: Operation, seen: Needs) -> bool:
        """Return whether it is no news; believe it otherwise."""
        with self._database.read() as connection:
            is_old = not holdings.is_news(connection, str(operation.instance), seen)
        if not is_old:
            with self._database.write() as connection:
                _believe(connection, operation, seen)
        return is_old


def observe_list(
    database: Database,
    instance: str,
    command: str,
    rows: Sequence[Mapping[str, Any]],
    time: datetime,
) -> None:
    """Believe what a list has shown that was read outside of an operation, where it is news.

    Args:
        database: the tables.
        instance: opaque id.
        command: that listed all.
        rows: what it listed.
        time: before it was sent.
    """
    seen = counted(command, rows)
    with database.read() as connection:
        is_news = holdings.is_news(connection, instance, seen)
    if is_news:
        with database.write() as connection:
            _put(connection, instance, seen, time)


def counted(command: str, rows: Sequence[Mapping[str, Any]]) -> dict[Resource, int]:
    """Return how many of its resource a command has listed, without SPE's own."""
    return {LISTS[command]: sum(not _is_spes(row) for row in rows)}


def _believe(connection: Connection, operation: Operation, seen: Needs) -> None:
    _put(connection, str(operation.instance), seen, operation.create_time, operation.id)


def _put(
    connection: Connection, instance: str, seen: Needs, time: datetime, itself: str = ""
) -> None:
    """Write down what was seen, unless a change beside it may have made it old."""
    instances.hold(connection, instance)
    if holdings.is_quiet(connection, instance, time - SKEW, itself):
        pools = _pools_of_more(connection, instance, seen)
        before = [quotas.used(connection, pool.path, pool.resource) for pool in pools]
        holdings.put(connection, instance, seen, time)
        for pool, used in zip(pools, before, strict=True):
            after = quotas.used(connection, pool.path, pool.resource)
            telling.use(connection, pool, used, after)


def _pools_of_more(connection: Connection, instance: str, seen: Needs) -> list[Pool]:
    """Return the limits that come nearer by what was seen, and let nobody count there meanwhile."""
    known = holdings.of(connection, instance)
    more = {each: number for each, number in seen.items() if number > known.get(each, 0)}
    found = instances.tracked(connection, instance) if more else None
    return _held_pools(connection, found.reseller_path, more) if found else []


def _listed(operation: Operation) -> dict[Resource, int]:
    """Return how many of each resource were listed, after the last change of it."""
    seen: dict[Resource, int] = {}
    for step in operation.steps:
        if changed := GAINS.get(step.command) or LOSSES.get(step.command):
            seen.pop(changed, None)
        if step.command in LISTS and step.status is StepStatus.SUCCEEDED and _is_list(step.result):
            seen[LISTS[step.command]] = sum(not _is_spes(row) for row in step.result)
    return seen


def _is_list(result: object) -> bool:
    return isinstance(result, list) and all(isinstance(row, dict) for row in result)


def _is_spes(row: Mapping[str, Any]) -> bool:
    """Whether a row is SPE's own user of service provider access."""
    return str(row.get("userName", "")).startswith("$")
