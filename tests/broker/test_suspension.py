"""Suspended and resumed: as it was before, and nothing in between."""

import pytest
from sqlalchemy import select

from gateway.broker.broker import InstanceSuspended
from gateway.broker.creation import NewInstance
from gateway.broker.engine.plan import Invocation
from gateway.broker.transfers import Transfers
from gateway.errors import Conflict
from gateway.model import Instance, InstanceStatus
from gateway.spe.command import Command
from gateway.spe.commands.compliance import SET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instances import START_INSTANCES, STOP_INSTANCES
from gateway.spe.commands.stores import GET_STORES
from gateway.storage import instances
from gateway.storage.tables import facts
from tests.broker.suspending import done, lasting, planted, resume, row, state, suspend, told
from tests.core import Core, sent
from tests.simulated import Control

STATES = [(status, mode) for status in ("running", "stopped") for mode in ("automatic", "manual")]
CHANGES = ("StopInstances", "SetInstanceConfiguration", "StartInstances")


# as it was


@pytest.mark.parametrize(("status", "mode"), STATES)
def test_a_resumed_instance_is_as_it_was(
    core: Core, control: Control, status: str, mode: str
) -> None:
    acme = planted(core, control, status, mode)
    before = row(control)
    done(suspend(core, acme))
    assert state(control) == ("stopped", "disabled")
    assert core.instance(acme.id).status is InstanceStatus.SUSPENDED

    done(resume(core, acme))
    assert lasting(row(control)) == lasting(before)
    found = core.instance(acme.id)
    assert found.status is InstanceStatus.ACTIVE
    assert found.kept_state == {}
    assert found.observed["status"] == status


def test_one_whose_start_was_disabled_before_is_disabled_again(
    core: Core, control: Control
) -> None:
    acme = planted(core, control, "stopped", "disabled")
    done(suspend(core, acme))
    done(resume(core, acme))
    assert state(control) == ("stopped", "disabled")


def test_all_else_that_it_is_configured_with_stays(core: Core, control: Control) -> None:
    acme = planted(core, control, "stopped")
    changes = {"displayName": "Acme & Söhne", "alias": "mail.acme"}
    done(core.instances.configure(core.caller("updateInstance"), acme, changes, {}, {}))
    before = lasting(row(control))
    done(suspend(core, acme))
    assert lasting(row(control)) == before | {"start_mode": "disabled"}


def test_to_suspend_twice_is_to_suspend_once(core: Core, control: Control) -> None:
    acme = planted(core, control)
    done(suspend(core, acme))
    kept = core.instance(acme.id).kept_state
    done(suspend(core, acme))

    assert core.instance(acme.id).kept_state == kept
    assert kept == {"startMode": "automatic", "ran": True, "legalHold": False}
    assert len(sent(control, "StopInstances")) == 1
    assert told(core) == ["instance.suspended"]


def test_to_resume_what_is_not_suspended_sends_no_change(core: Core, control: Control) -> None:
    acme = planted(core, control, mode="manual")
    done(resume(core, acme))
    assert [command for command in CHANGES if sent(control, command)] == []
    assert told(core) == []


def test_it_is_told_once_each(core: Core, control: Control) -> None:
    acme = planted(core, control)
    for _ in range(2):
        done(suspend(core, acme))
        done(resume(core, acme))
        done(resume(core, acme))
    assert told(core) == ["instance.suspended", "instance.resumed"] * 2


def test_each_state_outlives_a_restore(core: Core, control: Control) -> None:
    acme = planted(core, control)
    done(suspend(core, acme))
    done(resume(core, acme))
    with core.database.read() as connection:
        query = select(facts.c.state).where(facts.c.object == acme.id).order_by(facts.c.number)
        noted = [each["status"] for each in connection.execute(query).scalars()]
    assert noted == ["suspended", "active"]


# while it is suspended


@pytest.mark.parametrize("command", [START_INSTANCES, STOP_INSTANCES, GET_STORES], ids=str)
def test_nothing_is_sent_for_what_is_suspended(
    core: Core, control: Control, command: Command
) -> None:
    acme = planted(core, control)
    done(suspend(core, acme))
    control.forget_journal()
    with pytest.raises(InstanceSuspended, match="resume"):
        core.broker.call(core.caller(), acme.id, [Invocation(command)])
    with pytest.raises(InstanceSuspended):
        core.broker.look(core.caller(), acme.id, lambda *_: None)
    with pytest.raises(InstanceSuspended):
        core.instances.configure(core.caller(), core.instance(acme.id), {}, {}, {})
    assert control.journal() == []


def test_its_labels_are_ours_and_change(core: Core, control: Control) -> None:
    acme = planted(core, control)
    done(suspend(core, acme))
    known = core.instance(acme.id)
    core.instances.label(core.caller(), known, {"labels": {"plan": "gold"}})
    assert core.instance(acme.id).labels == {"plan": "gold"}


def test_it_goes_to_another_owner_suspended(core: Core, control: Control) -> None:
    acme, heir = planted(core, control), core.reseller("Heir")
    done(suspend(core, acme))
    Transfers(core.broker).transfer(core.caller(), acme.id, heir.id)
    assert core.instance(acme.id).status is InstanceStatus.SUSPENDED
    done(core.instances.resume(core.caller("resumeInstance", reseller=heir), acme.id))
    assert state(control) == ("running", "automatic")


def test_deleted_and_undeleted_it_is_suspended_still(core: Core, control: Control) -> None:
    """Nobody gets out of a suspension by deleting."""
    acme = planted(core, control)
    done(suspend(core, acme))
    done(core.instances.delete(core.caller("deleteInstance"), acme.id))
    assert core.instance(acme.id).kept_state == {
        "startMode": "automatic",
        "ran": True,
        "legalHold": None,  # one may have been set past us since it was suspended
        "suspended": True,
    }
    with pytest.raises(Conflict, match="legalHoldChecked"):
        core.instances.purge(core.caller("purgeInstance"), acme.id, "acme", checked=False)
    for act in (suspend, resume):
        with pytest.raises(Conflict, match="deleted"):
            act(core, acme)

    done(core.instances.undelete(core.caller("undeleteInstance"), acme.id))
    found = core.instance(acme.id)
    assert (found.status, found.delete_time) == (InstanceStatus.SUSPENDED, None)
    assert state(control) == ("stopped", "disabled")

    done(resume(core, acme))
    assert state(control) == ("running", "automatic")


def test_legal_hold_that_was_read_before_it_was_suspended_forbids_its_purge(
    core: Core, control: Control
) -> None:
    acme = planted(core, control)
    held = Invocation(SET_COMPLIANCE_CONFIGURATION, {"config": {"legalHoldEnabled": True}})
    done(core.broker.call(core.caller(), acme.id, [held]))
    done(suspend(core, acme))
    done(core.instances.delete(core.caller("deleteInstance"), acme.id))
    with pytest.raises(Conflict, match="legal hold"):
        core.instances.purge(core.caller("purgeInstance"), acme.id, "acme", checked=True)


@pytest.mark.parametrize("status", [InstanceStatus.PROVISIONING, InstanceStatus.FAILED])
def test_what_is_half_made_is_neither_suspended_nor_resumed(
    core: Core, control: Control, status: InstanceStatus
) -> None:
    acme = planted(core, control)
    with core.database.write() as connection:
        instances.change(connection, acme.id, {"status": status})
    for act in (suspend, resume):
        with pytest.raises(Conflict, match=str(status)):
            act(core, acme)
    assert control.journal() == []


def test_a_suspended_name_is_not_free(core: Core, control: Control) -> None:
    acme = planted(core, control)
    done(suspend(core, acme))
    with pytest.raises(Conflict):
        core.instances.create(
            core.caller("createInstance"), NewInstance(instance_id="acme", display_name="Again")
        )


# past the gateway


def started_past_us(control: Control, acme: Instance) -> None:
    """Enable its start and start it, as an operator of SPE can."""
    control.seed(
        instances=[
            {
                "instanceID": "acme",
                "instanceHost": acme.instance_host,
                "baseDirectory": acme.base_directory,
                "status": "running",
                "startMode": "automatic",
            }
        ]
    )


def test_one_that_was_started_past_us_is_stopped_by_suspending_again(
    core: Core, control: Control
) -> None:
    acme = planted(core, control, "stopped", "manual")
    done(suspend(core, acme))
    started_past_us(control, acme)
    done(suspend(core, acme))

    assert state(control) == ("stopped", "disabled")
    assert core.instance(acme.id).kept_state["startMode"] == "manual"
    assert core.instance(acme.id).kept_state["ran"] is False


def test_one_that_was_started_past_us_runs_when_it_is_resumed(core: Core, control: Control) -> None:
    acme = planted(core, control, "stopped", "manual")
    done(suspend(core, acme))
    started_past_us(control, acme)
    done(resume(core, acme))
    assert state(control) == ("running", "manual")


def test_one_that_its_deployment_has_lost_is_neither(core: Core, control: Control) -> None:
    acme = planted(core, control)
    control.reset()
    failed = suspend(core, acme)
    assert failed.problem is not None
    assert failed.problem["code"] == "INSTANCE_MISSING"
    assert core.instance(acme.id).status is InstanceStatus.ACTIVE
