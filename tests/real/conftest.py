import os
from collections.abc import Iterator
from contextlib import closing, nullcontext

import pytest

from gateway.spe.client import Client, Limits
from tests.real.scratch import Scratch
from tests.real.server import Server, named, simulated

REAL = named(os.environ)
SERVERS = ["simulator", *(["real"] if REAL else [])]
"""Without a real server there is one parameter: nothing is skipped."""

LEFT = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session", params=SERVERS)
def spe_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The servers to talk to, one after the other."""
    chosen = simulated() if request.param == "simulator" else nullcontext(REAL)
    with chosen as server:
        assert server is not None
        yield server


@pytest.fixture(scope="session")
def made(spe_server: Server, pytestconfig: pytest.Config) -> Iterator[Scratch]:
    """The one instance that is made on a server; it is removed at the end."""
    with closing(Client(spe_server.endpoint, Limits(control_seconds=30))) as client:
        scratch = Scratch(spe_server, client)
        try:
            scratch.create()
            yield scratch
        finally:
            scratch.remove()
            if spe_server is REAL:
                where = f"{scratch.directory} on {spe_server.instance_host}"
                pytestconfig.stash.setdefault(LEFT, []).append(where)


@pytest.fixture
def scratch(made: Scratch) -> Scratch:
    """The instance, running and open to the service provider."""
    made.start()
    return made


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what SPE leaves on disk when an instance is deleted."""
    for where in config.stash.get(LEFT, []):
        terminalreporter.write_line(f"The scratch instance's data is still there: {where}")
