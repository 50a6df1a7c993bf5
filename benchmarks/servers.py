"""The servers that are measured, all on the same core: ours and its peers."""

import json
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from joserfc.jwk import ECKey

from benchmarks.checks import check
from benchmarks.load import Target
from benchmarks.processes import JSON, PYTHON, BenchmarkError, program
from benchmarks.processor import Meter, Processes
from benchmarks.world import SERVER_CORE, World, claims_of
from deploy.servers import free_port
from gateway.settings import child_environment

PATIENCE: Final = 30.0
THREADS: Final = 16
TABLES: Final = """
CREATE TABLE resellers (id text PRIMARY KEY, path text NOT NULL, suspended boolean NOT NULL);
CREATE TABLE clients (id text PRIMARY KEY, reseller text NOT NULL, disabled boolean NOT NULL);
CREATE TABLE deployments (id text PRIMARY KEY, host text NOT NULL, port integer NOT NULL,
  pin text NOT NULL, user_name text NOT NULL, password text NOT NULL);
CREATE TABLE revoked_tokens (id text PRIMARY KEY);
CREATE TABLE instances (id text PRIMARY KEY, instance_id text NOT NULL, deployment text NOT NULL,
  reseller text NOT NULL);
"""


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Attributes:
        name: of it, for people.
        url: of it.
        processes: those that serve.
        world: whose tokens it knows.
    """

    name: str
    url: str
    processes: Meter
    world: World

    def target(self, *instances: str) -> Target:
        """Return the read that is measured, of instances in turn; by default of the fast one."""
        # A 202 would be no answer: whoever is measured may take as long as it needs.
        headers = {"Authorization": f"Bearer {self.world.token()}", "Prefer": "wait=30"}
        paths = [self.world.path(each) for each in instances or ("fast",)]
        return Target(f"{self.url}{paths[0]}", headers, paths=paths)


def ours(name: str, world: World) -> Server:
    """Return the gateway of a world, checked."""
    check(name, world.url, world)
    return Server(name, world.url, Processes(world.pid), world)


@contextmanager
def peer(
    name: str, folder: Path, words: Sequence[str], world: World, database: str = ""
) -> Iterator[Server]:
    """Run a peer and check it.

    Args:
        name: of it.
        folder: an empty one.
        words: the command; ``{case}`` and ``{port}`` are put in.
        world: what it serves.
        database: URL of an empty PostgreSQL database; by default it has one of SQLite's.

    Raises:
        BenchmarkError: it does not start, or does not do what it should.
    """
    folder.mkdir()
    case, port = write_case(folder, world, database), free_port()
    command = [each.format(case=case, port=port) for each in words]
    environment = child_environment() | {"BENCHMARK_CASE": str(case)}
    with program(folder, "peer", command, environment, lines=0, core=SERVER_CORE) as started:
        await_port(port, folder / "peer.log")
        url = f"http://127.0.0.1:{port}"
        check(name, url, world)
        yield Server(name, url, Processes(started.pid), world)


def fastapi() -> list[str]:
    """Return the command of the peer with FastAPI and aiohttp."""
    return [PYTHON, "-m", "benchmarks.peers.fastapi_aiohttp", "{case}", "{port}"]


def flask() -> list[str]:
    """Return the command of the naive peer with Flask, served as ours is."""
    options = [
        "--no-control-socket",
        "-k",
        "gthread",
        "--threads",
        str(THREADS),
        "-b",
        "127.0.0.1:{port}",
    ]
    return [PYTHON, "-m", "gunicorn", *options, "benchmarks.peers.naive_flask:app"]


def write_case(folder: Path, world: World, database: str = "") -> Path:
    """Write what a peer needs to know, and fill its database.

    Returns:
        The file: issuer, public key, and the URL of the database.
    """
    tables = rows(world)
    if database:
        url = database.replace("postgresql+psycopg:", "postgresql:")
        _fill_postgresql(url, tables)
    else:
        url = str(folder / "peer.db")
        _fill_sqlite(url, tables)
    path = folder / "case.json"
    public = ECKey.import_key(world.key.as_dict(private=False)).as_pem(private=False).decode()
    path.write_text(
        json.dumps({"issuer": world.owner.claims["iss"], "publicKey": public, "database": url})
    )
    return path


def rows(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of a peer's tables, by their names."""
    owner, other = world.resellers["owner"], world.resellers["other"]
    return {
        "resellers": [(owner, f"/{owner}/", False), (other, f"/{other}/", False)],
        "clients": [(world.owner.client, owner, False)],
        "revoked_tokens": [(claims_of(world.owner.revoked)["jti"],)],
        "deployments": [
            (world.deployments[name], "127.0.0.1", *_access(site))
            for name, site in world.sites.items()
        ],
        "instances": [
            *(
                (world.instances[name], world.instance_id(name), world.deployments[name], owner)
                for name in world.sites
            ),
            (
                world.instances["foreign"],
                world.instance_id("foreign"),
                world.deployments["fast"],
                other,
            ),
        ],
    }


def _access(site: JSON) -> tuple[Any, ...]:
    return site["port"], site["sha256"], site["userName"], site["password"]


def _fill_sqlite(path: str, tables: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(TABLES)
        for table, values in tables.items():
            marks = ", ".join("?" * len(values[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 # our own names


def _fill_postgresql(url: str, tables: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES.encode())
        for table, values in tables.items():
            marks = ", ".join(["%s"] * len(values[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})".encode(), values)  # noqa: S608 # our own names


def await_port(port: int, log: Path) -> None:
    """Wait until somebody listens on a port.

    Raises:
        BenchmarkError: nobody does for long; with the last words of the log.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as caller:
            if not caller.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise BenchmarkError(f"Nobody listens: {log.read_text()[-500:]}")
