"""The witness: a copy of all facts in a file that no backup of the database holds.

One line of JSON for each fact, in the order of their numbers, each with the SHA-256 of the line
before. It is written after the commit of a fact and before its answer, by every process, under a
lock that the processes of a host share. A restored database is held against it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import structlog
from sqlalchemy import Connection, Row

from gateway.errors import ConfigurationError, StorageUnavailable
from gateway.model import now
from gateway.storage import facts
from gateway.storage.chains import GENESIS, canonical
from gateway.storage.database import Database
from gateway.storage.facts import Fact

BATCH = 500
KEYS = frozenset({"number", "kind", "object", "state", "createTime", "previous"})

log = structlog.get_logger()


class WitnessBroken(ConfigurationError):
    """The witness was altered, or is of another database."""

    code = "WITNESS_BROKEN"
    title = "The witness is not usable"


class DatabaseBehind(ConfigurationError):
    """The database knows less than the witness: it was restored or rolled back."""

    code = "DATABASE_BEHIND"
    title = "The database is behind the witness"


@dataclass(frozen=True)
class Attested:
    """A fact as the witness has it."""

    number: int
    kind: str
    object: str
    state: Mapping[str, Any]
    create_time: datetime

    def columns(self) -> dict[str, Any]:
        """Return the row of the table of facts."""
        return vars(self) | {"state": dict(self.state)}


@dataclass(frozen=True)
class Mark:
    """How far a file is known: the last number, the hash of its line, and the bytes up to it."""

    number: int = 0
    hash: str = GENESIS
    offset: int = 0


def attested_of(row: Row[Any]) -> Attested:
    """Return a row of the table of facts as the witness has it."""
    time = row.create_time.astimezone(UTC)
    return Attested(row.number, str(row.kind), row.object, row.state, time)


class Witness:
    """The file of one host.

    Args:
        path: of the file.
        database: whose facts it copies.
    """

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self._database = database
        self._known = Mark()
        self._lock = Lock()

    def follow(self) -> None:
        """Hold the database against the witness, and go on from there after each commit.

        Raises:
            WitnessBroken: the file was altered, or is of another database.
            DatabaseBehind: the database was restored or rolled back.
            ConfigurationError: the file cannot be written.
        """
        self.require_level()
        try:
            self.flush()
        except StorageUnavailable as error:
            raise ConfigurationError(error.detail) from error
        self._database.after_facts = self.flush

    def require_level(self) -> None:
        """Refuse a database that the witness contradicts.

        Raises:
            WitnessBroken: the file was altered, or is of another database.
            DatabaseBehind: the database was restored or rolled back.
        """
        last = Attested(0, "", "", {}, datetime.min.replace(tzinfo=UTC))
        for last in self.read():  # noqa: B007 - only the last one counts, but all are checked
            continue
        with self._database.read() as connection:
            known = facts.last(connection)
            same = last.number == 0 or _fact_at(connection, last.number) == last
        if last.number > known:
            raise DatabaseBehind(
                f"The witness {self.path} knows {last.number} facts, the database only {known}: "
                "the database was restored or rolled back. Stop every gateway and run "
                "'spe-gateway restore --reconcile'."
            )
        if not same:
            raise self._of_another_database(last.number)

    def since(self, connection: Connection) -> Sequence[Attested]:
        """Return what the witness knows and the database does not.

        Raises:
            WitnessBroken: there is no file, it was altered, is of another database, or does not
                reach up to the database.
        """
        if not self.path.exists():
            raise WitnessBroken(
                f"There is no witness {self.path}: without it nobody can tell who was let go since "
                "the backup. Put the old witness.jsonl there, or a copy from another host. Only if "
                "none is left, say '--without-witness', which disables every client."
            )
        known = facts.last(connection)
        last = _fact_at(connection, known) if known else None
        found, later = None, []
        for each in self.read():
            found = each if each.number == known else found
            if each.number > known:
                later.append(each)
        if last != found:
            raise self._of_another_database(known)
        return later

    def read(self) -> Iterator[Attested]:
        """Yield what the file says, line by line; nothing where there is no file.

        Raises:
            WitnessBroken: a line was altered, removed or put in.
        """
        if not self.path.exists():
            return
        try:
            with self.path.open("rb") as file:
                for _, found in self._lines(file, Mark()):
                    yield found
        except OSError as error:
            raise WitnessBroken(f"{self.path} cannot be read: {error.strerror}.") from error

    def flush(self) -> None:
        """Append what the database knows more.

        Raises:
            StorageUnavailable: it cannot be written, was altered, or is ahead of the database.
        """
        try:
            with self._lock, self._opened() as descriptor:
                self._catch_up(descriptor)
                self._append(descriptor)
        except OSError as error:
            raise StorageUnavailable(
                f"The witness {self.path} cannot be written: {error.strerror}."
            ) from error
        except WitnessBroken as error:
            raise StorageUnavailable(error.detail) from error

    def set_aside(self) -> Path | None:
        """Move the file aside, so that a new one is begun; returns where it lies."""
        if not self.path.exists():
            return None
        aside = self.path.with_name(f"{self.path.name}.{now():%Y%m%dT%H%M%S%f}")
        self.path.rename(aside)
        return aside

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """Open and lock the file anew each time: it may have been moved meanwhile."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def _catch_up(self, descriptor: int) -> None:
        """Read what another process of the host has appended."""
        size = os.fstat(descriptor).st_size
        if size < self._known.offset:
            log.warning("witness.begun_anew", path=str(self.path))
            self._known = Mark()
        with os.fdopen(os.dup(descriptor), "rb") as file:
            for mark, _ in self._lines(file, self._known):
                self._known = mark
        if os.fstat(descriptor).st_size > self._known.offset:
            os.ftruncate(descriptor, self._known.offset)  # a line that a crash has cut off

    def _append(self, descriptor: int) -> None:
        with self._database.read() as connection:
            if facts.last(connection) < self._known.number:
                raise StorageUnavailable(
                    "The database knows less than the witness: it was restored or rolled back "
                    "under a running gateway. Stop the gateway."
                )
            while rows := facts.after(connection, self._known.number, BATCH):
                self._known = _write(descriptor, self._known, [attested_of(row) for row in rows])

    def _lines(self, file: BinaryIO, mark: Mark) -> Iterator[tuple[Mark, Attested]]:
        """Yield the whole lines after a mark, each with the mark behind it."""
        file.seek(mark.offset)
        for line in file:
            if not line.endswith(b"\n"):
                return  # cut off by a crash: it was never answered
            found = _parsed(line, mark)
            if found is None:
                raise WitnessBroken(
                    f"The witness {self.path} was altered at fact {mark.number + 1} or before. If "
                    "the database was never restored, move the file aside and a new one is made; "
                    "else run 'spe-gateway restore' with '--without-witness'."
                )
            mark = Mark(found.number, _digest(line), mark.offset + len(line))
            yield mark, found

    def _of_another_database(self, number: int) -> WitnessBroken:
        return WitnessBroken(
            f"The witness {self.path} tells another fact {number} than the database: it belongs "
            "to another one, or the database went back and on. Put the right file in its place, "
            "or run 'spe-gateway restore --reconcile --without-witness'."
        )


def _fact_at(connection: Connection, number: int) -> Attested | None:
    rows = facts.after(connection, number - 1, 1)
    return attested_of(rows[0]) if rows and rows[0].number == number else None


def _write(descriptor: int, mark: Mark, rows: Sequence[Attested]) -> Mark:
    """Append lines; all of them, or none."""
    start, text = mark.offset, b""
    for row in rows:
        line = _line(row, mark.hash)
        mark = Mark(row.number, _digest(line), mark.offset + len(line))
        text += line
    try:
        _put_whole(descriptor, text)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, start)
        raise
    return mark


def _put_whole(descriptor: int, text: bytes) -> None:
    while text:
        text = text[os.write(descriptor, text) :]


def _line(fact: Attested, previous: str) -> bytes:
    members = {
        "number": fact.number,
        "kind": fact.kind,
        "object": fact.object,
        "state": dict(fact.state),
        "createTime": fact.create_time.isoformat(),
        "previous": previous,
    }
    return canonical(members) + b"\n"


def _parsed(line: bytes, mark: Mark) -> Attested | None:
    """Return what a line says; None when it is not what follows on a mark."""
    try:
        whole = json.loads(line)
        if set(whole) != KEYS:
            return None
        facts.require_shape(whole["kind"], whole["state"])
        time = datetime.fromisoformat(whole["createTime"])
    except (ValueError, TypeError):
        return None
    found = Attested(
        whole["number"], str(Fact(whole["kind"])), whole["object"], whole["state"], time
    )
    follows = found.number == mark.number + 1 and whole["previous"] == mark.hash
    return found if follows and _line(found, mark.hash) == line else None


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
