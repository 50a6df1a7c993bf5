"""Certificates for the raw server."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.spe.raw_server import Identity

DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="session")
def identity(folder: Path) -> Identity:
    return Identity.make(folder / "spe-one.pem", starts=-DAY, ends=DAY)


@pytest.fixture(scope="session")
def other_identity(folder: Path) -> Identity:
    return Identity.make(folder / "spe-two.pem", starts=-DAY, ends=DAY)


@pytest.fixture(scope="session")
def expired_identity(folder: Path) -> Identity:
    return Identity.make(folder / "spe-old.pem", starts=-2 * DAY, ends=-DAY)


@pytest.fixture(scope="session")
def future_identity(folder: Path) -> Identity:
    return Identity.make(folder / "spe-new.pem", starts=DAY, ends=2 * DAY)
