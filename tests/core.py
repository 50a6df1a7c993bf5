"""The gateway below HTTP: broker, ledger and runner on a database file of their own.

A test drives operations itself, step by step, where the served gateway has threads.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

import time_machine
from sqlalchemy import Connection, func, select

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.broker.broker import Broker
from gateway.broker.deployment_health import DeploymentHealth
from gateway.broker.deployments import Deployments, NewDeployment
from gateway.broker.endings import ENDINGS
from gateway.broker.engine.breakers import Breakers
from gateway.broker.engine.checks import CHECKS
from gateway.broker.engine.connections import Connections, Networks
from gateway.broker.engine.plan import Invocation, Place, operation_for
from gateway.broker.engine.preparations import PREPARATIONS
from gateway.broker.engine.reader import Reader
from gateway.broker.engine.runner import Runner
from gateway.broker.engine.suspension import SUSPENDING
from gateway.broker.instances import Instances
from gateway.broker.ledger import Ledger
from gateway.broker.placement.placement import Placement
from gateway.broker.placement.survey import Survey
from gateway.broker.quarantine import Quarantine
from gateway.model import (
    Deployment,
    Instance,
    InstanceStatus,
    Operation,
    Prefix,
    Reach,
    Reseller,
    derived_directory,
    new_id,
    now,
)
from gateway.simulator.server import Simulator
from gateway.spe.client import Client, Endpoint, Limits
from gateway.spe.command import Command
from gateway.spe.guard import UNGUARDED, Guard
from gateway.spe.status import Status
from gateway.storage import instances, names, operations, outbox, resellers
from gateway.storage.breakers import Lines
from gateway.storage.database import Database
from gateway.storage.tables import operations as rows
from gateway.storage.vault import Vault, load_keys
from gateway.tenancy.caller import Caller
from tests.schema import set_up_at_once
from tests.simulated import JSON, Control

T = TypeVar("T")
BASE = "D:\\MailStore\\Instances"
LENIENT = 1_000_000
"""Failures in a row that open no breaker in any test."""

HASTE = 1.0
"""Seconds that a hasty client waits for an answer."""


class HastyClient(Client):
    """A client that waits a moment only, so that tests of silence are short."""

    def invoke(
        self, command: Command, arguments: Mapping[str, object], *, seconds: float | None = None
    ) -> Status:
        """Send a command with a short deadline."""
        del seconds
        return super().invoke(command, arguments, seconds=HASTE)

    def discover(self, seconds: float | None = None) -> Status:
        """List with a short deadline."""
        del seconds
        return super().discover(HASTE)


class HastyConnections(Connections):
    """Connections whose clients wait a moment only."""

    def candidate(self, deployment: Deployment, password: str, guard: Guard = UNGUARDED) -> Client:
        """Make a client without looking at networks."""
        endpoint = Endpoint(
            deployment.id,
            deployment.host,
            deployment.port,
            deployment.user_name,
            password,
            deployment.pin,
        )
        return HastyClient(
            endpoint, Limits(control_seconds=2), watch=self.watcher(deployment), guard=guard
        )


@dataclass
class Core:
    """One process of the gateway on a database file; several may share the file.

    Attributes:
        home: the folder of the file and the keys.
        hasty: whether its clients wait a moment only.
        url: of a database elsewhere.
        failures: in a row that open the breaker of a deployment.
        redis: of the Redis that keeps breakers; empty for memory.
    """

    home: Path
    hasty: bool = False
    url: str = ""
    failures: int = LENIENT
    redis: str = ""

    def __post_init__(self) -> None:
        self.database = Database(self.url or url_of(self.home))
        self.vault = Vault(load_keys(self.home, ""))
        self.breakers = Breakers(Lines(self.redis), self.failures, 30)
        kind = HastyConnections if self.hasty else Connections
        self.networks = Networks([])
        self.connections = kind(
            self.database,
            self.vault,
            self.networks,
            Quarantine(self.database).begin,
            self.breakers,
        )
        self.ledger = Ledger(self.database, self.vault, ENDINGS)
        rules = PREPARATIONS | SUSPENDING
        self.runner = Runner(self.connections, self._instance_of, rules, CHECKS)
        self.broker = Broker(self.database, self.ledger, self.runner, 8)
        self.deployment_health = DeploymentHealth(self.broker, self.connections)
        self.deployments = Deployments(self.broker, self.connections, self.networks)
        placement = Placement(self.database, Survey(Reader(self.connections)))
        self.instances = Instances(self.broker, placement, 30)

    def close(self) -> None:
        """End the threads and close every connection."""
        self.broker.close()
        self.instances.close()
        self.connections.close()
        self.database.close()

    def _instance_of(self, operation: Operation) -> Instance | None:
        return None if operation.instance is None else self.instance(operation.instance)

    # people and places

    @cached_property
    def root(self) -> Reseller:
        """The operators' reseller."""
        with self.database.read() as connection:
            found = resellers.root(connection)
        assert found is not None
        return found

    @cached_property
    def deployment(self) -> str:
        """The id of the one deployment."""
        with self.database.read() as connection:
            found = connection.exec_driver_sql("SELECT id FROM deployments").scalar_one()
        return str(found)

    def caller(
        self,
        operation: str = "test",
        permission: Permission | None = None,
        *,
        reseller: Reseller | None = None,
        wait: float = 10,
        **principal: Any,  # noqa: ANN401 - members of Principal
    ) -> Caller:
        """Make a caller: an operator, or the client of a reseller with every permission."""
        owner = reseller or self.root
        default: dict[str, Any] = {
            "reach": Reach(owner.path),
            "permissions": frozenset(Permission),
            "is_operator": owner.is_root,
        }
        who = Principal(new_id(Prefix.CLIENT), owner.id, **(default | principal))
        return Caller(who, operation, permission, "req-1", wait_seconds=wait)

    def reseller(self, name: str, parent: Reseller | None = None, **values: Any) -> Reseller:  # noqa: ANN401 - columns
        """Add a reseller below another."""
        opaque, above = new_id(Prefix.RESELLER), parent or self.root
        path = f"{above.path}{opaque}/"
        made = Reseller(opaque, name, path, above.id, None, None, now(), now())
        made = replace(made, **values)
        with self.database.write() as connection:
            resellers.add(connection, made)
        return made

    def new_instance(self, instance_id: str, reseller: Reseller | None = None) -> Instance:
        """Make an instance of ours, without a row and unknown to the deployment."""
        return fresh_instance(instance_id, self.deployment, reseller or self.root, "alpha-host1")

    def planted(self, control: Control, instance_id: str, **seed: Any) -> Instance:  # noqa: ANN401 - JSON
        """Make an instance that both we and the deployment know."""
        made = self.new_instance(instance_id)
        with self.database.write() as connection:
            add_instance(connection, made)
        whole = {
            "instanceID": instance_id,
            "instanceHost": made.instance_host,
            "baseDirectory": made.base_directory,
            "archiveAdminEnabled": True,
            "stores": [{"name": "Mail"}],
            "users": [{"userName": "jane"}],
            **seed,
        }
        control.seed(instances=[whole])
        return made

    def instance(self, instance: str) -> Instance:
        """Return an instance's row."""
        with self.database.read() as connection:
            found = instances.tracked(connection, instance)
        assert found is not None
        return found

    # operations, driven by hand

    def opened(
        self,
        instance: Instance | None,
        *wishes: Invocation,
        kind: str = "test",
        context: Mapping[str, Any] | None = None,
        fresh: bool = False,
    ) -> Operation:
        """Commit the intent of an operation; with its instance if that is fresh."""
        place = Place(self.deployment, self.root.id, self.root.path, instance)
        operation = operation_for(self.caller(kind), place, wishes)
        operation.context = dict(context or {})

        def add(connection: Connection) -> None:
            if fresh and instance is not None:
                add_instance(connection, instance)

        self.ledger.open(operation, add)
        return operation

    def drive(self, operation: Operation) -> Operation:
        """Drive a leased operation as far as it goes now, and return its row."""
        self.runner.drive(operation, self.ledger)
        if not operation.status.is_final:
            self.ledger.release(operation)
        return self.broker.fetch(operation.id)

    def claim(self, operation: str) -> Operation | None:
        """Take an operation over as if its next poll were due."""
        with self.database.write() as connection:
            operations.hurry(connection, operation, now())
        return self.ledger.claim(operation)

    def finished(self, operation: str, control: Control | None = None) -> Operation:
        """Carry an operation on to its end, however far off its next poll is.

        Args:
            operation: its id.
            control: moves the deployment's clock between polls, so that nothing takes long.
        """
        for _ in range(60):
            claimed = self.claim(operation)
            if claimed is None:
                return self.broker.fetch(operation)
            self.drive(claimed)
            if control is not None:
                control.advance(1)
        raise AssertionError("The operation does not end.")

    def late(self, hours: float = 72) -> time_machine.travel:
        """Travel past every deadline and lease."""
        return time_machine.travel(now() + timedelta(hours=hours), tick=True)

    # what is left of it

    def audit(self, operation: str | None = None) -> list[Mapping[str, Any]]:
        """Return the audit rows, of one operation or all."""
        with self.database.read() as connection:
            found = outbox.after(connection, "audit", 0, 10_000)
        return [row.payload for row in found if operation in {None, row.payload.get("operation")}]

    def phases(self, operation: str) -> list[str]:
        """Return the phases of an operation's audit rows."""
        return [row["phase"] for row in self.audit(operation)]

    def operations(self) -> list[Operation]:
        """Return all operations, the newest first."""
        with self.database.read() as connection:
            return list(operations.page(connection, Reach("/"), self.vault, {}, "", 10_000))

    def rows(self) -> int:
        """Return how many operations there are."""
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(rows)).scalar_one()


def url_of(home: Path) -> str:
    """Return the address of the database in a home folder."""
    return f"sqlite:///{home / 'gateway.db'}"


def make_home(home: Path, simulator: Simulator | None = None, url: str = "") -> Path:
    """Set a gateway up in a folder, with the deployment of a simulator registered."""
    home.mkdir(parents=True, exist_ok=True)
    set_up_at_once(home, url or url_of(home))
    if simulator is not None:
        core = Core(home, url=url)
        core.deployments.register(core.caller(), registration(simulator))
        core.close()
    return home


def copied(template: Path, home: Path) -> Path:
    """Copy a home that nobody has open."""
    return Path(shutil.copytree(template, home, dirs_exist_ok=True))


def registration(simulator: Simulator, **changes: Any) -> NewDeployment:  # noqa: ANN401 - members
    """Return what registers a simulator."""
    said = simulator.announcement()
    whole: dict[str, Any] = {
        "name": "alpha",
        "host": "127.0.0.1",
        "port": said["port"],
        "user_name": said["userName"],
        "password": said["password"],
        "pin": said["sha256"],
    }
    return NewDeployment(**(whole | changes))


def fresh_instance(instance_id: str, deployment: str, owner: Reseller, host: str) -> Instance:
    """Make an active instance, without a row and unknown to the deployment."""
    opaque = new_id(Prefix.INSTANCE)
    return Instance(
        id=opaque,
        instance_id=instance_id,
        deployment=deployment,
        reseller=owner.id,
        reseller_path=owner.path,
        display_name=instance_id,
        alias=None,
        external_id=None,
        labels={},
        instance_host=host,
        base_directory=derived_directory(BASE, opaque),
        status=InstanceStatus.ACTIVE,
        create_time=now(),
        update_time=now(),
    )


def add_instance(connection: Connection, instance: Instance) -> None:
    """Reserve an instance's id and insert its row."""
    names.reserve_for(connection, instance)
    instances.add(connection, instance)


def until(seen: Callable[[], T], seconds: float = 60) -> T:
    """Wait for something that another thread brings about, and return it."""
    end = monotonic() + seconds
    while not (found := seen()):
        assert monotonic() < end, "It never came."
        sleep(0.01)
    return found


def sent(control: Control, command: str) -> list[JSON]:
    """Return the journal's entries of a command."""
    return [entry for entry in control.journal() if entry["command"] == command]


def statuses(operation: Operation) -> Sequence[str]:
    """Return the states of an operation's steps."""
    return [str(step.status) for step in operation.steps]
