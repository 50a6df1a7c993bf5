import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.storage import upgrading
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.core import url_of

ENGINES = ("sqlite", "postgresql")
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
"""For what is true of one engine only."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty SQLite database of the present schema; tests work on copies."""
    home = tmp_path_factory.mktemp("migrated")
    with closing(Database(url_of(home))) as database:
        upgrading.upgrade(database)
    return home


@pytest.fixture
def home(migrated: Path, tmp_path: Path) -> Path:
    """A home with a SQLite database, for what is true of files only."""
    return Path(shutil.copytree(migrated, tmp_path, dirs_exist_ok=True))


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest) -> str:
    """An empty database of the present schema, on each engine."""
    if request.param == "sqlite":
        return url_of(request.getfixturevalue("home"))
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The database of a test that is run on each engine."""
    with closing(Database(url)) as made:
        yield made


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault([Fernet.generate_key().decode()])
