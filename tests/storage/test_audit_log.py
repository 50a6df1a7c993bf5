"""The chains of the audit log: numbers without gaps, and nothing altered unseen."""

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text, update

from gateway.model import Reach, Reseller, now
from gateway.storage import audit_log, facts, resellers
from gateway.storage.audit_log import Entry, Wanted
from gateway.storage.audit_verification import Fault, Verdict, verify
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.tables import audit_log as log
from gateway.storage.tables import outbox
from gateway.storage.witness import Attested, Witness
from tests.core import url_of
from tests.storage.chains import EDITS, RESELLERS, ROWS, Edit, fill, write

EDITED = 1000


@pytest.fixture
def embedded(home: Path) -> Iterator[Database]:
    """The database of an embedded gateway."""
    with closing(Database(url_of(home))) as made:
        yield made


@pytest.fixture
def witness(database: Database, tmp_path: Path) -> Witness:
    made = Witness(tmp_path / "outside" / "witness.jsonl", database)
    made.follow()
    return made


def unseen(rows: int) -> None:
    """Take note of no progress."""
    del rows


def verdict_of(database: Database, witness: Witness) -> Verdict:
    witnessed = list(witness.read())
    with database.snapshot() as connection:
        return verify(connection, witnessed, unseen)


def sequence_all(database: Database, limit: int) -> int:
    """Move all rows, and return how many."""
    moved = 0
    while True:
        with database.write() as connection:
            now = audit_log.sequence(connection, limit)
        moved += now
        if not now:
            return moved


def test_a_list_is_in_the_order_of_the_numbers_whatever_the_clocks_say(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the process that numbers may go back, and so may the times of the rows."""
    falling = iter(range(1000, 0, -1))
    monkeypatch.setattr(audit_log, "new_id", lambda prefix: f"{prefix}_{next(falling):032x}")
    for number in range(9):
        write(database, RESELLERS[number % 2], object=f"{number}")
    sequence_all(database, 4)
    found: list[Entry] = []
    with database.write() as connection:
        _add_root(connection)
        while page := audit_log.page(
            connection, Reach("/root/"), Wanted({}), found[-1].id if found else "", 2
        ):
            found += page
    assert [entry.payload["object"] for entry in found] == [f"{n}" for n in range(8, -1, -1)]
    for reseller, rows in ((RESELLERS[0], 5), (RESELLERS[1], 4)):
        mine = [entry.number for entry in found if entry.reseller == reseller]
        assert mine == list(range(rows, 0, -1))


def _add_root(connection: Connection) -> None:
    """Add the operators, who see every chain."""
    root = Reseller("root", "Operators", "/root/", None, None, None, now(), now())
    resellers.add(connection, root)


def test_rows_of_before_without_a_request_are_verified_beside_rows_with_one(
    database: Database, witness: Witness
) -> None:
    write(database, RESELLERS[0], object="old")
    write(database, RESELLERS[0], object="new", method="DELETE", path="/clients/cli_1")
    sequence_all(database, 10)
    assert verdict_of(database, witness).findings == []
    with database.write() as connection:
        [_, row] = audit_log.part(connection, RESELLERS[0], 0, 2)
        payload = {**row.payload, "path": "/clients/cli_2"}
        connection.execute(update(log).where(log.c.number == 2).values(payload=payload))
    assert [each.fault for each in verdict_of(database, witness).findings] == [Fault.ALTERED]


def test_rows_get_numbers_without_gaps_in_the_order_of_the_outbox(
    database: Database, witness: Witness
) -> None:
    for number in range(10):
        write(database, RESELLERS[number % 2], object=f"{number}")
    assert sequence_all(database, 3) == 10
    with database.read() as connection:
        assert not audit_log.is_waiting(connection)
        for place, reseller in enumerate(RESELLERS[:2]):
            rows = audit_log.part(connection, reseller, 0, 100)
            assert [row.number for row in rows] == [1, 2, 3, 4, 5]
            assert [row.payload["object"] for row in rows] == [
                f"{number}" for number in range(place, 10, 2)
            ]
    assert verdict_of(database, witness).findings == []


def test_sequencers_at_the_same_time_give_every_row_one_number(
    database: Database, url: str, witness: Witness
) -> None:
    for number in range(60):
        write(database, RESELLERS[number % 3])
    with closing(Database(url)) as other, ThreadPoolExecutor(4) as pool:
        moved = sum(pool.map(sequence_all, [database, other] * 2, [7] * 4))
    assert moved == 60
    found = verdict_of(database, witness)
    assert (found.rows, found.findings) == (60, [])


def _sequence_and_die(database: Database) -> None:
    with database.write() as connection:
        assert audit_log.sequence(connection, 10) == 1
        raise KeyboardInterrupt


def test_a_sequencer_that_dies_leaves_everything_as_it_was(
    database: Database, witness: Witness
) -> None:
    write(database, "res_a")
    with pytest.raises(KeyboardInterrupt):
        _sequence_and_die(database)
    assert verdict_of(database, witness).waiting == 1
    assert sequence_all(database, 10) == 1
    assert verdict_of(database, witness).rows == 1


def test_a_chain_is_anchored_when_it_has_grown(database: Database, witness: Witness) -> None:
    fill(database)
    with database.write() as connection:
        assert audit_log.is_anchored(connection)
        assert audit_log.anchor(connection) == 0
    write(database, "res_b")
    sequence_all(database, 10)
    with database.write() as connection:
        assert not audit_log.is_anchored(connection)
        assert audit_log.anchor(connection) == 1
    last = list(witness.read())[-1]
    assert (last.kind, last.object, last.state["number"]) == ("audit", "res_b", ROWS + 1)


def test_a_whole_log_has_no_finding(database: Database, witness: Witness) -> None:
    fill(database)
    found = verdict_of(database, witness)
    assert found.findings == []
    assert (found.chains, found.rows, found.anchors) == (3, 3 * ROWS, 3)


def place_found(
    connection: Connection, witnessed: Sequence[Attested], edit: Edit, dice: random.Random
) -> tuple[int | None, int]:
    """Edit a row of some chain, and take it back.

    Returns:
        At which number the chain is found to be broken, and at which it is.
    """
    reseller, number = dice.choice(RESELLERS), dice.randint(1, ROWS)
    attempt = connection.begin_nested()
    broken = edit(connection, dice, reseller, number)
    found = verify(connection, witnessed, unseen).findings
    attempt.rollback()
    return next((each.number for each in found if each.reseller == reseller), None), broken


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_is_found_where_it_is(database: Database, witness: Witness, edit: Edit) -> None:
    fill(database)
    dice = random.Random(edit.__name__)  # noqa: S311 # no secret
    with database.write() as connection:
        found, broken = place_found(connection, list(witness.read()), edit, dice)
    assert found == broken


def test_every_one_of_a_thousand_random_edits_is_found(embedded: Database, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "witness.jsonl", embedded)
    witness.follow()
    fill(embedded)
    witnessed, dice = list(witness.read()), random.Random(4711)  # noqa: S311 # no secret
    with embedded.write() as connection:
        for _ in range(EDITED):
            edit = dice.choice(EDITS)
            found, broken = place_found(connection, witnessed, edit, dice)
            assert found == broken, edit.__name__
        assert verify(connection, witnessed, unseen).findings == []


@pytest.mark.parametrize("words", ["{", "null", "[]", '"x"'])
def test_a_row_that_cannot_be_read_is_altered(
    embedded: Database, tmp_path: Path, words: str
) -> None:
    fill(embedded)
    with embedded.write() as connection:
        connection.execute(
            text("UPDATE audit_log SET payload = :p WHERE reseller = 'res_b' AND number = 5"),
            {"p": words},
        )
    found = verdict_of(embedded, Witness(tmp_path / "none", embedded))
    assert [(each.fault, each.reseller, each.number) for each in found.findings] == [
        (Fault.ALTERED, "res_b", 5)
    ]
    assert found.rows == 3 * ROWS


def test_a_chain_that_is_gone_altogether_is_truncated(database: Database, witness: Witness) -> None:
    fill(database)
    with database.write() as connection:
        connection.execute(text("DELETE FROM audit_log WHERE reseller = 'res_a'"))
        connection.execute(text("DELETE FROM counters WHERE name = 'audit:res_a'"))
    [found] = verdict_of(database, witness).findings
    assert (found.fault, found.reseller, found.number) == (Fault.TRUNCATED, "res_a", 1)


def test_anchors_of_rows_that_a_restore_has_lost_are_not_held_against_it(
    database: Database, witness: Witness
) -> None:
    fill(database)
    with database.write() as connection:
        known = facts.last(connection)
        late = {"number": ROWS + 5, "hash": "f" * 64}
        facts.note(connection, Fact.AUDIT, "res_a", late)
    assert [each.fault for each in verdict_of(database, witness).findings] == [Fault.TRUNCATED]
    with database.write() as connection:
        facts.note(connection, Fact.RESTORE, "database", {"after": known})
    found = verdict_of(database, witness)
    assert (found.findings, found.restores) == ([], 1)


@pytest.fixture
def _log(database: Database) -> None:
    write(database, "res_a", object="1", actor={"client": "cli_1"}, instance="ins_1")
    write(database, "res_a", object="2", actor={"client": "cli_2"}, instance="ins_2")
    write(database, "res_b", object="1", actor={"client": "cli_1"}, operation="op_1")
    sequence_all(database, 10)


@pytest.mark.usefixtures("_log")
@pytest.mark.parametrize(
    ("wanted", "objects"),
    [
        (Wanted({}), ["1", "2", "1"]),
        (Wanted({"client": "cli_1"}), ["1", "1"]),
        (Wanted({"client": "cli_1"}, "res_a"), ["1"]),
        (Wanted({"object": "2"}), ["2"]),
        (Wanted({"operation": "op_1", "phase": "done"}), ["1"]),
        (Wanted({"action": "other"}), []),
    ],
    ids=["all", "client", "client-and-chain", "object", "operation", "nothing"],
)
def test_a_list_is_narrowed_to_what_is_wanted(
    database: Database, wanted: Wanted, objects: list[str]
) -> None:
    with database.read() as connection:
        query = select(log.c.payload).where(wanted.condition()).order_by(log.c.id.desc())
        assert [row["object"] for row in connection.execute(query).scalars()] == objects


@pytest.mark.usefixtures("_log")
def test_nobody_reaches_a_chain_of_a_reseller_that_is_not_there(database: Database) -> None:
    with database.read() as connection:
        assert audit_log.page(connection, Reach("/res_a/"), Wanted({}), "", 10) == []


def test_only_rows_of_the_audit_leave_the_outbox(database: Database) -> None:
    write(database, "res_a")
    with database.write() as connection:
        connection.execute(outbox.update().values(topic="event"))
    write(database, "res_a")
    assert sequence_all(database, 10) == 1
    with database.read() as connection:
        count = select(func.count()).select_from(outbox)
        assert connection.execute(count).scalar_one() == 1
