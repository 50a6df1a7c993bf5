"""A composite create as a portal sends it, with one key, and what meddles with its steps."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from gateway.broker.creation import NewInstance
from gateway.broker.engine.plan import command_of
from gateway.broker.idempotency import IdempotencyKeys
from gateway.errors import GatewayError
from gateway.model import Operation, Reseller, Resource, Step
from gateway.storage import quotas
from gateway.storage.idempotency_keys import Known, Use
from gateway.tenancy.caller import Caller
from tests.core import Core
from tests.simulated import JSON, Control

NAMES = ("jane", "joe")
STEPS = ("CreateInstance", "StartInstances", "CreateStore", "SetArchiveAdminEnabled", "jane", "joe")
"""What a whole create makes, in its order; users by their names."""

WHOLE: Mapping[str, Any] = {
    "instance_id": "acme",
    "display_name": "Acme",
    "store": "Mail",
    "archive_admin": True,
    "users": [{"userName": name, "privileges": ["login"], "password": "s3cret"} for name in NAMES],
}
QUOTAS = (Resource.INSTANCES, Resource.USERS, Resource.STORES, Resource.CONCURRENT_OPERATIONS)
NOTHING, EVERYTHING = [0, 0, 0, 0], [1, 2, 1, 0]
"""Of the quotas."""

Act = Callable[[Operation], None]


def place_of(step: str) -> int:
    """Return the place of a step among those that make something."""
    return STEPS.index(step)


def label(step: Step) -> str:
    """Return what a step makes, as ``STEPS`` has it."""
    return str(step.arguments.get("userName", step.command))


def used_up_to(step: str) -> list[int]:
    """Return what the quotas count when everything before a step was made."""
    made = STEPS[: place_of(step)]
    users = sum(name in made for name in NAMES)
    return [int("CreateInstance" in made), users, int("CreateStore" in made), 0]


@dataclass
class Portal:
    """A reseller's portal that makes one customer, and repeats its call under one key.

    Attributes:
        core: the gateway.
        control: of the deployment.
        owner: the reseller.
        values: members of the request besides those of a whole create.
        key: of the call.
    """

    core: Core
    control: Control
    owner: Reseller
    values: dict[str, Any] = field(default_factory=dict)
    key: str = "a-key"

    def __post_init__(self) -> None:
        with self.core.database.read() as connection:
            found = connection.exec_driver_sql("SELECT id FROM clients").scalars()
            self._client = str(found.first())
        self.keys = IdempotencyKeys(self.core.broker)

    def caller(self, operation: str = "createInstance", wait: float = 10) -> Caller:
        """Return who calls."""
        return self.core.caller(operation, reseller=self.owner, wait=wait)

    def post(self, wait: float = 10) -> Operation:
        """Send the call, for the first time or once more."""
        use = Use(self.key, self._client, "createInstance", "a-body", timedelta(days=7))
        found, caller = self.keys.take(use), self.caller(wait=wait)
        if isinstance(found, Known):
            return self.keys.follow(caller, found)
        caller.claim = found
        try:
            return self.core.instances.create(caller, NewInstance(**{**WHOLE, **self.values}))
        except GatewayError:
            self.keys.release(found)
            raise

    def used(self) -> list[int]:
        """Return what counts against the owner's quotas, in the order of ``QUOTAS``."""
        with self.core.database.read() as connection:
            return [quotas.used(connection, self.owner.path, each) for each in QUOTAS]

    def archive(self) -> JSON:
        """Return what the deployment has of the instance."""
        (found,) = self.control.state()["archives"].values()
        return dict(found)

    def counted(self) -> list[int]:
        """Return the same, counted in the deployment itself."""
        state = self.control.state()
        if "acme" not in state["instances"]:
            return NOTHING
        found = self.archive()
        return [1, len(found["users"]), len(found["stores"]), 0]

    def changes(self) -> list[str]:
        """Return what was carried out since the journal was emptied, as ``STEPS`` has it."""
        return [
            str(dict(entry["arguments"]).get("userName", entry["command"]))
            for entry in self.control.journal()
            if entry["changed"]
        ]

    def sent(self) -> list[str]:
        """Return the changing commands that were sent, whatever became of them."""
        return [e["command"] for e in self.control.journal() if e["effect"] == "change"]


def before(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str, act: Act, *, sending: bool = True
) -> None:
    """Have something happen once, right before a step is sent, or before its turn comes."""
    runner = portal.core.runner
    name = "_intend" if sending else "_send"
    real, left = getattr(runner, name), [1]

    def meddled(operation: Operation, current: Step, journal: Any) -> Any:  # noqa: ANN401 - passed on
        if left and label(current) == step:
            left.clear()
            act(operation)
        return real(operation, current, journal)

    monkeypatch.setattr(runner, name, meddled)


def made_by(operation: Operation) -> list[str]:
    """Return the states of the steps that make something; those that take back left out."""
    return [
        str(step.status)
        for step in operation.steps
        if command_of(step).effect.changes and not step.always
    ]
