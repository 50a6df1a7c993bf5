"""Bounds of resellers, and their suspension: who may set them, and what they do at once."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.access.permissions import ROLES, Permission
from gateway.access.principal import Principal
from gateway.broker.clients import Clients, NewClient
from gateway.broker.engine.plan import Invocation, Place, operation_for
from gateway.broker.identity import RegisteredClients
from gateway.broker.principals import Principals
from gateway.broker.resellers import NewReseller, Resellers
from gateway.errors import Conflict, PermissionMissing
from gateway.model import Client, Instance, Operation, OperationStatus, Reach, Reseller
from gateway.spe.commands.instances import FREEZE_INSTANCES, STOP_INSTANCES
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.storage import facts
from tests.core import Core, sent, statuses
from tests.simulated import Control

ADMIN = ROLES["reseller-admin"]


@pytest.fixture
def tree(core: Core) -> Resellers:
    return Resellers(core.database)


@pytest.fixture
def above(core: Core) -> Reseller:
    return core.reseller("Above")


@pytest.fixture
def below(core: Core, above: Reseller) -> Reseller:
    return core.reseller("Below", above)


def client(core: Core, owner: Reseller, **grant: Any) -> Client:  # noqa: ANN401 - members
    new = NewClient("made", owner.id, **grant)
    return Clients(core.database).create(core.caller("createClient"), new)[0]


def principal(core: Core, of: Client) -> Principal:
    everything = " ".join(Permission)
    return Principals(core.database).of(of.id, of.reseller, everything, "jti")


def granted(core: Core, of: Client) -> frozenset[Permission]:
    """Return what the token endpoint grants."""
    found = RegisteredClients(core.database).find(of.id)
    assert found is not None
    return found.permissions


def noted(core: Core, reseller: Reseller) -> list[Mapping[str, Any]]:
    """Return the facts about a reseller."""
    with core.database.read() as connection:
        return [row.state for row in facts.after(connection, 0, 1000) if row.object == reseller.id]


def test_a_narrower_bound_is_felt_at_once_by_all_below(
    core: Core, tree: Resellers, above: Reseller, below: Reseller
) -> None:
    made = [client(core, owner, roles=["reseller-admin"]) for owner in (above, below)]
    assert [principal(core, one).permissions for one in made] == [ADMIN, ADMIN]
    tree.change(core.caller(), above.id, {"roles": ["support"]})
    assert [principal(core, one).permissions for one in made] == [ROLES["support"]] * 2
    tree.change(core.caller(), below.id, {"disabled_permissions": ["stores:run"]})
    less = ROLES["support"] - {Permission.STORES_RUN}
    assert [principal(core, one).permissions for one in made] == [ROLES["support"], less]
    assert [granted(core, one) for one in made] == [ROLES["support"], less]
    tree.change(core.caller(), above.id, {"roles": None})
    assert principal(core, made[1]).permissions == ADMIN - {Permission.STORES_RUN}


def test_a_bound_outlives_a_restore_as_a_fact(core: Core, tree: Resellers, above: Reseller) -> None:
    tree.change(core.caller(), above.id, {"name": "Renamed"})
    assert noted(core, above) == []
    tree.change(core.caller(), above.id, {"roles": ["support"], "disabled_permissions": []})
    tree.suspend(core.caller(), above.id)
    bounds = {"deployments": None, "roles": ["support"], "disabledPermissions": []}
    assert noted(core, above) == [{"suspended": False, **bounds}, {"suspended": True, **bounds}]


@pytest.mark.parametrize(
    "grant", [{"roles": ["reseller-admin"]}, {"permissions": ["users:credentials"]}]
)
def test_no_client_is_granted_what_its_reseller_cannot_hold(
    core: Core, tree: Resellers, above: Reseller, below: Reseller, grant: dict[str, list[str]]
) -> None:
    tree.change(core.caller(), above.id, {"disabled_permissions": ["users:credentials"]})
    for owner in (above, below):
        with pytest.raises(PermissionMissing) as refusal:
            client(core, owner, **grant)
        assert refusal.value.permission == Permission.USERS_CREDENTIALS
    made = client(core, below, roles=["support"])
    with pytest.raises(PermissionMissing):
        Clients(core.database).change(core.caller(), made.id, grant)
    assert Clients(core.database).change(core.caller(), made.id, {"roles": ["billing"]})


def test_a_client_that_a_bound_has_narrowed_can_still_be_managed(
    core: Core, tree: Resellers, above: Reseller
) -> None:
    """By one of its own reseller, who is as narrow now: a leaked secret must be ended."""
    made = client(core, above, roles=["reseller-admin"])
    tree.change(core.caller(), above.id, {"disabled_permissions": ["users:credentials"]})
    held = ADMIN - {Permission.USERS_CREDENTIALS}
    caller = core.caller("updateClient", reseller=above, permissions=held)
    clients = Clients(core.database)
    assert clients.change(caller, made.id, {"disabled": True}).disabled
    assert clients.rotate(caller, made.id)


WIDER = [
    {"roles": ["reseller-admin"]},
    {"roles": None},
    {"disabled_permissions": []},
]


@pytest.mark.parametrize("values", WIDER, ids=["to-a-role", "to-inherit", "to-nothing-disabled"])
def test_no_bound_becomes_wider_than_the_callers_own_rights(
    core: Core, tree: Resellers, above: Reseller, below: Reseller, values: dict[str, Any]
) -> None:
    narrow = {"roles": ["support"], "disabled_permissions": ["operations:cancel"]}
    tree.change(core.caller(), below.id, narrow)
    held = (ROLES["support"] | {Permission.RESELLERS_UPDATE}) - {Permission.OPERATIONS_CANCEL}
    caller = core.caller("updateReseller", reseller=above, permissions=held)
    with pytest.raises(PermissionMissing):
        tree.change(caller, below.id, values)
    assert tree.change(caller, below.id, {"roles": ["billing"]}).roles == ("billing",)
    assert tree.change(core.caller(), below.id, values)


def test_a_reseller_is_not_made_with_a_wider_bound_than_its_maker_has(
    core: Core, tree: Resellers, above: Reseller
) -> None:
    held = ROLES["support"] | {Permission.RESELLERS_CREATE}
    caller = core.caller("createReseller", reseller=above, permissions=held)
    with pytest.raises(PermissionMissing):
        tree.create(caller, NewReseller("made", roles=["reseller-admin"]))
    made = tree.create(caller, NewReseller("made", roles=["support"]))
    assert made.roles == ("support",)


def test_no_reseller_below_the_root_is_bound_to_what_only_operators_hold(
    core: Core, tree: Resellers, above: Reseller
) -> None:
    with pytest.raises(PermissionMissing):
        tree.change(core.caller(), above.id, {"roles": ["operator"]})


def test_nobody_changes_their_own_bounds_or_suspends_themselves(
    core: Core, tree: Resellers, above: Reseller
) -> None:
    caller = core.caller("updateReseller", reseller=above)
    for attempt in (
        lambda: tree.change(caller, above.id, {"disabled_permissions": []}),
        lambda: tree.suspend(caller, above.id),
        lambda: tree.resume(caller, above.id),
        lambda: tree.suspend(core.caller(), core.root.id),
    ):
        with pytest.raises(Conflict):
            attempt()


def test_a_client_that_is_restricted_to_instances_changes_no_reseller(
    core: Core, tree: Resellers, above: Reseller
) -> None:
    reach = Reach(core.root.path, frozenset())
    caller = core.caller("updateReseller", Permission.RESELLERS_UPDATE, reach=reach)
    for attempt in (tree.suspend, tree.resume, tree.remove):
        with pytest.raises(PermissionMissing):
            attempt(caller, above.id)


def test_suspended_twice_is_suspended_once(
    core: Core, tree: Resellers, above: Reseller, below: Reseller
) -> None:
    made = client(core, below, roles=["support"])
    first = tree.suspend(core.caller(), above.id)
    assert tree.suspend(core.caller(), above.id) == first
    assert first.suspend_time is not None
    assert tree.suspended(core.caller(), [core.root, above, below]) == {above.id, below.id}
    assert principal(core, made).is_suspended
    tree.resume(core.caller(), above.id)
    assert tree.resume(core.caller(), above.id).suspend_time is None
    assert not principal(core, made).is_suspended
    assert [state["suspended"] for state in noted(core, above)] == [True, False]
    done = [row for row in core.audit() if row["object"] == above.id]
    assert [row["fields"] for row in done] == [["suspended"], ["suspended"]]


def test_a_reseller_that_is_suspended_itself_stays_so_when_the_one_above_is_resumed(
    core: Core, tree: Resellers, above: Reseller, below: Reseller
) -> None:
    tree.suspend(core.caller(), below.id)
    tree.suspend(core.caller(), above.id)
    tree.resume(core.caller(), above.id)
    assert tree.suspended(core.caller(), [above, below]) == {below.id}


# what is under way


def opened(core: Core, acme: Instance, by: Client, *wishes: Invocation) -> Operation:
    """Commit the intent of a client's operation."""
    caller = core.caller("test")
    caller.principal = principal(core, by)
    place = Place(acme.deployment, acme.reseller, acme.reseller_path, acme)
    operation = operation_for(caller, place, wishes)
    core.ledger.open(operation)
    return operation


VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
"""Takes minutes, unless the clock is moved."""

STOP, FREEZE = Invocation(STOP_INSTANCES), Invocation(FREEZE_INSTANCES)


def test_what_a_suspended_reseller_has_not_sent_is_not_sent(
    core: Core, control: Control, tree: Resellers, above: Reseller, below: Reseller
) -> None:
    acme = core.planted(control, "acme")
    operation = opened(core, acme, client(core, below, roles=["support"]), STOP)
    tree.suspend(core.caller(), above.id)
    done = core.drive(operation)
    assert done.status is OperationStatus.CANCELLED
    assert sent(control, "StopInstances") == []


def test_what_a_suspended_reseller_has_sent_is_tracked_and_the_rest_not_sent(
    core: Core, control: Control, tree: Resellers, above: Reseller
) -> None:
    acme = core.planted(control, "acme")
    operation = opened(core, acme, client(core, above, roles=["support"]), VERIFY, STOP)
    assert core.drive(operation).status is OperationStatus.RUNNING
    tree.suspend(core.caller(), above.id)
    done = core.finished(operation.id, control)
    assert done.status is OperationStatus.CANCELLED
    assert statuses(done) == ["succeeded", "cancelled"]
    assert sent(control, "cancel-async") == []
    assert sent(control, "StopInstances") == []


def test_what_was_taken_away_before_is_put_back_all_the_same(
    core: Core, control: Control, tree: Resellers, above: Reseller
) -> None:
    acme = core.planted(control, "acme")
    back = Invocation(STOP_INSTANCES, always=True)
    operation = opened(core, acme, client(core, above, roles=["support"]), VERIFY, FREEZE, back)
    core.drive(operation)
    tree.suspend(core.caller(), above.id)
    done = core.finished(operation.id, control)
    assert statuses(done) == ["succeeded", "cancelled", "succeeded"]


@pytest.mark.parametrize("deleted", [False, True], ids=["there", "deleted"])
def test_those_above_carry_on_with_the_instances_of_a_suspended_reseller(
    core: Core, control: Control, tree: Resellers, above: Reseller, *, deleted: bool
) -> None:
    """A client that is gone meanwhile is judged as one of the instance's owner."""
    acme = core.planted(control, "acme")
    operator = client(core, core.root, roles=["support"])
    operation = opened(core, acme, operator, STOP)
    tree.suspend(core.caller(), above.id)
    if deleted:
        Clients(core.database).remove(core.caller(), operator.id)
    assert core.drive(operation).status is OperationStatus.SUCCEEDED
