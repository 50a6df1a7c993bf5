"""A world for each module of tests, and an instance in it."""

from collections.abc import Iterator

import pytest

from tests.resources.archive import Archive, archive_in
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
