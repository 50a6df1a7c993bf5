"""A new gateway's database is a copy here: to go through the migrations took half of its making.

That they lead to the schema is for ``tests/storage`` and ``tests/cli/test_init.py`` to prove.
"""

from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from sqlalchemy.engine import URL, make_url

from gateway.broker.bootstrap import FirstOperator, set_up
from gateway.storage import upgrading
from gateway.storage.database import Database
from gateway.storage.revisions import NEWEST
from gateway.storage.schema import revision_of
from gateway.storage.vault import Vault, create_keys

_upgrade = upgrading.upgrade


def set_up_at_once(home: Path, url: str) -> FirstOperator:
    """Make the keys of a new gateway and what it needs in a database.

    Args:
        home: the folder of the keys.
        url: of a database without operators; a file of SQLite need not be there.
    """
    vault = Vault(create_keys(home))
    _copy_to(make_url(url))
    with closing(Database(url)) as database, patch.object(upgrading, "upgrade", _upgrade_the_old):
        return set_up(database, vault)


def _copy_to(url: URL) -> None:
    file = Path(url.database or "")
    if url.get_backend_name() == "sqlite" and not file.exists():
        file.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """Return a file of SQLite with our tables, and nothing in them."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "gateway.db"
        with closing(Database(f"sqlite:///{file}")) as database:
            _upgrade(database)
        return file.read_bytes()


def _upgrade_the_old(database: Database) -> None:
    with database.read() as connection:
        found = revision_of(connection)
    if found != NEWEST:
        _upgrade(database)
