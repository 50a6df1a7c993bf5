"""The life of an instance, and what becomes of its names."""

from typing import Any

import pytest

from gateway.broker.creation import NewInstance
from gateway.broker.engine.plan import Invocation
from gateway.broker.resellers import Resellers
from gateway.errors import Conflict, NameTaken
from gateway.model import Instance, InstanceStatus, Operation, OperationStatus, Reseller
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import CREATE_USER
from gateway.storage import instances
from tests.core import Core, statuses
from tests.simulated import Control


def create(core: Core, owner: Reseller | None = None, **values: Any) -> Operation:  # noqa: ANN401 - members
    new = NewInstance(**({"instance_id": "acme", "display_name": "Acme"} | values))
    return core.instances.create(core.caller("createInstance", reseller=owner), new)


def made(core: Core, **values: Any) -> Instance:  # noqa: ANN401 - members
    done = create(core, **values)
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    return core.instance(str(done.instance))


def configure(core: Core, instance: Instance, *, restart: bool, **changes: str) -> Operation:
    caller, context = core.caller("updateInstance"), {"restart": restart}
    return core.instances.configure(caller, instance, changes, {}, context)


def delete(core: Core, instance: Instance) -> Operation:
    return core.instances.delete(core.caller("deleteInstance"), instance.id)


def purge(core: Core, instance: Instance) -> Operation:
    caller = core.caller("purgeInstance")
    return core.instances.purge(caller, instance.id, instance.instance_id, checked=True)


def test_an_instance_is_made_with_what_is_to_be_inside(core: Core, control: Control) -> None:
    user = {"userName": "jane", "privileges": ["login"]}
    acme = made(core, archive_admin=True, store="Mail", users=[user])
    row = control.state()["instances"]["acme"]
    assert row["status"] == "running"
    assert row["base_directory"] == acme.base_directory
    assert acme.status is InstanceStatus.ACTIVE
    assert acme.observed["status"] == "running"


def test_an_alias_that_differs_from_the_id_in_case_alone_is_the_instances_own(core: Core) -> None:
    assert made(core, alias="Acme").status is InstanceStatus.ACTIVE


def test_a_change_that_was_refused_can_be_asked_again(core: Core, control: Control) -> None:
    """The alias was reserved by the refused one."""
    acme = made(core)
    refused = configure(core, acme, restart=False, alias="post.example.com")
    assert refused.problem is not None
    assert refused.problem["code"] == "INSTANCE_NOT_STOPPED"
    assert configure(core, acme, restart=True, alias="post.example.com").status == "succeeded"
    assert configure(core, acme, restart=True, alias="other.example.com").status == "succeeded"
    assert configure(core, acme, restart=True, alias="post.example.com").status == "succeeded"
    assert control.state()["instances"]["acme"]["status"] == "running"
    assert core.instance(acme.id).alias == "post.example.com"


def test_an_instance_whose_change_spe_refuses_runs_on(core: Core, control: Control) -> None:
    control.seed(instances=[{"instanceID": "other", "alias": "taken", "baseDirectory": "D:\\O"}])
    acme = made(core)
    refused = configure(core, acme, restart=True, alias="taken")
    assert refused.status is OperationStatus.FAILED
    assert control.state()["instances"]["acme"]["status"] == "running"


def test_what_failed_gives_its_name_back(core: Core, control: Control) -> None:
    control.fault("failed", "CreateInstance")
    failed = create(core)
    assert failed.status is OperationStatus.FAILED
    assert core.instance(str(failed.instance)).status is InstanceStatus.FAILED
    assert made(core, owner=core.reseller("Other")).status is InstanceStatus.ACTIVE


def test_an_instance_stays_when_what_is_to_be_inside_fails(core: Core, control: Control) -> None:
    control.fault("failed", "CreateStore")
    failed = create(core, store="Mail")
    assert failed.status is OperationStatus.FAILED
    assert statuses(failed)[:4] == ["succeeded", "succeeded", "succeeded", "failed"]
    assert core.instance(str(failed.instance)).status is InstanceStatus.ACTIVE
    with pytest.raises(NameTaken):
        create(core)


def test_the_way_into_the_days_of_grace_and_back(core: Core, control: Control) -> None:
    acme = made(core)
    assert delete(core, acme).status is OperationStatus.SUCCEEDED
    row = control.state()["instances"]["acme"]
    assert (row["status"], row["start_mode"]) == ("stopped", "disabled")
    assert core.instance(acme.id).status is InstanceStatus.DELETED
    with pytest.raises(Conflict):
        delete(core, acme)
    back = core.instances.undelete(core.caller("undeleteInstance"), acme.id)
    assert back.status is OperationStatus.SUCCEEDED
    row = control.state()["instances"]["acme"]
    assert (row["status"], row["start_mode"]) == ("running", "automatic")
    assert core.instance(acme.id).status is InstanceStatus.ACTIVE


def test_the_id_of_a_purged_instance_comes_back_to_its_reseller_alone(
    core: Core, control: Control
) -> None:
    owner, other = core.reseller("Owner"), core.reseller("Other")
    acme = made(core, owner=owner)
    assert delete(core, acme).status is OperationStatus.SUCCEEDED
    assert purge(core, acme).status is OperationStatus.SUCCEEDED
    assert "acme" not in control.state()["instances"]
    for stranger in (other, core.root):
        with pytest.raises(NameTaken):
            create(core, stranger)
    control.fault("failed", "CreateInstance")
    assert create(core, owner).status is OperationStatus.FAILED
    with pytest.raises(NameTaken):
        create(core, other)
    again = made(core, owner=owner)
    assert again.base_directory != acme.base_directory


def test_what_is_active_is_not_purged(core: Core, control: Control) -> None:
    acme = made(core)
    with pytest.raises(Conflict):
        purge(core, acme)
    assert "acme" in control.state()["instances"]


def test_a_deployment_that_answers_nonsense_spoils_no_row(
    core: Core, control: Control, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = made(core)
    real = simulator.server.invoke

    def invoke(name: str, *rest: Any) -> Any:  # noqa: ANN401 - passed on as they came
        answer = real(name, *rest)
        if name in {"GetInstances", "GetInstanceConfiguration"}:
            answer.result = ["nonsense"]
        return answer

    monkeypatch.setattr(simulator.server, "invoke", invoke)
    done = core.instances.read(core.caller("getInstance"), acme)
    assert core.instances.current(done).observed == acme.observed
    assert control.state()["instances"]["acme"]["status"] == "running"


def test_an_instance_that_its_deployment_has_lost_is_missing(core: Core, control: Control) -> None:
    lost = core.planted(control, "acme")
    control.reset()
    found = core.instances.read(core.caller("getInstance"), lost)
    assert statuses(found) == ["succeeded", "skipped", "skipped"]
    assert core.instances.current(found).observed == {"status": "missing"}
    stores = core.broker.call(core.caller(), lost.id, [Invocation(GET_STORES)])
    assert stores.problem is not None
    assert stores.problem["code"] == "INSTANCE_MISSING"


def test_what_was_not_sent_when_an_operation_ends_is_skipped(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    wishes = [
        Invocation(CREATE_USER, {"userName": "jane", "privileges": ["login"]}),
        Invocation(GET_STORES),
    ]
    found = core.broker.call(core.caller(), acme.id, wishes)
    assert statuses(core.broker.fetch(found.id)) == ["failed", "skipped"]


def test_a_call_that_succeeds_is_a_contact_noted_once_a_minute(
    core: Core, control: Control
) -> None:
    acme = core.planted(control, "acme")

    def noted() -> object:
        core.broker.call(core.caller(), acme.id, [Invocation(GET_STORES)])
        return core.deployments.get(core.caller(), core.deployment).last_contact_time

    before = core.deployments.get(core.caller(), core.deployment).last_contact_time
    first = noted()
    assert first != before
    assert noted() == first


def test_ones_own_reseller_is_changed_by_the_one_above(core: Core) -> None:
    own = core.reseller("Own")
    resellers = Resellers(core.database)
    caller = core.caller("updateReseller", reseller=own)
    with pytest.raises(Conflict, match="changed by the one above"):
        resellers.change(caller, own.id, {"name": "Mine"})
    assert resellers.change(core.caller(), own.id, {"name": "Theirs"}).name == "Theirs"


def test_labels_are_not_written_on_what_went_to_another_owner_meanwhile(
    core: Core, control: Control
) -> None:
    known, heir = core.planted(control, "acme"), core.reseller("Heir")
    with core.database.write() as connection:
        instances.change(connection, known.id, {"reseller": heir.id})
    with pytest.raises(Conflict, match="another owner"):
        core.instances.label(core.caller(), known, {"labels": {"whose": "former"}})
    assert core.instance(known.id).labels == {}
