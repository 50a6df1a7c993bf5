"""A gateway in this process on a filled database: REST without a network between."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from benchmarks.growth.rows import Estate, distributor, fill, reseller
from benchmarks.processes import JSON, BenchmarkError
from gateway.broker.bootstrap import set_up
from gateway.factory import Gateway, create_app
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.storage.vault import Vault, create_keys

UNHURRIED: Final = "1000000/minute"


class Person:
    """Calls as an API client.

    Args:
        app: the gateway's application.
        identity: ``clientId`` and ``clientSecret``, or what POST /clients answers.
    """

    def __init__(self, app: Flask, identity: JSON) -> None:
        self._client = FlaskClient(app, app.response_class, use_cookies=False)
        form = {
            "grant_type": "client_credentials",
            "client_id": identity["clientId"],
            "client_secret": identity["clientSecret"],
        }
        token = self.call("POST", "/oauth/token", data=form)["access_token"]
        self._client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        self.id = str(identity["clientId"])

    def call(self, method: str, path: str, **options: Any) -> JSON:  # noqa: ANN401 # Flask's
        """Return the body of an answer.

        Raises:
            BenchmarkError: it is no success.
        """
        answer = self._client.open(path, method=method, **options)
        if answer.status_code not in {200, 201}:
            raise BenchmarkError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        body: JSON = answer.get_json()
        return body

    def get(self, path: str) -> JSON:
        """Return the body of what is read."""
        return self.call("GET", path)


@dataclass(frozen=True)
class Scene:
    """A gateway before what was filled in, and who calls.

    Attributes:
        size: how much there is.
        app: the application.
        gateway: what it is made of.
        home: its folder.
        operator: reaches everything.
        reseller: reaches its own.
        distributor: reaches 50 resellers.
    """

    size: int
    app: Flask
    gateway: Gateway
    home: Path
    operator: Person
    reseller: Person
    distributor: Person

    @property
    def database(self) -> Database:
        """Return the tables."""
        return self.gateway.services.database

    def cursor(self, person: Person, path: str, after: str) -> str:
        """Return the cursor of a place in the middle of a list without filters."""
        return self.gateway.cursors.seal(after, [person.id, path, json.dumps([])])

    def bytes(self) -> int:
        """Return what the database has on disk."""
        if self.database.engine.dialect.name == "sqlite":
            return sum(each.stat().st_size for each in self.home.glob("gateway.db*"))
        with self.database.read() as connection:
            size = text("SELECT pg_database_size(current_database())")
            return int(connection.execute(size).scalar_one())


@contextmanager
def scene(home: Path, estate: Estate, url: str = "") -> Iterator[Scene]:
    """Set a gateway up in an empty folder, fill it, and run it without a tracker.

    Args:
        home: an empty folder.
        estate: what there is.
        url: of an empty database elsewhere.
    """
    settings = Settings(
        home=home,
        database_url=url,
        client_rate=UNHURRIED,
        reseller_rate=UNHURRIED,
        address_rate=UNHURRIED,
        log_level="error",
    )
    with closing(Database(settings.database)) as database:
        vault = Vault(create_keys(home))
        first = set_up(database, vault)
    fill(settings.database, estate, vault)
    _analyse(settings.database)
    app = create_app(settings)
    gateway: Gateway = app.extensions["spe-gateway"]
    try:
        identity = {"clientId": first.client_id, "clientSecret": first.client_secret}
        operator = Person(app, identity)
        small, wide = (_employed(app, operator, each) for each in (reseller(1), distributor(0)))
        yield Scene(estate.instances, app, gateway, home, operator, small, wide)
    finally:
        gateway.close()


def _analyse(url: str) -> None:
    """Give the planner its statistics, which autovacuum would have made; SQLite keeps none."""
    with closing(Database(url)) as database:
        if database.engine.dialect.name == "postgresql":
            with database.write() as connection:
                connection.execute(text("ANALYZE"))


def _employed(app: Flask, operator: Person, owner: str) -> Person:
    body = {"name": "Growth", "reseller": owner, "roles": ["reseller-admin"]}
    return Person(app, operator.call("POST", "/clients", json=body))
