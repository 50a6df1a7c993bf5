"""The witness: every fact, outside of the database, before anybody hears of it."""

import os
import random
import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.storage import facts
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.witness import DatabaseBehind, Witness, WitnessBroken
from tests.core import url_of


@pytest.fixture
def embedded(home: Path) -> Iterator[Database]:
    """The database of an embedded gateway."""
    with closing(Database(url_of(home))) as made:
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outside" / "witness.jsonl"


@pytest.fixture
def witness(database: Database, path: Path) -> Witness:
    made = Witness(path, database)
    made.follow()
    return made


def note(database: Database, client: str = "cli_1") -> int:
    """Note a fact in a transaction of its own."""
    with database.write() as connection:
        return facts.note(connection, Fact.CLIENT, client, {"change": "rights"})


def test_a_fact_is_in_the_file_as_soon_as_it_is_committed(
    database: Database, witness: Witness
) -> None:
    for number in (1, 2, 3):
        assert note(database, f"cli_{number}") == number
        assert [each.object for each in witness.read()][-1] == f"cli_{number}"
    assert [each.number for each in witness.read()] == [1, 2, 3]


def test_what_is_rolled_back_is_no_fact(database: Database, witness: Witness) -> None:
    with pytest.raises(KeyboardInterrupt):
        _note_and_die(database)
    assert note(database) == 1
    assert len(list(witness.read())) == 1


def _note_and_die(database: Database) -> None:
    with database.write() as connection:
        facts.note(connection, Fact.CLIENT, "cli_x", {"change": "deleted"})
        raise KeyboardInterrupt


def test_only_its_owner_reads_it(witness: Witness) -> None:
    assert stat.S_IMODE(witness.path.stat().st_mode) == 0o600


def test_processes_of_a_host_share_the_file(database: Database, url: str, witness: Witness) -> None:
    with closing(Database(url)) as other:
        Witness(witness.path, other).follow()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(note, [database, other] * 10))
    assert [each.number for each in witness.read()] == list(range(1, 21))


def test_another_host_gets_a_copy_of_its_own(
    database: Database, witness: Witness, tmp_path: Path
) -> None:
    note(database)
    other = Witness(tmp_path / "other.jsonl", database)
    other.follow()
    assert other.path.read_bytes() == witness.path.read_bytes()


@pytest.mark.usefixtures("witness")
def test_a_change_is_not_answered_that_the_witness_does_not_hold(
    database: Database, path: Path
) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageUnavailable, match="cannot be written"):
        note(database)
    path.rmdir()
    with database.read() as connection:
        assert facts.last(connection) == 1


def test_what_could_not_be_written_is_written_later(
    database: Database, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(database)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageUnavailable, match="No space left"):
            note(database)
    assert len(list(witness.read())) == 1
    witness.flush()
    assert len(list(witness.read())) == 2


def test_a_line_that_a_crash_has_cut_off_is_written_anew(
    database: Database, witness: Witness
) -> None:
    note(database)
    whole = witness.path.read_bytes()
    note(database)
    witness.path.write_bytes(whole + b'{"number":2,"ki')
    again = Witness(witness.path, database)
    again.follow()
    assert [each.number for each in again.read()] == [1, 2]


def test_a_file_that_is_lost_is_made_again(database: Database, witness: Witness) -> None:
    note(database)
    witness.path.unlink()
    note(database)
    assert [each.number for each in witness.read()] == [1, 2]


def test_a_database_that_was_rolled_back_is_not_served(
    embedded: Database, home: Path, path: Path
) -> None:
    Witness(path, embedded).follow()
    note(embedded)
    embedded.close()
    shutil.copy(home / "gateway.db", home / "old.db")
    note(embedded)
    embedded.close()
    for left in home.glob("gateway.db*"):
        left.unlink()
    (home / "old.db").rename(home / "gateway.db")
    with pytest.raises(DatabaseBehind, match="restore --reconcile"):
        Witness(path, embedded).follow()


def test_a_database_that_goes_back_under_a_running_gateway_is_noticed(
    database: Database, witness: Witness
) -> None:
    note(database)
    note(database)
    with database.write() as connection:
        connection.execute(text("DELETE FROM facts WHERE number = 2"))
        connection.execute(text("UPDATE counters SET value = 1 WHERE name = 'facts'"))
    with pytest.raises(StorageUnavailable, match="rolled back"):
        witness.flush()


def test_a_database_that_went_back_and_on_is_not_served(
    database: Database, witness: Witness
) -> None:
    note(database, "cli_1")
    with database.write() as connection:
        connection.execute(text("UPDATE facts SET object = 'cli_2'"))
    with pytest.raises(WitnessBroken, match="another"):
        Witness(witness.path, database).follow()


def cut(text: bytes, at: int) -> bytes:
    """Leave a line out."""
    lines = text.splitlines(keepends=True)
    return b"".join(lines[:at] + lines[at + 1 :])


def swap(text: bytes, at: int) -> bytes:
    """Exchange two lines."""
    lines = text.splitlines(keepends=True)
    lines[at], lines[at - 1] = lines[at - 1], lines[at]
    return b"".join(lines)


def rename(text: bytes, at: int) -> bytes:
    """Say another object in a line."""
    return text.replace(f"cli_{at}".encode(), b"cli_x")


def repeat(text: bytes, at: int) -> bytes:
    """Put a line in twice."""
    lines = text.splitlines(keepends=True)
    return b"".join([*lines[:at], lines[at], *lines[at:]])


@pytest.mark.parametrize("edit", [cut, swap, rename, repeat], ids=lambda edit: edit.__name__)
def test_a_file_that_was_altered_is_refused(
    database: Database, witness: Witness, edit: Callable[[bytes, int], bytes]
) -> None:
    for number in range(5):
        note(database, f"cli_{number}")
    witness.path.write_bytes(edit(witness.path.read_bytes(), 2))
    with pytest.raises(WitnessBroken, match=r"altered at fact [1-4]"):
        Witness(witness.path, database).follow()


def test_every_byte_of_a_line_counts(embedded: Database, path: Path) -> None:
    Witness(path, embedded).follow()
    for number in range(3):
        note(embedded, f"cli_{number}")
    whole = path.read_bytes()
    dice = random.Random(7)  # noqa: S311 # no secret
    for _ in range(200):
        place, value = dice.randrange(len(whole)), dice.randrange(256)
        altered = whole[:place] + bytes([value]) + whole[place + 1 :]
        path.write_bytes(altered)
        assert altered == whole or not is_believed(Witness(path, embedded))


def is_believed(witness: Witness) -> bool:
    """Whether a file tells all that the database does."""
    try:
        witness.require_level()
    except WitnessBroken:
        return False
    return len(list(witness.read())) == 3


def test_a_folder_that_cannot_be_written_ends_the_start_in_one_line(
    embedded: Database, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ConfigurationError):
        Witness(tmp_path / "file" / "witness.jsonl", embedded).follow()


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Fact.CLIENT, {}),
        (Fact.CLIENT, {"change": "rights", "secret": "no"}),
        (Fact.TOKEN, {"expireTime": 5}),
        (Fact.INSTANCE, {"deployment": "dep_1"}),
        (Fact.EPOCH, {"epoch": True}),
    ],
    ids=["missing", "too-many", "type", "half", "bool-is-no-number"],
)
def test_a_fact_that_a_restore_could_not_read_is_not_written(
    database: Database, kind: Fact, state: dict[str, object]
) -> None:
    with database.write() as connection, pytest.raises(ValueError, match="a fact about"):
        facts.note(connection, kind, "x", state)
