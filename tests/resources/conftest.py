"""Worlds whose gateway serves every noun, also one that is not registered yet."""

import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest

from gateway import resources
from tests.resources.archive import Archive, archive_in
from tests.world import World, world


@contextmanager
def whole_world(home: Path) -> Iterator[World]:
    """Build a world with every noun."""
    names = sorted(each.name for each in pkgutil.iter_modules(resources.__path__))
    modules = [import_module(f"{resources.__name__}.{name}") for name in names]
    found = [module.blp for module in modules if hasattr(module, "blp")]
    registered = list(resources.BLUEPRINTS)
    whole = [*registered, *(each for each in found if each not in registered)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.factory.BLUEPRINTS", whole)
        with world(home) as made:
            yield made


@pytest.fixture(scope="session")
def inner_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which each module uses an instance of its own."""
    with whole_world(tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that a module may spoil."""
    with whole_world(tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture(scope="module")
def archive(inner_world: World) -> Archive:
    """An instance of the reseller A that the provider may look into."""
    return archive_in(inner_world)
