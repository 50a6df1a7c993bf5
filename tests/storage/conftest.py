import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.storage import schema
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.core import url_of


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty database of the present schema; tests work on copies."""
    home = tmp_path_factory.mktemp("migrated")
    database = Database(url_of(home))
    schema.upgrade(database)
    database.close()
    return home


@pytest.fixture
def home(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(migrated, tmp_path, dirs_exist_ok=True))


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    made = Database(url_of(home))
    yield made
    made.close()


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault([Fernet.generate_key().decode()])
