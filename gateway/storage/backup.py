"""A backup: one archive with the rows of all tables, independent of the engine.

A ZIP file: ``tables/<name>.ndjson`` with a row on each line, ``manifest.json`` with what is in
them and their hashes, and ``manifest.seal``, the hash of the manifest encrypted with the master
key, so that nobody without the keys makes or alters one. Secrets in the rows stay encrypted; the
keys and the witness are not in it.
"""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sqlalchemy import Connection, MetaData, Table, func, insert, select, text

from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.model import now
from gateway.storage import facts, schema, upgrading
from gateway.storage.database import Database
from gateway.storage.tables import metadata, resellers
from gateway.storage.vault import Vault

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.seal"
BATCH: Final = 500

Advance = Callable[[str, int, int], None]
"""Called with a table, how many of its rows are done, and how many there are."""


class BackupBroken(ConfigurationError):
    """The archive is not one of ours, was altered, or does not fit."""

    code = "BACKUP_BROKEN"
    title = "The backup is not usable"


@dataclass(frozen=True)
class Member:
    """A table in an archive: how many rows, and the SHA-256 of its file."""

    table: str
    rows: int
    sha256: str

    @property
    def file(self) -> str:
        """Its name in the archive."""
        return f"tables/{self.table}.ndjson"


@dataclass(frozen=True)
class Manifest:
    """What an archive holds.

    Attributes:
        format: of the archive.
        revision: of the schema.
        create_time: of the moment that it shows.
        keys: fingerprints of the master keys that its secrets may be encrypted with.
        facts: the number of the last fact.
        tables: in the order in which they can be written.
    """

    format: int
    revision: str
    create_time: datetime
    keys: tuple[str, ...]
    facts: int
    tables: tuple[Member, ...]

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(member.rows for member in self.tables)

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": self.format,
            "revision": self.revision,
            "createTime": self.create_time.isoformat(),
            "keys": list(self.keys),
            "facts": self.facts,
            "tables": [vars(member) for member in self.tables],
        }


def fingerprints(vault: Vault) -> tuple[str, ...]:
    """Return what tells the master keys apart, and nothing else of them."""
    return tuple(
        hashlib.sha256(b"spe-gateway master key:" + key.encode()).hexdigest()[:16]
        for key in vault.keys
    )


def write(database: Database, vault: Vault, path: Path, advance: Advance) -> Manifest:
    """Write an archive, whole or not at all, while the gateway goes on.

    Args:
        database: what is saved, as it is at one moment.
        vault: has the keys that seal it.
        path: of a file that does not exist yet; made with mode 0600.
        advance: is told of the progress.

    Raises:
        ConfigurationError: the file exists or cannot be written, or the database is empty.
    """
    if path.exists():
        raise ConfigurationError(f"{path} exists; choose another name.")
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
            manifest = _write_to(file, database, vault, advance)
            file.flush()
            os.fsync(file.fileno())
            os.link(file.name, path)  # whole or not at all, and never over another
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from None
    return manifest


def _write_to(file: IO[bytes], database: Database, vault: Vault, advance: Advance) -> Manifest:
    with database.snapshot() as connection, ZipFile(file, "w", ZIP_DEFLATED) as archive:
        time, revision = now(), schema.revision_of(connection)
        if revision is None:
            raise ConfigurationError("The database is empty: there is nothing to save.")
        manifest = Manifest(
            format=FORMAT,
            revision=revision,
            create_time=time,
            keys=fingerprints(vault),
            facts=facts.last(connection),
            tables=tuple(_dump(connection, t, archive, advance) for t in metadata.sorted_tables),
        )
        whole = json.dumps(manifest.document(), indent=2).encode()
        archive.writestr(MANIFEST, whole)
        archive.writestr(SEAL, vault.seal(hashlib.sha256(whole).hexdigest()))
    return manifest


def _dump(connection: Connection, table: Table, archive: ZipFile, advance: Advance) -> Member:
    count = connection.execute(select(func.count()).select_from(table)).scalar_one()
    digest, done = hashlib.sha256(), 0
    streamed = connection.execution_options(yield_per=BATCH)
    with archive.open(f"tables/{table.name}.ndjson", "w", force_zip64=True) as member:
        for row in streamed.execute(select(table).order_by(*_order(table))).mappings():
            line = json.dumps({name: _plain(value) for name, value in row.items()}).encode()
            member.write(line + b"\n")
            digest.update(line + b"\n")
            done += 1
            if done % BATCH == 0:
                advance(table.name, done, count)
    advance(table.name, done, count)
    return Member(table.name, done, digest.hexdigest())


def _order(table: Table) -> Sequence[Any]:
    """Return what rows are sorted by: a reseller comes after the one above it."""
    return [resellers.c.path] if table is resellers else list(table.primary_key)


def _plain(value: object) -> object:
    """Return a column's value as JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value) if isinstance(value, Decimal) else value


class Archive:
    """An archive that was read through and found whole.

    Args:
        path: of the file.
        vault: must have the keys that it was made with.
        advance: is told of the progress.

    Raises:
        BackupBroken: it is no archive of ours, was altered, or was made with other keys.
    """

    def __init__(self, path: Path, vault: Vault, advance: Advance) -> None:
        self.path = path
        try:
            with ZipFile(path) as archive:
                self.manifest = _manifest(archive, vault)
                for member in self.manifest.tables:
                    _check(archive, member, advance)
        except OSError as error:
            raise BackupBroken(f"{path} cannot be read: {error.strerror or error}.") from None
        except (BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError) as error:
            raise BackupBroken(f"{path} is no whole backup: {error}.") from None

    def load(self, connection: Connection, advance: Advance) -> None:
        """Write all rows into an empty database, and bring its schema up to date.

        Args:
            connection: the transaction.
            advance: is told of the progress.

        Raises:
            ConfigurationError: it was made by a newer version.
        """
        upgrading.bring_to(connection, self.manifest.revision)
        found = MetaData()
        found.reflect(connection)
        with ZipFile(self.path) as archive:
            for member in self.manifest.tables:
                _fill(connection, found.tables[member.table], archive, member, advance)
        upgrading.bring_to(connection, upgrading.HEAD)


def _manifest(archive: ZipFile, vault: Vault) -> Manifest:
    whole = archive.read(MANIFEST)
    said = json.loads(whole)
    if said["format"] != FORMAT:
        raise BackupBroken(f"The backup has format {said['format']}; this version knows {FORMAT}.")
    if not set(said["keys"]) <= set(fingerprints(vault)):
        raise BackupBroken(
            "The backup was made with other master keys: put the master.keys of that time back, "
            "or set SPE_GATEWAY_MASTER_KEYS."
        )
    try:
        sealed = vault.open(archive.read(SEAL).decode())
    except StorageUnavailable:
        sealed = None
    if sealed != hashlib.sha256(whole).hexdigest():
        raise BackupBroken("The backup's manifest was altered.")
    return Manifest(
        format=said["format"],
        revision=said["revision"],
        create_time=datetime.fromisoformat(said["createTime"]),
        keys=tuple(said["keys"]),
        facts=said["facts"],
        tables=tuple(Member(**member) for member in said["tables"]),
    )


def _check(archive: ZipFile, member: Member, advance: Advance) -> None:
    digest = hashlib.sha256()
    rows = 0
    with archive.open(member.file) as file:
        for line in file:
            digest.update(line)
            rows += 1
    if (rows, digest.hexdigest()) != (member.rows, member.sha256):
        raise BackupBroken(f"The backup's table {member.table} was altered.")
    advance(member.table, rows, member.rows)


def _fill(
    connection: Connection, table: Table, archive: ZipFile, member: Member, advance: Advance
) -> None:
    with archive.open(member.file) as file:
        rows = (_row(table, json.loads(line)) for line in file)
        done = 0
        while batch := list(islice(rows, BATCH)):
            connection.execute(insert(table), batch)
            done += len(batch)
            advance(member.table, done, member.rows)
    _go_on(connection, table)


def _row(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _typed(table.c[name].type, value) for name, value in row.items()}


def _typed(kind: Any, value: Any) -> Any:  # noqa: ANN401 - a column's type and its value
    """Return the value that JSON stands for in a column."""
    try:
        wanted = kind.python_type
    except NotImplementedError:
        return value
    if value is None or wanted not in READERS:
        return value
    return READERS[wanted](value)


READERS: Final[Mapping[type, Callable[[Any], Any]]] = {
    datetime: datetime.fromisoformat,
    bytes: base64.b64decode,
    Decimal: Decimal,
}


def _go_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number further rows from the last one on."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        sequence = connection.execute(
            select(func.pg_get_serial_sequence(table.name, column.name))
        ).scalar_one()
        if sequence is not None:
            last = select(func.max(column)).scalar_subquery()
            connection.execute(
                select(func.setval(sequence, func.coalesce(last, 0) + 1, text("false")))
            )
