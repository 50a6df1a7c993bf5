"""What of an instance outlives a restore: whose it is, and under which names."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.broker.creation import NewInstance
from gateway.model import Operation
from gateway.storage import facts
from tests.core import Core
from tests.simulated import Control


def noted(core: Core, instance: str) -> list[Mapping[str, Any]]:
    """Return the facts about an instance."""
    with core.database.read() as connection:
        return [row.state for row in facts.after(connection, 0, 1000) if row.object == instance]


def created(core: Core) -> Operation:
    new = NewInstance("acme", "Acme", alias="acme-mail")
    return core.instances.create(core.caller("createInstance"), new)


def test_the_life_of_an_instance_is_noted(core: Core) -> None:
    made = str(created(core).instance)
    core.instances.delete(core.caller("deleteInstance"), made)
    core.instances.purge(core.caller("purgeInstance"), made, "acme", checked=True)
    states = noted(core, made)
    assert [state["status"] for state in states] == ["provisioning", "active", "deleted", "purged"]
    for state in states:
        assert state == {
            "deployment": core.deployment,
            "instanceID": "acme",
            "alias": "acme-mail",
            "reseller": core.root.id,
            "status": state["status"],
        }


def test_an_instance_that_was_not_made_is_noted_too(core: Core, control: Control) -> None:
    """Its name may be used again."""
    control.fault("failed", "CreateInstance")
    made = str(created(core).instance)
    assert [state["status"] for state in noted(core, made)] == ["provisioning", "failed"]


@pytest.mark.parametrize("alias", ["other-mail", None])
def test_another_alias_is_noted(core: Core, alias: str | None) -> None:
    made = core.instance(str(created(core).instance))
    before = len(noted(core, made.id))
    caller = core.caller("updateInstance")
    core.instances.configure(caller, made, {"alias": alias or ""}, {}, {"restart": True})
    assert [state["alias"] for state in noted(core, made.id)[before:]] == [alias]
