"""A world for each module of tests, and an instance in it."""

from collections.abc import Iterator

import pytest

from tests.resources.archive import Archive, archive_in
from tests.resources.hooks import Receiver, quiet, receiving
from tests.served import CheckedClient
from tests.world import World, world


@pytest.fixture(scope="module")
def inner_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that a module may spoil, its clock too."""
    with world(tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture(scope="module")
def archive(inner_world: World) -> Archive:
    """An instance of the reseller A that the provider may look into."""
    return archive_in(inner_world)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks that takes everything."""
    with receiving() as server:
        yield server


@pytest.fixture
def without_webhooks(own_world: World) -> Iterator[None]:
    """Begin when all that happened has its number, and leave no webhook to the next test."""
    quiet(own_world)
    yield
    for each in own_world.call("GET", "/webhooks?limit=500")["items"]:
        own_world.call("DELETE", f"/webhooks/{each['id']}", status=204)


@pytest.fixture
def watcher(own_world: World) -> tuple[str, CheckedClient]:
    """A client that may see operations and events, and its id."""
    made = own_world.new_client("A", roles=["read-only"])
    return made["id"], own_world.served.log_in(made["clientId"], made["clientSecret"])
