from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from gateway.errors import OperationInProgress, StorageUnavailable
from gateway.model import Operation, OperationStatus, Prefix, Step, StepStatus, new_id, now
from gateway.storage import operations, queues, tables
from gateway.storage.database import Database
from gateway.storage.operations import LEASE
from gateway.storage.vault import Vault
from tests.storage.conftest import on_postgresql, on_sqlite

CANARY = "CANARY-7f3a"
Make = Callable[..., Operation]


def fresh(**values: object) -> Operation:
    whole: dict[str, object] = {
        "id": new_id(Prefix.OPERATION),
        "kind": "createUser",
        "reseller": "res_1",
        "reseller_path": "/res_1/",
        "client": "cli_1",
        "deployment": "dep_1",
        "instance": "ins_1",
        "on_behalf_of": None,
        "request_id": "req",
        "steps": [Step("CreateUser", {"password": CANARY}, before=CANARY)],
        "deadline": now() + timedelta(hours=1),
        "lock": "instance:ins_1",
    }
    return Operation(**(whole | values))  # type: ignore[arg-type] # checked by the test itself


@pytest.fixture
def added(database: Database, vault: Vault) -> Make:
    def add(**values: object) -> Operation:
        made = fresh(**values)
        with database.write() as connection:
            operations.add(connection, made, vault, "me")
        return made

    return add


def claimed(
    database: Database, vault: Vault, operation: str, owner: str = "you"
) -> Operation | None:
    with database.write() as connection:
        if not operations.claim(connection, operation, owner, now()):
            return None
        return operations.get(connection, operation, vault)


def saved(database: Database, vault: Vault, operation: Operation) -> bool:
    with database.write() as connection:
        return operations.save(connection, operation, vault)


def stored(database: Database, vault: Vault, operation: str) -> Operation:
    with database.read() as connection:
        return operations.get(connection, operation, vault)


def test_what_was_added_is_what_is_read(database: Database, vault: Vault, added: Make) -> None:
    made = added(context={"a": 1}, log="text")
    assert stored(database, vault, made.id) == made


def age(database: Database, past: timedelta) -> None:
    """Let every lease be that much older, by whosever clock."""
    rows = tables.operations
    with database.write() as connection:
        for row in connection.execute(select(rows.c.id, rows.c.lease_time)).all():
            older = update(rows).where(rows.c.id == row.id).values(lease_time=row.lease_time - past)
            connection.execute(older)


def test_a_lease_keeps_others_out_until_it_ends(
    database: Database, vault: Vault, added: Make
) -> None:
    made = added()
    age(database, LEASE * 0.9)
    assert claimed(database, vault, made.id) is None
    age(database, LEASE * 0.2)
    assert claimed(database, vault, made.id) is not None
    assert claimed(database, vault, made.id, "third") is None


@on_postgresql
def test_a_host_whose_clock_is_wrong_takes_nobodys_lease(
    database: Database, vault: Vault, added: Make
) -> None:
    made = added()
    with time_machine.travel(now() + LEASE * 10):
        assert claimed(database, vault, made.id) is None
    with time_machine.travel(now() - LEASE * 10):
        age(database, LEASE * 2)
        assert claimed(database, vault, made.id) is not None


@on_sqlite
def test_a_clock_that_was_set_back_makes_no_lease_longer(
    database: Database, vault: Vault, added: Make
) -> None:
    made = added()
    with time_machine.travel(now() - timedelta(days=1)):
        assert claimed(database, vault, made.id) is not None


def test_what_is_not_due_is_not_taken(database: Database, vault: Vault, added: Make) -> None:
    made = added(next_poll_time=now() + timedelta(minutes=1))
    with database.write() as connection:
        operations.release(connection, made)
    assert claimed(database, vault, made.id) is None
    with database.write() as connection:
        operations.hurry(connection, made.id, now())
    assert claimed(database, vault, made.id) is not None


def test_what_is_hurried_is_never_delayed(database: Database, vault: Vault, added: Make) -> None:
    soon = now() + timedelta(seconds=1)
    made = added(next_poll_time=soon)
    with database.write() as connection:
        operations.hurry(connection, made.id, now() + timedelta(minutes=1))
    assert stored(database, vault, made.id).next_poll_time == soon


def test_only_the_owner_renews_and_only_what_it_names(
    database: Database, vault: Vault, added: Make
) -> None:
    mine, left, lost = (added(lock=None) for _ in range(3))
    age(database, LEASE * 2)
    assert claimed(database, vault, lost.id) is not None
    with database.write() as connection:
        assert operations.renew(connection, "me", [mine.id, lost.id]) == {mine.id: mine.fence}
    assert claimed(database, vault, mine.id) is None
    assert claimed(database, vault, left.id) is not None


def test_what_is_given_back_may_be_taken_at_once(
    database: Database, vault: Vault, added: Make
) -> None:
    mine, others = added(lock=None), added(lock=None)
    age(database, LEASE * 2)
    assert claimed(database, vault, others.id, "you") is not None
    with database.write() as connection:
        operations.give_back(connection, "me", [mine.id, others.id])
    assert claimed(database, vault, mine.id, "third") is not None
    assert claimed(database, vault, others.id, "third") is None


def test_one_deployment_crowds_out_no_other(database: Database, added: Make) -> None:
    early, late = now() - timedelta(hours=1), now() - timedelta(seconds=1)
    for _ in range(5):
        added(lock=None, next_poll_time=early)
    other = added(lock=None, next_poll_time=late, deployment="dep_2")
    age(database, LEASE * 2)
    with database.read() as connection:
        found = list(queues.due(connection, now(), 3))
    assert len(found) == 4
    assert found[1] == other.id


def test_whoever_lost_the_lease_cannot_write(database: Database, vault: Vault, added: Make) -> None:
    mine = added()
    age(database, LEASE * 2)
    yours = claimed(database, vault, mine.id)
    assert yours is not None
    mine.status, mine.log = OperationStatus.FAILED, "mine"
    assert not saved(database, vault, mine)
    with database.write() as connection:
        operations.release(connection, mine)
    assert claimed(database, vault, mine.id, "third") is None
    yours.status = OperationStatus.RUNNING
    assert saved(database, vault, yours)
    found = stored(database, vault, mine.id)
    assert (found.status, found.log) == (OperationStatus.RUNNING, "")


def test_whoever_makes_progress_keeps_the_lease(
    database: Database, vault: Vault, added: Make
) -> None:
    made = added()
    for _ in range(3):
        age(database, LEASE * 0.9)
        assert claimed(database, vault, made.id) is None
        assert saved(database, vault, made)


def test_what_is_final_is_written_no_more(database: Database, vault: Vault, added: Make) -> None:
    made = added(lock=None)
    made.status = OperationStatus.SUCCEEDED
    assert saved(database, vault, made)
    made.status = OperationStatus.FAILED
    assert not saved(database, vault, made)
    assert claimed(database, vault, made.id) is None
    assert stored(database, vault, made.id).status is OperationStatus.SUCCEEDED


def test_a_wish_to_cancel_is_not_overwritten(database: Database, vault: Vault, added: Make) -> None:
    made = added()
    with database.write() as connection:
        assert operations.request_cancel(connection, made.id)
    made.status = OperationStatus.RUNNING
    assert saved(database, vault, made)
    assert made.cancel_requested
    assert stored(database, vault, made.id).status is OperationStatus.CANCELLING


def test_what_is_over_cannot_be_cancelled(database: Database, vault: Vault, added: Make) -> None:
    made = added(lock=None)
    made.status = OperationStatus.SUCCEEDED
    saved(database, vault, made)
    with database.write() as connection:
        assert not operations.request_cancel(connection, made.id)


def test_a_second_change_of_an_instance_is_told_of_the_first(
    database: Database, vault: Vault, added: Make
) -> None:
    first = added()
    with pytest.raises(OperationInProgress) as refusal:
        added()
    assert refusal.value.operation == first.id
    first.status, first.lock = OperationStatus.SUCCEEDED, None
    assert saved(database, vault, first)
    added()


def test_only_what_is_ripe_and_free_is_due(database: Database, added: Make) -> None:
    added(lock=None)
    ripe = added(lock=None, next_poll_time=now() - timedelta(seconds=1))
    later = added(lock=None, next_poll_time=now() + timedelta(minutes=9))
    with database.write() as connection:
        operations.release(connection, ripe)
        operations.release(connection, later)
    with database.read() as connection:
        assert list(queues.due(connection, now(), 10)) == [ripe.id]
        all_of_them = queues.due(connection, now() + timedelta(hours=1), 10)
    assert list(all_of_them) == [ripe.id, later.id]


@on_sqlite
def test_no_secret_lies_in_clear_in_the_files(
    database: Database, home: Path, vault: Vault, added: Make
) -> None:
    made = added(result=CANARY)
    made.steps[0].result = {"url": CANARY}
    made.steps[0].status = StepStatus.SENDING
    saved(database, vault, made)
    files = [path for path in home.iterdir() if path.name.startswith("gateway.db")]
    assert {path.suffix for path in files} >= {".db", ".db-wal"}
    assert made.id.encode() in b"".join(path.read_bytes() for path in files)
    for path in files:
        assert CANARY.encode() not in path.read_bytes()
    assert stored(database, vault, made.id).steps[0].arguments == {"password": CANARY}


def test_an_operation_sealed_with_another_key_is_not_guessed_at(
    database: Database, added: Make
) -> None:
    made = added()
    with pytest.raises(StorageUnavailable):
        stored(database, Vault([Fernet.generate_key().decode()]), made.id)


def test_a_secret_is_handed_out_once(database: Database, vault: Vault, added: Make) -> None:
    made = added(lock=None, one_time=True)
    made.status, made.steps[0].result = OperationStatus.SUCCEEDED, CANARY
    saved(database, vault, made)
    with database.write() as connection:
        assert operations.forget(connection, made.id, vault)
        assert not operations.forget(connection, made.id, vault)
    assert stored(database, vault, made.id).steps[0].result is None


@pytest.mark.parametrize("said", ["NUL \0", "half a pair \ud800"])
def test_whatever_a_deployment_says_can_be_stored(
    database: Database, vault: Vault, added: Make, said: str
) -> None:
    made = added(lock=None)
    made.log = made.status_text = made.result = said
    made.problem = made.context = {"said": said}
    assert saved(database, vault, made)
    found = stored(database, vault, made.id)
    assert (found.result, found.problem) == (said, {"said": said})
    assert {found.log, found.status_text} == {said[:-1] + ("?" if "pair" in said else "\ufffd")}


def test_of_many_changes_at_once_one_is_begun(database: Database, vault: Vault) -> None:
    together = Barrier(6)

    def begin(_: int) -> str:
        made = fresh()
        together.wait()
        try:
            with database.write() as connection:
                operations.add(connection, made, vault, "me")
        except OperationInProgress as refusal:
            return refusal.operation
        return made.id

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(begin, range(6)))) == 1


def test_of_many_who_claim_an_operation_one_gets_it(
    database: Database, vault: Vault, added: Make
) -> None:
    made = added()
    with database.write() as connection:
        operations.release(connection, made)
    together = Barrier(6)

    def claim(number: int) -> bool:
        together.wait()
        return claimed(database, vault, made.id, f"worker {number}") is not None

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(claim, range(6))) == 1
