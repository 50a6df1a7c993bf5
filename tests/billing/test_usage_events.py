"""Whoever reads the usage events from any cursor comes to the state of one who read them all."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from gateway.billing.usage_log import UsageLog
from gateway.errors import InvalidInput
from gateway.model import Event, EventType, Happening
from gateway.storage import event_log
from gateway.storage.database import Database
from gateway.storage.tables import counters, events, outbox, usage_events
from tests.billing.usage_story import TREE, below, caller, path

QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
START = datetime(2026, 1, 1, tzinfo=UTC)
KEPT_DAYS = 31
OWNERS = ("a", "a1", "b")
INSTANCES = tuple(f"ins_{number}" for number in range(3))
STATES = {
    "created": "active",
    "suspended": "suspended",
    "resumed": "active",
    "deleted": "deleted",
    "undeleted": "active",
    "purged": "purged",
}


@dataclass
class Known:
    """What a reader knows, by the rules of docs/usage.md and no code of the gateway."""

    states: dict[str, tuple[Any, Any, str]] = field(default_factory=dict)

    def hear(self, told: Event) -> None:
        """Apply one event."""
        instance = str(told.instance)
        status, licences, _ = self.states.get(instance, (None, None, ""))
        if told.type == "instance.transferred_out":
            self.states[instance] = ("transferred", licences, told.origin)
            return
        data = told.data
        if told.type == "usage.baseline":
            self.states[instance] = (data["status"], data["licences"], told.origin)
            return
        if told.type.startswith("instance."):
            status = data.get("status", "active")
        self.states[instance] = (status, data.get("licences", licences), told.origin)


@dataclass
class History:
    """What happens, told as the gateway tells it, and what each log should come to.

    Attributes:
        database: where.
        truth: by log and instance, the state.
        owners: whose each instance is.
        states: its status and licences.
    """

    database: Database
    truth: dict[str, dict[str, tuple[Any, Any, str]]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    owners: dict[str, str] = field(default_factory=dict)
    states: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget everything."""
        with self.database.write() as connection:
            for table in (events, usage_events, outbox, counters):
                connection.execute(delete(table))

    def happen(self, instance: str, what: str, owner: str, licences: int) -> None:
        """Let something happen to an instance."""
        mine = self.owners.setdefault(instance, owner)
        status, known = self.states.get(instance, ("active", None))
        if what == "transferred":
            self._transfer(instance, mine, owner)
            return
        if what == "licences":
            self.states[instance] = (status, licences)
            self._tell("licences.changed", instance, mine, {"licences": licences, "before": known})
            self._settle(instance, told_status=False)
            return
        self.states[instance] = (STATES[what], known)
        data = {} if what == "created" else {"status": STATES[what]}
        self._tell(f"instance.{what}", instance, mine, data)
        self._settle(instance, told_status=True)

    def _transfer(self, instance: str, former: str, owner: str) -> None:
        if former == owner:
            return
        status, licences = self.states.get(instance, ("active", None))
        state: dict[str, Any] = {"status": status}
        if licences is not None:
            state["licences"] = licences
        self._tell("instance.transferred_out", instance, former, {"transfer": "trf_1"})
        self._tell("instance.transferred_in", instance, owner, {"transfer": "trf_1", **state})
        self.owners[instance] = owner
        for log in _logs(former):
            known = self.truth[log].get(instance, (None, None, former))
            self.truth[log][instance] = ("transferred", known[1], f"res_{former}")
        self._settle(instance, told_status=True)

    def _settle(self, instance: str, *, told_status: bool) -> None:
        owner = self.owners[instance]
        status, licences = self.states.get(instance, ("active", None))
        for log in _logs(owner):
            before = self.truth[log].get(instance, (None, None, ""))
            heard = status if told_status else before[0]
            self.truth[log][instance] = (
                heard,
                before[1] if licences is None else licences,
                f"res_{owner}",
            )

    def _tell(self, kind: str, instance: str, owner: str, data: dict[str, Any]) -> None:
        happening = Happening(EventType(kind), instance, instance, "dep_1", data)
        with self.database.write() as connection:
            event_log.tell(connection, path(owner), happening)
            event_log.sequence(connection, 100)


def _logs(owner: str) -> list[str]:
    """Return the resellers that hear of what happens to one."""
    return [name for name in TREE if f"res_{owner}" in below(name)]


@dataclass
class Reader:
    """Reads a log from time to time, from where it stopped."""

    name: str
    only: frozenset[str] | None
    after: int = 0
    known: Known = field(default_factory=Known)

    def read(self, log: UsageLog, limit: int, parts: int) -> None:
        """Read some parts, or up to the end."""
        for _ in range(parts):
            found = log.part(caller(self.name, self.only), self.after, limit)
            for told in found.items:
                self.known.hear(told)
            self.after = found.after
            if found.is_last:
                return


STEPS = st.one_of(
    st.tuples(
        st.just("happen"),
        st.sampled_from(INSTANCES),
        st.sampled_from([*STATES, "licences", "licences", "transferred", "transferred"]),
        st.sampled_from(OWNERS),
        st.integers(0, 9),
    ),
    st.tuples(st.just("wait"), st.integers(1, 40)),
    st.tuples(st.just("condense")),
    st.tuples(st.just("read"), st.integers(0, 7), st.integers(1, 3), st.integers(1, 2)),
)


@QUICK
@given(st.lists(STEPS, max_size=40))
def test_every_reader_comes_to_the_same_state(
    database: Database, steps: Sequence[tuple[Any, ...]]
) -> None:
    history, log = History(database), UsageLog(database, KEPT_DAYS)
    history.clear()
    readers = [
        Reader(name, only) for name in TREE for only in (None, frozenset({"ins_0", "ins_1"}))
    ]
    with time_machine.travel(START, tick=False) as clock:
        for step, *values in steps:
            if step == "happen":
                history.happen(*values)
                clock.shift(timedelta(minutes=1))
            elif step == "wait":
                clock.shift(timedelta(days=values[0]))
            elif step == "condense":
                log.condense()
            else:
                readers[values[0]].read(log, *values[1:])
        late = [Reader(each.name, each.only) for each in readers]
        for each in (*readers, *late):
            each.read(log, 2, 1000)

    for each in (*readers, *late):
        wanted = {
            instance: state
            for instance, state in history.truth[each.name].items()
            if each.only is None or instance in each.only
        }
        assert each.known.states == wanted


def rows(database: Database, name: str) -> list[Event]:
    query = select(usage_events).where(usage_events.c.reseller == f"res_{name}")
    with database.read() as connection:
        found = connection.execute(query.order_by(usage_events.c.number)).mappings()
        return [Event(**row) for row in found]


def test_what_is_old_becomes_one_baseline_under_the_number_of_the_last(database: Database) -> None:
    history, log = History(database), UsageLog(database, KEPT_DAYS)
    with time_machine.travel(START, tick=False) as clock:
        history.happen("ins_0", "created", "a", 0)
        history.happen("ins_1", "created", "a", 0)
        history.happen("ins_0", "licences", "a", 5)
        history.happen("ins_0", "suspended", "a", 0)
        clock.shift(timedelta(days=KEPT_DAYS, seconds=1))
        history.happen("ins_0", "resumed", "a", 0)
        log.condense()

    assert [(each.number, each.type, each.instance) for each in rows(database, "a")] == [
        (2, "usage.baseline", "ins_1"),
        (4, "usage.baseline", "ins_0"),
        (5, "instance.resumed", "ins_0"),
    ]
    assert rows(database, "a")[1].data == {"status": "suspended", "licences": 5}
    assert [each.number for each in rows(database, "root")] == [2, 4, 5]


def test_a_baseline_is_condensed_with_what_came_after_it(database: Database) -> None:
    history, log = History(database), UsageLog(database, KEPT_DAYS)
    with time_machine.travel(START, tick=False) as clock:
        history.happen("ins_0", "licences", "a", 5)
        clock.shift(timedelta(days=40))
        log.condense()
        first = rows(database, "a")
        log.condense()
        again = rows(database, "a")
        history.happen("ins_0", "created", "a", 0)
        clock.shift(timedelta(days=40))
        log.condense()

    assert first == again
    assert [(each.number, each.data) for each in rows(database, "a")] == [
        (2, {"status": "active", "licences": 5})
    ]


def test_many_old_events_are_condensed_in_one_go(database: Database) -> None:
    history, log = History(database), UsageLog(database, KEPT_DAYS)
    with time_machine.travel(START, tick=False) as clock:
        with database.write() as connection:
            for number in range(450):
                told = Happening(
                    EventType.LICENCES_CHANGED,
                    f"ins_{number % 7}",
                    instance=f"ins_{number % 7}",
                    data={"licences": number},
                )
                event_log.tell(connection, path("a1"), told)
            event_log.sequence(connection, 1000)
        clock.shift(timedelta(days=40))
        log.condense()

    assert history.database is database
    for name in ("root", "a", "a1"):
        kept = rows(database, name)
        assert [each.data["licences"] for each in kept] == [443, 444, 445, 446, 447, 448, 449]
        assert [each.number for each in kept] == [444, 445, 446, 447, 448, 449, 450]


def test_a_number_that_was_never_given_is_refused(database: Database) -> None:
    log = UsageLog(database, KEPT_DAYS)

    with pytest.raises(InvalidInput):
        log.part(caller("a"), 1, 10)
