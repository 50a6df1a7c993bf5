"""PostgreSQL on a Unix socket."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import psycopg

from deploy.servers.daemon import PATIENCE, Absent, Daemon, spawn
from gateway.storage import upgrading
from gateway.storage.database import Database

ACCOUNT: Final = "postgres"
DEBIAN = Path("/usr/lib/postgresql")
TEMPLATE: Final = "template_gateway"
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "timezone": "America/St_Johns",  # far from UTC: a time that forgot its zone shows
}
"""Nothing needs to outlive the machine's next minute."""


class Postgresql:
    """PostgreSQL with a migrated template of ours, once one is wanted, on a Unix socket.

    Args:
        beneath: where its folder is made; by default where temporary files are.

    Raises:
        Absent: its programs are not there.
    """

    def __init__(self, beneath: Path | None = None) -> None:
        self._programs = _programs()
        self._account = None if os.geteuid() else ACCOUNT  # it refuses to run as root
        self._folder = Path(mkdtemp(prefix="spe-postgresql-", dir=beneath))
        self._daemon = Daemon(self._folder / "log")
        self._numbers = count(1)

    def start(self) -> None:
        """Start it; the first time makes its folder, too."""
        if not (self._folder / "data").exists():
            self._initialise()
        options = [word for name, value in QUICK.items() for word in ("-c", f"{name}={value}")]
        places = ["-D", str(self._folder / "data"), "-k", str(self._folder)]
        command = [str(self._programs / "postgres"), *places, *options]
        self._daemon.start(command, self._answers, self._account)

    def stop(self) -> None:
        """Stop it; connections are broken off."""
        self._daemon.stop()

    def remove(self) -> None:
        """Remove its data."""
        shutil.rmtree(self._folder)

    def add_user(self, name: str, password: str) -> None:
        """Make a user that has to say its password, as the first one need not."""
        rules = self._folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {name} scram-sha-256\n{rules.read_text()}")
        self.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        self.execute("SELECT pg_reload_conf()")

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database of the present schema for a block, and yield its URL."""
        if not self._has(TEMPLATE):
            self._make_template()
        with self._made(f"TEMPLATE {TEMPLATE} STRATEGY file_copy") as url:
            yield url

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Make a database without tables for a block, and yield its URL."""
        with self._made("STRATEGY file_copy") as url:
            yield url

    @contextmanager
    def _made(self, how: str) -> Iterator[str]:
        name = f"gateway_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {how}")
        try:
            yield self._url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://{ACCOUNT}@/{name}?host={self._folder}"

    def _initialise(self) -> None:
        if self._account:
            try:
                shutil.chown(self._folder, self._account, self._account)
            except LookupError as error:
                raise Absent(f"{error}") from None
        command = [
            *(str(self._programs / "initdb"), "-D", str(self._folder / "data"), "-U", ACCOUNT),
            *("-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
        ]
        log = self._folder / "initdb.log"
        if spawn(command, log, self._account).wait(PATIENCE):
            raise Absent(log.read_text())

    def _make_template(self) -> None:
        self.execute(f"CREATE DATABASE {TEMPLATE}")
        with closing(Database(self._url(TEMPLATE))) as database:
            upgrading.upgrade(database)

    def _has(self, name: str) -> bool:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def execute(self, statement: str) -> None:
        """Carry a statement out, as the superuser."""
        with self._connect() as connection:
            connection.execute(statement.encode())

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._folder), user=ACCOUNT, dbname="postgres", autocommit=True
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, of the newest version there is."""
    on_path = shutil.which("initdb")
    debian = sorted(DEBIAN.glob("*/bin"), key=_version, reverse=True)
    folders: list[Path] = [*debian, *([Path(on_path).parent] if on_path else ())]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Absent(f"initdb and postgres are neither on the path nor below {DEBIAN}")


def _version(programs: Path) -> int:
    return int(programs.parent.name)
