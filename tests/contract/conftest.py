"""A gateway on a socket of its own, for clients that know nothing of Flask."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.answers import JSON
from tests.judged import Judged
from tests.world import World, world


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests."""

    def log(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Listening:
    """A world behind a port.

    Attributes:
        url: without a slash at the end.
        world: what is behind it.
        archive: an instance that may be spoilt.
        judged: what its answers were worth.
    """

    url: str
    world: World
    archive: JSON
    judged: Judged


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Listening]:
    """Serve a world of its own on a free loopback port."""
    with world(tmp_path / "gateway") as made:
        yield from listen(made)


def listen(made: World) -> Iterator[Listening]:
    """Serve a world until the iterator goes on."""
    judged = Judged(made.served.app, made.served.contract)
    server = make_server("127.0.0.1", 0, judged, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    archive = made.new_archive("A")
    yield Listening(f"http://127.0.0.1:{server.server_port}", made, archive, judged)
    server.shutdown()
    thread.join()
    server.server_close()
