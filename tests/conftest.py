"""The world that black-box tests share; each module that spoils it makes its own."""

import signal
from collections.abc import Generator, Iterator

import pytest

from tests.garbage import garbage_left_alone
from tests.hashing import hash_cheaply
from tests.judged import judge_requests
from tests.keys import share_keys
from tests.longest import first_the_longest
from tests.world import World, world

hash_cheaply()
judge_requests()
share_keys()
# Whoever starts the tests in the background has it ignored, which programs that they start inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
pytest_plugins = ["tests.services", "tests.faults.kills.summary"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    first_the_longest(items)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    with garbage_left_alone():
        return (yield)


@pytest.fixture(scope="session")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world for tests that clean up behind themselves."""
    with world(tmp_path_factory.mktemp("gateway")) as made:
        yield made


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that a module may spoil."""
    with world(tmp_path_factory.mktemp("gateway")) as made:
        yield made
