"""What goes on after a backup, and where the backup is restored to."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from gateway.access.principal import Principal
from gateway.broker.broker import place_of
from gateway.broker.engine.plan import Invocation, operation_for
from gateway.broker.recovery import Recovery, Report
from gateway.factory import create_app
from gateway.model import Instance, Reach, now
from gateway.settings import Settings
from gateway.spe.commands.stores import RENAME_STORE
from gateway.storage import instances
from gateway.storage.backup import Archive
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys
from gateway.storage.witness import Witness
from gateway.tenancy.caller import Caller
from tests.served import Served
from tests.world import World

GRACE = timedelta(days=30)


def unseen(*progress: object) -> None:
    """Take note of no progress."""
    del progress


@dataclass
class Drill:
    """What was made before the backup, and what became of it.

    Attributes:
        world: where.
        archive: the backup.
        clients: new clients by what happens to them.
        instances: instances by what happens to them.
        reseller: is suspended.
        limited: resellers by what happens to their quotas.
        tokens: tokens by the names of their clients.
        operation: is unfinished.
    """

    world: World
    archive: Path
    clients: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    instances: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    reseller: str = ""
    limited: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    operation: str = ""

    @property
    def home(self) -> Path:
        """The home of the gateway that goes on."""
        return self.world.served.settings.home

    def token(self, name: str) -> str:
        """Fetch a token of a client."""
        client = self.clients[name]
        return self.world.served.token(client["clientId"], client["clientSecret"])


FATES = ("deleted", "narrowed", "rotated", "same")


def prepare(drill: Drill) -> None:
    made = drill.world
    for fate in FATES:
        drill.clients[fate] = made.new_client("A", roles=["reseller-admin"])
        drill.tokens[fate] = drill.token(fate)
    for fate in ("moved", "purged", "removed", "unpaid", "lost", "kept"):
        drill.instances[fate] = made.new_instance("A")
    drill.reseller = made.new_reseller("A")["id"]
    for fate in ("lowered", "freed"):
        drill.limited[fate] = made.new_reseller("A")["id"]
        path = f"/resellers/{drill.limited[fate]}/quotas"
        made.call("PUT", path, {"limits": {"instances": 50, "users": 9}})
    drill.operation = _unfinished(drill, drill.instances["kept"]["id"])


def _unfinished(drill: Drill, instance: str) -> str:
    """Leave the intent of a change behind that its sender never carries out."""
    gateway = drill.world.served.gateway
    with gateway.services.database.read() as connection:
        found = instances.tracked(connection, instance)
    assert isinstance(found, Instance)
    principal = Principal("cli_gone", found.reseller, Reach("/"), frozenset(), is_operator=False)
    caller = Caller(principal, "updateStore", None, "req-1")
    wish = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
    operation = operation_for(caller, place_of(found), [wish])
    gateway.services.broker.ledger.open(operation)
    return operation.id


def go_on(drill: Drill) -> None:
    """What happens after the backup."""
    made, clients, them = drill.world, drill.clients, drill.instances
    made.call("DELETE", f"/clients/{clients['deleted']['id']}", status=204)
    made.call("PATCH", f"/clients/{clients['narrowed']['id']}", {"roles": ["read-only"]})
    made.call("POST", f"/clients/{clients['rotated']['id']}/rotate-secret")
    made.call("POST", f"/resellers/{drill.reseller}/suspend")
    quotas = {"lowered": {"instances": 2, "stores": None}, "freed": {}}
    for fate, limits in quotas.items():
        path = f"/resellers/{drill.limited[fate]}/quotas"
        made.call("PUT", path, {"limits": {"instances": 40}})
        made.call("PUT", path, {"limits": limits})
    # The backup does not know this one.
    owner = made.call("POST", "/resellers", {"name": "New", "quotas": {"instances": 3}}, 201)["id"]
    made.call("POST", f"/instances/{them['moved']['id']}/transfer", {"reseller": owner})
    them["moved"] = {**them["moved"], "reseller": owner}
    to_b = {"reseller": made.resellers["B"]}
    made.call("POST", f"/instances/{them['lost']['id']}/transfer", to_b)
    for fate in ("purged", "removed"):
        made.call("DELETE", f"/instances/{them[fate]['id']}")
    made.call("POST", f"/instances/{them['unpaid']['id']}/suspend")
    certain = {"instanceID": them["purged"]["instanceID"], "legalHoldChecked": True}
    made.call("POST", f"/instances/{them['purged']['id']}/purge", certain)
    them["newcomer"] = made.new_instance("A")
    secret = drill.clients["same"]
    form = {
        "token": drill.tokens["same"],
        "client_id": secret["clientId"],
        "client_secret": secret["clientSecret"],
    }
    assert made.served.client().post("/oauth/revoke", data=form).status_code == 200


@dataclass(frozen=True)
class Place:
    """Somewhere to restore to, with the witness of the first gateway beside it."""

    settings: Settings
    drill: Drill

    @contextmanager
    def recovery(self) -> Iterator[Recovery]:
        """What the command works with."""
        with closing(Database(self.settings.database)) as database:
            vault = Vault(load_keys(self.settings.home, ""))
            witness = Witness(self.settings.witness_file, database)
            yield Recovery(database, vault, witness, GRACE)

    def restore(self, *, follow: bool = True) -> Report:
        """Restore the backup."""
        with self.recovery() as recovery:
            archive = Archive(self.drill.archive, recovery.vault, unseen)
            return recovery.restore(archive, unseen, follow=follow)

    @contextmanager
    def serving(self) -> Iterator[Served]:
        """Serve what was restored, some seconds later."""
        first = self.drill.world.served
        with time_machine.travel(now() + timedelta(seconds=5), tick=True):
            app = create_app(self.settings)
            gateway = app.extensions["spe-gateway"]
            try:
                yield Served(app, gateway, self.settings, first.operator, first.contract)
            finally:
                gateway.close()


@contextmanager
def empty_place(
    request: pytest.FixtureRequest, engine: str, drill: Drill, home: Path
) -> Iterator[Place]:
    """Make somewhere to restore to: keys, witness, and an empty database of an engine."""
    for file in ("master.keys", "witness.jsonl"):
        shutil.copy(drill.home / file, home / file)
    with ExitStack() as stack:
        url = ""
        if engine == "postgresql":
            url = stack.enter_context(request.getfixturevalue("postgresql").empty_database())
        settings = replace(drill.world.served.settings, home=home, database_url=url)
        yield Place(settings, drill)
