"""Names and certificates for receivers on loopback."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.events.sender import Sender
from gateway.storage.database import Database
from gateway.storage.upgrading import upgrade
from tests.events.names import Names
from tests.events.receivers import HOST, identity_of, sender
from tests.events.stage import Post
from tests.events.stage import post as staged
from tests.spe.raw_server import Identity


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the certificates."""
    return tmp_path_factory.mktemp("receivers")


@pytest.fixture(scope="session")
def identity(certificates: Path) -> Identity:
    """The certificate of the receiver."""
    return identity_of(certificates / "receiver.pem", HOST, "xn--bcher-kva.example", "127.0.0.1")


@pytest.fixture(scope="session")
def patient(identity: Identity) -> Sender:
    """Send as always."""
    return sender(identity)


@pytest.fixture(scope="session")
def quick(identity: Identity) -> Sender:
    """Send with less patience."""
    return sender(identity, seconds=0.5)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Answer the look-ups of a test; the receiver's name leads to loopback."""
    found = Names()
    found[HOST] = ["127.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", found.getaddrinfo)
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def everywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    """Resellers, logs and webhooks, on each of the databases."""
    fresh = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/post.db" if fresh else request.getfixturevalue("postgresql_url")
    with closing(Database(url)) as database:
        if fresh:
            upgrade(database)
        with staged(database) as made:
            yield made


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    """Resellers, logs and webhooks, where our clock counts."""
    with closing(Database(f"sqlite:///{tmp_path}/post.db")) as database:
        upgrade(database)
        with staged(database) as made:
            yield made
