"""A backup: all rows at one moment, sealed, and the same on either engine."""

import json
import random
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import MetaData, func, insert, select

from gateway.errors import ConfigurationError
from gateway.model import now
from gateway.storage import backup, facts, outbox, schema, upgrading
from gateway.storage.backup import Archive, BackupBroken
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.tables import client_secrets, counters, deployments, metadata, resellers
from gateway.storage.tables import outbox as waiting
from gateway.storage.vault import Vault
from tests.core import url_of
from tests.storage.chains import fill
from tests.storage.conftest import ENGINES
from tests.storage.tree import Tree, plant

TREE = Tree((0, 0, 1, 1), ("z", "y", "x", "w"))
OLD = "0002"


def unseen(table: str, done: int, total: int) -> None:
    """Take note of no progress."""
    del table, done, total


def whole(database: Database) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    with database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
        }


def furnish(database: Database, vault: Vault) -> Database:
    """Put something into a database."""
    with database.write() as connection:
        plant(connection, TREE, vault)
        facts.note(connection, Fact.CLIENT, "cli_z", {"change": "rights"})
        row = {"client": "cli_z", "hash": "h", "create_time": now()}
        connection.execute(insert(client_secrets).values(**row))
    fill(database)
    with database.write() as connection:
        outbox.put(connection, "event", "res_z", {"words": "Zoë \u2028 \U0001f600", "none": None})
    return database


def saved_to(path: Path, database: Database, vault: Vault) -> Path:
    """Write a backup."""
    backup.write(database, vault, path, unseen)
    return path


@pytest.fixture
def filled(database: Database, vault: Vault) -> Database:
    """A database with something in it, on each engine."""
    return furnish(database, vault)


@pytest.fixture
def archive(filled: Database, vault: Vault, tmp_path: Path) -> Path:
    """Its backup."""
    return saved_to(tmp_path / "gateway.zip", filled, vault)


@pytest.fixture
def full(home: Path, vault: Vault) -> Iterator[Database]:
    """A database with something in it, for what the engine does not matter to."""
    with closing(Database(url_of(home))) as made:
        yield furnish(made, vault)


@pytest.fixture
def saved(full: Database, vault: Vault, tmp_path: Path) -> Path:
    """Its backup."""
    return saved_to(tmp_path / "gateway.zip", full, vault)


@pytest.fixture(params=ENGINES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables, on each engine."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'empty.db'}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgresql").empty_database())
        yield stack.enter_context(closing(Database(url)))


def test_what_is_restored_is_what_was_saved_whatever_the_engines(
    filled: Database, archive: Path, empty: Database, vault: Vault
) -> None:
    with empty.write() as connection:
        Archive(archive, vault, unseen).load(connection, unseen)
    schema.require_current(empty)
    assert whole(empty) == whole(filled)
    with empty.write() as connection:
        outbox.put(connection, "event", "res_z", {})
        numbers = connection.execute(select(waiting.c.id)).scalars().all()
    assert len(set(numbers)) == 2


def test_what_was_there_before_is_replaced(
    archive: Path, empty: Database, vault: Vault, filled: Database
) -> None:
    for _ in range(2):
        with empty.write() as connection:
            upgrading.clear(connection)
            Archive(archive, vault, unseen).load(connection, unseen)
    assert whole(empty) == whole(filled)


def test_a_backup_of_an_older_schema_is_brought_up_to_date(
    empty: Database, saved: Path, vault: Vault, tmp_path: Path
) -> None:
    with empty.write() as connection:
        upgrading.bring_to(connection, OLD)
        found = MetaData()
        found.reflect(connection)
        older = rewritten(saved, tmp_path / "older.zip", vault, found)
        upgrading.clear(connection)
        Archive(older, vault, unseen).load(connection, unseen)
    schema.require_current(empty)
    with empty.read() as connection:
        assert connection.execute(select(func.count()).select_from(resellers)).scalar_one() == 4


def rewritten(archive: Path, path: Path, vault: Vault, old: MetaData) -> Path:
    """Write an archive as an older version would have, with the tables and columns it had."""
    with ZipFile(archive) as present, ZipFile(path, "w", ZIP_DEFLATED) as older:
        manifest = json.loads(present.read(backup.MANIFEST))
        tables = [each for each in manifest["tables"] if each["table"] in old.tables]
        for each in tables:
            name = f"tables/{each['table']}.ndjson"
            lines = [json.loads(line) for line in present.read(name).splitlines()]
            columns = old.tables[each["table"]].c.keys()
            rows = [{key: row[key] for key in columns if key in row} for row in lines]
            text = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
            older.writestr(name, text)
            each["sha256"] = sha256(text).hexdigest()
        whole_manifest = json.dumps(manifest | {"revision": OLD, "tables": tables}).encode()
        older.writestr(backup.MANIFEST, whole_manifest)
        older.writestr(backup.SEAL, vault.seal(sha256(whole_manifest).hexdigest()))
    return path


def test_a_backup_shows_one_moment(filled: Database, vault: Vault, tmp_path: Path) -> None:
    before = whole(filled)

    def change(table: str, done: int, total: int) -> None:
        """Write while it is written: nothing of it may show."""
        del done, total
        if table == "audit_log":
            with filled.write() as connection:
                connection.execute(insert(counters).values(name="late", value=1))

    backup.write(filled, vault, tmp_path / "b.zip", change)
    [late] = [each for each in whole(filled)["counters"] if "late" in each]
    assert late not in before["counters"]
    with ZipFile(tmp_path / "b.zip") as archive:
        assert b"late" not in archive.read("tables/counters.ndjson")


def test_only_its_owner_reads_a_backup_and_no_key_is_in_it(saved: Path, vault: Vault) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    with ZipFile(saved) as opened:
        text = b"".join(opened.read(name) for name in opened.namelist())
    assert not any(key.encode() in text for key in vault.keys)


def test_a_backup_goes_over_no_other_file(saved: Path, full: Database, vault: Vault) -> None:
    before = saved.read_bytes()
    with pytest.raises(ConfigurationError, match="exists"):
        backup.write(full, vault, saved, unseen)
    assert saved.read_bytes() == before


def test_a_backup_that_breaks_off_leaves_no_file(
    full: Database, vault: Vault, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.write(full, vault, folder / "b.zip", die)
    assert list(folder.iterdir()) == []


def test_a_backup_needs_the_keys_that_it_was_made_with(saved: Path, vault: Vault) -> None:
    with pytest.raises(BackupBroken, match="other master keys"):
        Archive(saved, Vault([Fernet.generate_key().decode()]), unseen)
    newer = Vault([Fernet.generate_key().decode(), *vault.keys])
    assert Archive(saved, newer, unseen).manifest.facts > 0


def _cut(archive: Path, name: str, change: Callable[[bytes], bytes], path: Path) -> None:
    with ZipFile(archive) as old, ZipFile(path, "w", ZIP_DEFLATED) as new:
        for member in old.namelist():
            text = old.read(member)
            new.writestr(member, change(text) if member == name else text)


@pytest.mark.parametrize(
    ("member", "change"),
    [
        ("tables/resellers.ndjson", lambda text: text.replace(b"res_x", b"res_v")),
        ("tables/clients.ndjson", lambda text: text[: text.index(b"\n") + 1]),
        ("tables/clients.ndjson", lambda text: text * 2),
        ("manifest.json", lambda text: text.replace(b'"facts": ', b'"facts": 1')),
        ("manifest.seal", lambda text: text[:-9] + b"AAAAAAA=="),
        ("manifest.json", lambda text: text[:40]),
    ],
    ids=["row", "fewer", "more", "manifest", "seal", "half"],
)
def test_an_altered_backup_is_refused(
    saved: Path, vault: Vault, tmp_path: Path, member: str, change: Callable[[bytes], bytes]
) -> None:
    _cut(saved, member, change, tmp_path / "altered.zip")
    with pytest.raises(BackupBroken):
        Archive(tmp_path / "altered.zip", vault, unseen)


def test_a_backup_is_refused_wherever_it_is_spoilt(saved: Path, vault: Vault) -> None:
    whole_file = saved.read_bytes()
    dice = random.Random(11)  # noqa: S311 # no secret
    broken = saved.with_name("broken.zip")
    for _ in range(40):
        broken.write_bytes(whole_file[: dice.randrange(len(whole_file))])
        with pytest.raises(BackupBroken):
            Archive(broken, vault, unseen)


def test_an_empty_database_is_not_saved(empty: Database, vault: Vault, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        backup.write(empty, vault, tmp_path / "b.zip", unseen)
    assert not (tmp_path / "b.zip").exists()


def test_every_table_is_in_a_backup(saved: Path) -> None:
    with ZipFile(saved) as opened:
        names = {Path(name).stem for name in opened.namelist()} - {"manifest"}
    assert names == set(metadata.tables)
    assert deployments.name in names
