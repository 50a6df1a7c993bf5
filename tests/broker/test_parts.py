"""The parts of an operation end in several processes at once: the whole ends with them, once."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from threading import Barrier

import pytest
from cryptography.fernet import Fernet

from gateway.broker import parts as rules
from gateway.broker.endings import ENDINGS
from gateway.broker.engine import lanes
from gateway.broker.ledger import Ledger
from gateway.model import Operation, OperationStatus, Prefix, StepStatus, new_id, now
from gateway.storage import operations, outbox, parts, queues, resellers, upgrading
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.core import url_of
from tests.storage.tree import Tree, plant, planted_operation

KEY = Fernet.generate_key().decode()
TREE = Tree((0,), ("root",))
PROCESSES = 2
PARTS = 8
ROUNDS = 6


@dataclass
class Cluster:
    """Processes on one database.

    Attributes:
        databases: one for each process.
        vault: the keys that all have.
    """

    databases: list[Database]
    vault: Vault

    def __post_init__(self) -> None:
        self.database = self.databases[0]
        self.ledgers = [Ledger(each, self.vault, ENDINGS) for each in self.databases]
        self.numbers = count()

    def begun(self, number: int = PARTS, deployment: str = "dep_1") -> tuple[str, list[Operation]]:
        """Insert an operation with its parts, as a call leaves them."""
        with self.database.write() as connection:
            owner = resellers.lineage(connection, "res_root")[-1]
            alone = planted_operation("any", owner)
            whole = replace(
                alone,
                id=new_id(Prefix.OPERATION),
                deployment=None,
                instance=None,
                steps=[],
                status=OperationStatus.RUNNING,
            )
            operations.add(connection, whole, self.vault, None)
            made = [self._part(alone, whole.id, deployment) for _ in range(number)]
            for part in made:
                operations.add(connection, part, self.vault, None)
        return whole.id, made

    def _part(self, alone: Operation, whole: str, deployment: str) -> Operation:
        steps = [replace(step) for step in alone.steps]
        instance = f"ins_{next(self.numbers)}"
        return replace(
            alone,
            id=new_id(Prefix.OPERATION),
            deployment=deployment,
            parent=whole,
            instance=instance,
            steps=steps,
            next_poll_time=alone.deadline,
        )

    def end(self, place: int, part: Operation, status: OperationStatus) -> None:
        """End a part in a process."""
        part.status = status
        part.steps[0].status = StepStatus(status)
        self.ledgers[place % PROCESSES].save(part)

    def whole(self, operation: str) -> Operation:
        """Return an operation as it stands."""
        with self.database.read() as connection:
            return operations.get(connection, operation, self.vault)

    def rows(self, operation: str) -> list[str]:
        """Return the phases of an operation's audit rows."""
        with self.database.read() as connection:
            found = outbox.after(connection, "audit", 0, 10_000)
        mine = [row.payload for row in found if row.payload.get("operation") == operation]
        return [str(row["phase"]) for row in mine]

    def told(self, operation: str) -> list[str]:
        """Return the types of the events about an operation."""
        with self.database.read() as connection:
            found = outbox.after(connection, "event", 0, 10_000)
        return [row.payload["type"] for row in found if row.payload["subject"] == operation]


@pytest.fixture(params=["sqlite", "postgresql"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """Two processes; on SQLite they share a file, which only these tests do."""
    if request.param == "sqlite":
        url = url_of(request.getfixturevalue("tmp_path"))
        with closing(Database(url)) as database:
            upgrading.upgrade(database)
    else:
        url = request.getfixturevalue("postgresql_url")
    made = [Database(url) for _ in range(PROCESSES)]
    with closing(made[0]), closing(made[1]):
        vault = Vault([KEY])
        with made[0].write() as connection:
            plant(connection, TREE, vault)
        yield Cluster(made, vault)


def at_once(works: list[Callable[[], None]]) -> None:
    """Do some things at the same moment; none may fail."""
    ready = Barrier(len(works))

    def do(work: Callable[[], None]) -> None:
        ready.wait()
        work()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(do, work) for work in works]:
            done.result()


def ending(cluster: Cluster, place: int, part: Operation) -> Callable[[], None]:
    return lambda: cluster.end(place, part, OperationStatus.SUCCEEDED)


def test_the_last_of_many_parts_that_end_at_once_ends_the_whole_once(cluster: Cluster) -> None:
    for _ in range(ROUNDS):
        whole, made = cluster.begun()
        at_once([ending(cluster, place, part) for place, part in enumerate(made)])
        found = cluster.whole(whole)

        assert found.status is OperationStatus.SUCCEEDED
        assert found.percent_progress == 100
        assert found.end_time is not None
        assert cluster.rows(whole) == ["outcome"]


def test_to_cancel_while_parts_end_waits_in_no_circle(cluster: Cluster) -> None:
    for _ in range(ROUNDS):
        whole, made = cluster.begun()

        def cancel(operation: str = whole) -> None:
            with cluster.databases[1].write() as connection:
                parts.hold(connection, operation)
                operations.request_cancel(connection, operation)
                parts.cancel(connection, operation)

        endings = [ending(cluster, place, part) for place, part in enumerate(made)]
        at_once([*endings, cancel])

        assert cluster.whole(whole).status is OperationStatus.SUCCEEDED
        assert cluster.rows(whole) == ["outcome"]


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ("ss", OperationStatus.SUCCEEDED),
        ("sc", OperationStatus.CANCELLED),
        ("sucs", OperationStatus.UNKNOWN),
        ("sucf", OperationStatus.FAILED),
    ],
)
def test_the_whole_is_as_the_worst_of_its_parts(
    cluster: Cluster, ends: str, status: OperationStatus
) -> None:
    words = {word.value[0]: word for word in (*rules.WORST, OperationStatus.SUCCEEDED)}
    whole, made = cluster.begun(len(ends))
    percents = []
    for letter, part in zip(ends, made, strict=True):
        percents.append(cluster.whole(whole).percent_progress or 0)
        assert not cluster.whole(whole).status.is_final
        cluster.end(0, part, words[letter])
    found = cluster.whole(whole)

    assert found.status is status
    assert percents == [100 * number // len(ends) for number in range(len(ends))]
    is_bad = status in {OperationStatus.FAILED, OperationStatus.UNKNOWN}
    assert (found.problem or {}).get("code") == ("PARTS_FAILED" if is_bad else None)


def test_a_crash_in_the_last_end_leaves_both_unended(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, (first, last) = cluster.begun(2)
    cluster.end(0, first, OperationStatus.SUCCEEDED)
    with monkeypatch.context() as patch:
        patch.setattr(parts, "conclude", _crash)
        with pytest.raises(RuntimeError):
            cluster.end(0, last, OperationStatus.SUCCEEDED)
    assert not cluster.whole(last.id).status.is_final
    assert not cluster.whole(whole).status.is_final
    cluster.end(1, last, OperationStatus.SUCCEEDED)
    assert cluster.whole(whole).status is OperationStatus.SUCCEEDED


def _crash(*_: object) -> None:
    raise RuntimeError


def test_a_persons_word_on_the_last_unknown_part_settles_the_whole(cluster: Cluster) -> None:
    whole, (first, second) = cluster.begun(2)
    cluster.end(0, first, OperationStatus.SUCCEEDED)
    cluster.end(0, second, OperationStatus.UNKNOWN)
    assert cluster.whole(whole).status is OperationStatus.UNKNOWN
    ended = cluster.whole(whole).end_time
    second.status = OperationStatus.SUCCEEDED

    assert cluster.ledgers[1].resolve(second)
    found = cluster.whole(whole)
    assert found.status is OperationStatus.SUCCEEDED
    assert found.problem is None
    assert found.end_time == ended
    assert cluster.rows(whole) == ["outcome"]
    assert cluster.told(whole) == ["operation.unknown", "operation.resolved"]
    assert cluster.told(second.id) == ["operation.unknown", "operation.resolved"]
    assert cluster.told(first.id) == ["operation.succeeded"]


# turns


def woken(cluster: Cluster, whole: str, deployment: str = "dep_1") -> list[str]:
    with cluster.database.write() as connection:
        parts.hold(connection, whole)
        return list(parts.wake(connection, whole, deployment, lanes.WIDTH))


def due(cluster: Cluster) -> list[str]:
    with cluster.database.read() as connection:
        return list(queues.due(connection, now(), 1000))


def test_the_whole_is_never_due_and_a_part_is_in_its_turn(cluster: Cluster) -> None:
    whole, made = cluster.begun(lanes.WIDTH + 3)
    before = set(due(cluster))
    first = woken(cluster, whole)

    assert before.isdisjoint({whole, *(part.id for part in made)})
    assert first == [part.id for part in made[: lanes.WIDTH]]
    assert set(due(cluster)) - before == set(first)
    assert woken(cluster, whole) == []


def test_the_end_of_a_part_gives_the_next_one_its_turn(cluster: Cluster) -> None:
    whole, made = cluster.begun(lanes.WIDTH + 2)
    woken(cluster, whole)
    before = set(due(cluster))
    cluster.end(0, made[0], OperationStatus.FAILED)

    assert set(due(cluster)) - before == {made[lanes.WIDTH].id}


def test_nobody_who_watches_a_part_brings_its_turn_forward(cluster: Cluster) -> None:
    _, made = cluster.begun()
    with cluster.database.write() as connection:
        operations.hurry(connection, made[0].id, now())

    assert made[0].id not in due(cluster)


def test_turns_passed_on_at_once_are_no_more_than_there_is_room_for(cluster: Cluster) -> None:
    whole, made = cluster.begun(3 * lanes.WIDTH)
    woken(cluster, whole)
    first = made[: lanes.WIDTH]
    at_once([ending(cluster, place, part) for place, part in enumerate(first)])
    with cluster.database.read() as connection:
        turned = set(parts.due(connection, whole, "dep_1"))

    assert turned - {part.id for part in first} == {
        part.id for part in made[lanes.WIDTH : 2 * lanes.WIDTH]
    }


def test_how_parts_stand_is_counted(cluster: Cluster) -> None:
    whole, made = cluster.begun(3)
    cluster.end(0, made[1], OperationStatus.CANCELLED)
    with cluster.database.read() as connection:
        tally = parts.tally(connection, whole)
        listed = parts.of(connection, whole)

    assert tally == Counter({OperationStatus.QUEUED: 2, OperationStatus.CANCELLED: 1})
    assert [part.id for part in listed] == [part.id for part in made]
    assert listed[1].status is OperationStatus.CANCELLED
