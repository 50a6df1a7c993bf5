"""An instance gets another owner: what goes along, what stays, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from gateway.access.permissions import Permission
from gateway.broker import broker as module
from gateway.broker.creation import NewInstance
from gateway.broker.engine.plan import Invocation
from gateway.broker.operations import Operations
from gateway.broker.transfers import Transfers
from gateway.errors import Conflict, NameTaken, NotFound, OperationInProgress, PermissionMissing
from gateway.model import Instance, InstanceStatus, Reach, Reseller, now
from gateway.spe.commands.instances import STOP_INSTANCES
from gateway.storage import facts, instances, names, operations, resellers
from gateway.tenancy.caller import Validated
from tests.core import Core
from tests.simulated import Control


@pytest.fixture
def alice(core: Core) -> Reseller:
    return core.reseller("Alice")


@pytest.fixture
def bob(core: Core) -> Reseller:
    return core.reseller("Bob")


@pytest.fixture
def acme(core: Core, control: Control, alice: Reseller) -> Instance:
    """An instance of Alice's."""
    made = core.planted(control, "acme")
    with core.database.write() as connection:
        instances.change(connection, made.id, {"reseller": alice.id})
        names.transfer(connection, made.id, alice.id)
    return core.instance(made.id)


@pytest.fixture
def transfers(core: Core) -> Transfers:
    return Transfers(core.broker)


def set_to(core: Core, instance: Instance, **columns: object) -> None:
    with core.database.write() as connection:
        instances.change(connection, instance.id, columns)


def test_the_new_owner_has_it_and_the_former_has_not(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    moved = transfers.transfer(core.caller(), acme.id, bob.id)
    assert (moved.reseller, moved.reseller_path) == (bob.id, bob.path)
    assert core.instance(acme.id).reseller == bob.id
    assert core.broker.instance(core.caller(reseller=bob), acme.id).id == acme.id
    with pytest.raises(NotFound):
        core.broker.instance(core.caller(reseller=alice), acme.id)


def test_a_client_restricted_to_the_instance_loses_it_unless_it_is_of_those_above(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    only = frozenset({acme.id})
    transfers.transfer(core.caller(), acme.id, bob.id)
    for owner, sees in ((core.root, True), (alice, False), (bob, True)):
        portal = core.caller(reseller=owner, reach=Reach(owner.path, only))
        with core.database.read() as connection:
            found = instances.find(connection, portal.principal.reach, acme.id)
        assert (found is not None) == sees


def test_operations_of_before_stay_with_the_former_owner(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    stop = core.broker.call(core.caller("stopInstance"), acme.id, [Invocation(STOP_INSTANCES)])
    transfers.transfer(core.caller(), acme.id, bob.id)
    later = core.broker.call(core.caller("stopInstance"), acme.id, [Invocation(STOP_INSTANCES)])
    mine = Operations(core.broker)
    for owner, seen in ((alice, [stop.id]), (bob, [later.id]), (core.root, [later.id, stop.id])):
        page = mine.page(core.caller(reseller=owner), {"instance": acme.id}, "", 10)
        assert [one.id for one in page] == seen
    with core.database.read() as connection:
        found = [
            operations.find(connection, Reach(o.path), stop.id, core.vault) for o in (alice, bob)
        ]
    assert [one and one.id for one in found] == [stop.id, None]


def test_an_operation_of_before_does_not_show_the_instance_of_now(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller
) -> None:
    stop = core.broker.call(core.caller("stopInstance"), acme.id, [Invocation(STOP_INSTANCES)])
    assert core.instances.current(stop).id == acme.id
    transfers.transfer(core.caller(), acme.id, bob.id)
    with pytest.raises(NotFound):
        core.instances.current(stop)


def test_names_and_tombstones_follow_the_owner(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    """The archive stays on disk under its id: only its owner may have that again (law 3)."""
    transfers.transfer(core.caller(), acme.id, bob.id)
    with core.database.write() as connection:
        names.bury(connection, acme.id)
        instances.change(connection, acme.id, {"status": InstanceStatus.PURGED})
    new = NewInstance("acme", "Acme", start=False)
    with pytest.raises(NameTaken):
        core.instances.create(core.caller("createInstance", reseller=alice), new)
    assert core.instances.create(core.caller("createInstance", reseller=bob), new)


def test_it_can_be_given_back_and_the_history_tells(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    for owner in (bob, alice, bob):
        transfers.transfer(core.caller(), acme.id, owner.id)
    page = transfers.page(core.caller(), acme.id, "", 10)
    pairs = [(alice.id, bob.id), (bob.id, alice.id), (alice.id, bob.id)]
    assert [(one.former, one.owner) for one in page] == pairs
    assert transfers.page(core.caller(), acme.id, page[1].id, 10) == [page[2]]
    assert transfers.page(core.caller(), acme.id, "", 1) == [page[0]]


def test_the_new_owner_does_not_learn_who_had_it_before(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    carol = core.reseller("Carol")
    for owner in (carol, bob):
        transfers.transfer(core.caller(), acme.id, owner.id)
    [only] = transfers.page(core.caller(reseller=bob), acme.id, "", 10)
    assert (only.former, only.owner) == (None, bob.id)
    with pytest.raises(NotFound):
        transfers.page(core.caller(reseller=alice), acme.id, "", 10)


def test_a_reseller_that_once_had_an_instance_is_not_removed(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    transfers.transfer(core.caller(), acme.id, bob.id)
    with core.database.read() as connection:
        assert resellers.in_use(connection, alice.id)


def test_both_owners_hear_of_it_and_it_outlives_a_restore(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    transfers.transfer(core.caller("transferInstance"), acme.id, bob.id)
    with core.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT reseller, payload FROM outbox").all()
        *_, fact = facts.after(connection, 0, 1000)
    assert [row.reseller for row in rows if "transferInstance" in row.payload] == [alice.id, bob.id]
    assert (fact.kind, fact.object) == ("instance", acme.id)
    assert fact.state == {
        "deployment": acme.deployment,
        "instanceID": "acme",
        "alias": None,
        "reseller": bob.id,
        "status": "active",
    }


def test_one_may_give_downwards_and_take_back_but_not_give_upwards(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller
) -> None:
    below = core.reseller("Below Alice", alice)
    caller = core.caller(reseller=alice)
    assert transfers.transfer(caller, acme.id, below.id).reseller == below.id
    with pytest.raises(NotFound):
        transfers.transfer(core.caller(reseller=below), acme.id, alice.id)
    assert transfers.transfer(caller, acme.id, alice.id).reseller == alice.id


def test_an_owner_gives_nothing_to_those_beside(
    core: Core, transfers: Transfers, acme: Instance, alice: Reseller, bob: Reseller
) -> None:
    with pytest.raises(NotFound):
        transfers.transfer(core.caller(reseller=alice), acme.id, bob.id)
    with pytest.raises(NotFound):
        transfers.transfer(core.caller(reseller=bob), acme.id, bob.id)
    assert core.instance(acme.id).reseller == alice.id


def test_a_client_that_is_restricted_to_the_instance_does_not_give_it_away(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller
) -> None:
    reach = Reach(core.root.path, frozenset({acme.id}))
    caller = core.caller("transferInstance", Permission.RESELLERS_UPDATE, reach=reach)
    with pytest.raises(PermissionMissing):
        transfers.transfer(caller, acme.id, bob.id)


def test_it_waits_for_the_end_of_what_changes_the_instance(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller
) -> None:
    running = core.opened(acme, Invocation(STOP_INSTANCES))
    with pytest.raises(OperationInProgress) as refusal:
        transfers.transfer(core.caller(), acme.id, bob.id)
    assert refusal.value.operation == running.id
    core.drive(running)
    assert transfers.transfer(core.caller(), acme.id, bob.id)


def test_what_was_judged_for_the_former_owner_is_not_carried_out(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller, control: Control
) -> None:
    """It was looked up before the transfer, and is committed after it."""
    control.forget_journal()
    place = module.place_of(acme)
    transfers.transfer(core.caller(), acme.id, bob.id)
    with pytest.raises(Conflict, match="another owner"):
        core.broker.start(core.caller(), place, [Invocation(STOP_INSTANCES)])
    assert control.journal() == []


@pytest.mark.parametrize("status", [InstanceStatus.PROVISIONING, InstanceStatus.FAILED])
def test_what_is_half_made_is_not_given_away(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller, status: InstanceStatus
) -> None:
    set_to(core, acme, status=status)
    with pytest.raises(Conflict, match=status):
        transfers.transfer(core.caller(), acme.id, bob.id)


def test_a_deleted_instance_is_given_away_within_its_days_of_grace(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller
) -> None:
    set_to(core, acme, status=InstanceStatus.DELETED)
    assert transfers.transfer(core.caller(), acme.id, bob.id).status is InstanceStatus.DELETED


def suspended(core: Core, owner: Reseller) -> Reseller:
    with core.database.write() as connection:
        resellers.change(connection, owner.id, {"suspend_time": now()})
    return owner


Owner = Callable[[Core, Instance], Reseller]
UNFIT: dict[str, Owner] = {
    "already": lambda core, acme: replace(core.root, id=acme.reseller),
    "suspended": lambda core, _: suspended(core, core.reseller("Suspended")),
    "below": lambda core, _: core.reseller("Below", suspended(core, core.reseller("Above"))),
    "elsewhere": lambda core, _: core.reseller("Elsewhere", deployments=()),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_an_owner_that_cannot_have_it_does_not_get_it(
    core: Core, transfers: Transfers, acme: Instance, kind: str
) -> None:
    owner = UNFIT[kind](core, acme)
    with pytest.raises(Conflict):
        transfers.transfer(core.caller(), acme.id, owner.id)
    assert core.instance(acme.id).reseller == acme.reseller


@pytest.mark.parametrize("only_judged", [False, True], ids=["in-earnest", "validate-only"])
def test_whoever_admits_instances_is_asked_in_the_same_transaction(
    core: Core, acme: Instance, bob: Reseller, *, only_judged: bool
) -> None:
    asked: list[tuple[str, str]] = []

    def refuse(connection: Connection, instance: Instance, owner: Reseller) -> None:
        assert connection.in_transaction()
        asked.append((instance.id, owner.id))
        raise Conflict("The quota is used up.")

    caller = replace(core.caller(), validate_only=only_judged)
    with pytest.raises(Conflict, match="quota"):
        Transfers(core.broker, refuse).transfer(caller, acme.id, bob.id)
    assert asked == [(acme.id, bob.id)]
    assert core.instance(acme.id).reseller == acme.reseller


def test_what_is_only_judged_changes_nothing(
    core: Core, transfers: Transfers, acme: Instance, bob: Reseller
) -> None:
    before = core.audit()
    caller = replace(core.caller(), validate_only=True)
    with pytest.raises(Validated):
        transfers.transfer(caller, acme.id, bob.id)
    assert core.instance(acme.id) == acme
    assert transfers.page(core.caller(), acme.id, "", 10) == []
    assert core.audit() == before
