"""A gateway on a socket of its own, for clients that know nothing of Flask."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import make_server

from tests.answers import JSON
from tests.world import World, world


@dataclass(frozen=True)
class Listening:
    """A world behind a port.

    Attributes:
        url: without a slash at the end.
        world: what is behind it.
        archive: an instance that may be spoilt.
    """

    url: str
    world: World
    archive: JSON


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    """Serve a world of its own on a free loopback port."""
    with world(tmp_path / "gateway") as made:
        yield from listen(made)


def listen(made: World) -> Iterator[Listening]:
    """Serve a world until the iterator goes on."""
    server = make_server("127.0.0.1", 0, made.served.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    archive = made.new_archive("A")
    yield Listening(f"http://127.0.0.1:{server.server_port}", made, archive)
    server.shutdown()
    thread.join()
    server.server_close()
