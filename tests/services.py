"""PostgreSQL, Redis and RabbitMQ for tests: real servers, started when the first test asks for one.

How to use them, by fixture:

- ``postgresql_url``: the URL of a database of the present schema, for this test alone:
  ``Database(postgresql_url)``, or ``database_url=postgresql_url`` of the settings.
- ``empty_postgresql_url``: likewise, but without tables, as ``spe-gateway init`` wants it.
- ``redis_url``: the URL of an empty Redis, for this test alone: ``redis_url=redis_url``.
- ``rabbitmq_url``: the URL of a RabbitMQ with nothing in our queue: ``broker_url=rabbitmq_url``.
- ``two_gateways``: two gateways (``tests.served.Served``) on one such database and one such
  Redis, as two processes of a cluster are. Each has an application, a pool, caches and a
  tracker of its own; settings, keys, clients and operator are the same, so a token of one is
  good at the other.
- ``clustered_world``: a ``tests.world.World`` (two deployments, resellers, personas) on one such
  database and Redis; ``with beside(clustered_world.served) as second`` adds a gateway.
- ``postgresql``, ``redis_server`` and ``rabbitmq_server``: the servers, for what the above do
  not give. A test that stops a server has one to itself: ``with started(RedisServer()) as server``.

Each test process has a server of each kind: PostgreSQL takes 0.7 s to start, which is less than
agreeing on one would cost, and a database copied from the migrated template takes 20 ms. RabbitMQ
takes 5 s, so few tests want it.

Without the programs, which ``scripts/test-services`` installs, the tests that want them are
skipped and named in red at the end; with ``CI=true`` they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import pytest

from deploy.servers import Absent, Postgresql, RabbitmqServer, RedisServer, Server
from tests.served import Served, beside, served
from tests.world import World, world

S = TypeVar("S", bound=Server)
ABSENT = "cannot be had"
QUEUE = "spe-gateway"
MEMORY: Final = Path("/dev/shm")  # noqa: S108 # PostgreSQL makes a folder of its own there
ROOMY: Final = 2 * 1024**3
"""Bytes. So much free memory takes the PostgreSQL of each of a few test processes."""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """The PostgreSQL server of this test process."""
    with or_left_out("PostgreSQL", partial(Postgresql, quickest())) as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: Postgresql) -> Iterator[str]:
    """A database of the present schema."""
    with postgresql.database() as url:
        yield url


@pytest.fixture
def empty_postgresql_url(postgresql: Postgresql) -> Iterator[str]:
    """A database without tables."""
    with postgresql.empty_database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The Redis server of this test process; not to be stopped."""
    with or_left_out("Redis", RedisServer) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    redis_server.empty()
    return redis_server.url


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[RabbitmqServer]:
    """The RabbitMQ server of this test process; not to be stopped."""
    with or_left_out("RabbitMQ", RabbitmqServer) as server:
        yield server


@pytest.fixture
def rabbitmq_url(rabbitmq_server: RabbitmqServer) -> str:
    """A RabbitMQ with nothing in our queue."""
    rabbitmq_server.empty(QUEUE)
    return rabbitmq_server.url


@pytest.fixture
def two_gateways(
    tmp_path: Path, postgresql_url: str, redis_url: str
) -> Iterator[tuple[Served, Served]]:
    """Two gateways of one cluster."""
    settings = {"database_url": postgresql_url, "redis_url": redis_url}
    with served(tmp_path, **settings) as first, beside(first) as second:
        yield first, second


@pytest.fixture
def clustered_world(tmp_path: Path, postgresql_url: str, redis_url: str) -> Iterator[World]:
    """A world whose gateway is one of a cluster."""
    with world(tmp_path, database_url=postgresql_url, redis_url=redis_url) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, in red, what was not tested for want of a server."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = {str(report.longrepr[2]) for report in skipped if ABSENT in str(report.longrepr)}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT TESTED. {reason}", red=True, bold=True)


@contextmanager
def or_left_out(name: str, kind: Callable[[], S]) -> Iterator[S]:
    """Run a server for as long as the block lasts, or leave the test out that wants it."""
    try:
        server = kind()
        server.start()
    except Absent as error:
        leave_out(f"{name} {ABSENT} ({error}): scripts/test-services installs it.")
    try:
        yield server
    finally:
        server.stop()
        server.remove()


def quickest() -> Path | None:
    """Return a folder in memory, where a database is made with a fifth of the work; if it is roomy.

    Containers have 64 MiB of it unless they ask for more.
    """
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOMY:
        return None
    return MEMORY


def leave_out(reason: str) -> NoReturn:
    """Skip what wants a server; where everything has to be tested, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
