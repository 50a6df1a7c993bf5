"""Resellers with limits, and what they do inside their instances."""

from typing import Any

import pytest

from gateway.broker.engine.plan import Invocation
from gateway.model import Instance, Operation, Reseller, Resource
from gateway.spe.commands.stores import CREATE_STORE
from gateway.spe.commands.users import CREATE_USER
from gateway.storage import instances, quotas
from tests.core import Core
from tests.simulated import Control


def limit(core: Core, owner: Reseller, **limits: int | None) -> None:
    with core.database.write() as connection:
        named = {Resource(name): value for name, value in limits.items()}
        quotas.replace(connection, owner.id, named)


def used(core: Core, owner: Reseller, resource: str) -> int:
    with core.database.read() as connection:
        return quotas.used(connection, owner.path, Resource(resource))


def planted(core: Core, control: Control, owner: Reseller, name: str = "acme") -> Instance:
    """Make an instance of an owner that both we and the deployment know, with one user."""
    made = core.planted(control, name)
    with core.database.write() as connection:
        instances.change(connection, made.id, {"reseller": owner.id})
    return core.instance(made.id)


def user(name: str) -> Invocation:
    return Invocation(CREATE_USER, {"userName": name, "privileges": ["login"]})


def store(name: str) -> Invocation:
    return Invocation(CREATE_STORE, {"name": name, "databasePath": f"~\\{name}"})


def call(core: Core, instance: Instance, *wishes: Invocation, **caller: Any) -> Operation:  # noqa: ANN401 - as core takes them
    return core.broker.call(core.caller(**caller), instance.id, wishes)


def opened_by(core: Core, instance: Instance, *wishes: Invocation) -> Operation:
    """Commit an intent as the broker does, without carrying it out: then comes a crash."""
    broker = core.broker
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(broker, "carry", lambda _: None)
        return call(core, instance, *wishes, wait=0)
