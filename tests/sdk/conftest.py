"""SDKs, each made once for a whole run of the tests, and a gateway for their main jobs."""

import fcntl
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from openapi.sdk.language import Language
from openapi.sdk.python.language import Python
from openapi.sdk.typescript.language import TypeScript
from openapi.sdk.world import World
from tests.sdk.scripted import Client, play
from tests.services import leave_out

__all__ = ["play"]

Made = Callable[[Language], Path]
DONE = ".made"


@pytest.fixture(scope="session")
def sdk_world() -> Iterator[World]:
    """A gateway with a simulated deployment for each main job."""
    with World() as world:
        yield world


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Made:
    """Makes an SDK, or returns the folder in which this run has made it; whole or not at all.

    An SDK whose tools are missing is left out; with ``CI=true`` the test fails.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def make(language: Language) -> Path:
        for each in language.missing():
            leave_out(f"{each.name} cannot be had for the SDK {language.name}: {each.remedy}")
        folder = shared / f"sdk-{language.name}"
        with (shared / f"sdk-{language.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / DONE).exists():
                folder.mkdir()
                language.make(folder, _silent)
                (folder / DONE).touch()
        return folder

    return make


@pytest.fixture(scope="session")
def python_sdk(made: Made) -> Path:
    """The folder of the Python SDK."""
    return made(Python())


@pytest.fixture(scope="session")
def typescript_sdk(made: Made) -> Path:
    """The folder of the TypeScript SDK: compiled, and what uses it checked against that."""
    return made(TypeScript())


@pytest.fixture(scope="session")
def client(python_sdk: Path) -> Iterator[Client]:
    """The package of the Python SDK, imported from the sources of its wheel."""
    sys.path.insert(0, str(python_sdk))
    yield importlib.import_module("spe_gateway_client")
    sys.path.remove(str(python_sdk))


def _silent(_step: str) -> None:
    """Nobody looks on."""
