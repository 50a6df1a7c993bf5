"""A person's word on an unknown outcome, and what it ends."""

from contextlib import suppress
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from gateway.broker.engine.plan import Invocation
from gateway.broker.operations import Operations
from gateway.broker.resolution import Word
from gateway.broker.transfers import Transfers
from gateway.errors import Conflict, NameTaken, NotFound
from gateway.model import Instance, InstanceStatus, Operation, OperationStatus, Reach, StepStatus
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    GET_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.tenancy.caller import Caller
from tests.core import Core
from tests.faults.cases import configuration
from tests.simulated import Control

FAILED = Word(OperationStatus.FAILED, "The host was replaced; nothing is there.")
SUCCEEDED = Word(OperationStatus.SUCCEEDED, "It is there.\nI looked.")


@pytest.fixture
def operator(core: Core) -> Caller:
    return core.caller("resolveOperation")


def unknown(core: Core, operation: Operation) -> Operation:
    """Let an operation be sent, and nobody ever hear of it again."""
    operation.steps[-1].status, operation.steps[-1].attempts = StepStatus.SENDING, 1
    core.ledger.save(operation)
    with core.late():
        ended = core.drive(operation)
    assert ended.status is OperationStatus.UNKNOWN
    return ended


def creation(core: Core, name: str = "acme") -> tuple[Instance, Operation]:
    """Lose every trace of the creation of an instance."""
    made = replace(core.new_instance(name), status=InstanceStatus.PROVISIONING)
    wish = Invocation(CREATE_INSTANCE, {"config": configuration(made)})
    return made, unknown(core, core.opened(made, wish, kind="createInstance", fresh=True))


def test_an_unknown_outcome_is_an_alert(core: Core) -> None:
    with capture_logs() as logs:
        _, operation = creation(core)

    alerts = [entry for entry in logs if entry["event"] == "operation.unknown"]
    assert [(entry["log_level"], entry["operation"]) for entry in alerts] == [
        ("error", operation.id)
    ]


def test_until_a_person_settles_it_an_unknown_creation_keeps_its_name(
    core: Core, operator: Caller
) -> None:
    made, operation = creation(core)
    assert core.instance(made.id).status is InstanceStatus.PROVISIONING
    with pytest.raises(NameTaken):
        creation(core)

    Operations(core.broker).resolve(operator, operation.id, FAILED)

    assert core.instance(made.id).status is InstanceStatus.FAILED
    assert creation(core)[0].id != made.id


def test_a_creation_that_a_person_found_is_active(core: Core, operator: Caller) -> None:
    made, operation = creation(core)
    Operations(core.broker).resolve(operator, operation.id, SUCCEEDED)

    assert core.instance(made.id).status is InstanceStatus.ACTIVE
    with pytest.raises(NameTaken):
        creation(core)


def test_what_stood_there_before_is_kept_beside_the_word(core: Core, operator: Caller) -> None:
    _, operation = creation(core)
    Operations(core.broker).resolve(operator, operation.id, FAILED)

    found = core.broker.fetch(operation.id)
    assert found.status is OperationStatus.FAILED
    assert found.problem is not None
    assert found.problem["code"] == "RESOLVED_AS_FAILED"
    assert found.steps[0].evidence == "person"
    word = found.resolution
    assert word is not None
    assert word["problem"] == operation.problem
    assert word["problem"]["code"] == "ANSWER_LOST"
    assert (word["client"], word["note"]) == (operator.principal.client, FAILED.note)
    assert found.end_time == operation.end_time


def test_the_word_is_in_the_audit_with_who_gave_it(core: Core, operator: Caller) -> None:
    _, operation = creation(core)
    Operations(core.broker).resolve(operator, operation.id, FAILED)

    row = core.audit(operation.id)[-1]
    assert (row["phase"], row["action"], row["status"]) == ("done", "resolveOperation", "failed")
    assert row["actor"]["client"] == operator.principal.client
    assert FAILED.note not in str(row)


def test_only_an_unknown_operation_is_settled_and_only_once(
    core: Core, operator: Caller, control: Control
) -> None:
    del control
    _, operation = creation(core)
    Operations(core.broker).resolve(operator, operation.id, FAILED)
    rows = len(core.audit())

    with pytest.raises(Conflict):
        Operations(core.broker).resolve(operator, operation.id, SUCCEEDED)
    assert core.broker.fetch(operation.id).status is OperationStatus.FAILED
    assert len(core.audit()) == rows


def test_of_two_people_at_once_one_is_heard(
    core: Core, other: Core, operator: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read it as unknown; the second word finds that it is not any more."""
    made, operation = creation(core)
    real = core.ledger.resolve

    def late(*given: object) -> bool:
        Operations(other.broker).resolve(operator, operation.id, SUCCEEDED)
        return real(*given)  # type: ignore[arg-type] # as it is called

    monkeypatch.setattr(core.ledger, "resolve", late)
    with pytest.raises(Conflict):
        Operations(core.broker).resolve(operator, operation.id, FAILED)

    assert core.instance(made.id).status is InstanceStatus.ACTIVE


def test_a_purge_that_a_person_found_done_buries_the_name(
    core: Core, operator: Caller, control: Control
) -> None:
    made = core.planted(control, "acme")
    purge = core.opened(made, Invocation(DELETE_INSTANCES), kind="purgeInstance")
    operation = unknown(core, purge)
    Operations(core.broker).resolve(operator, operation.id, SUCCEEDED)

    assert core.instance(made.id).status is InstanceStatus.PURGED
    with core.database.read() as connection:
        buried = connection.exec_driver_sql("SELECT name FROM names WHERE tombstone").scalars()
        assert list(buried) == ["acme"]


def test_what_changed_the_instance_since_counts_more(
    core: Core, operator: Caller, control: Control
) -> None:
    made, operation = creation(core)
    with core.database.write() as connection:
        connection.exec_driver_sql("UPDATE instances SET status = 'active'")
    core.opened(core.instance(made.id), Invocation(DELETE_INSTANCES), kind="purgeInstance")
    with suppress(NotFound):
        core.drive(core.operations()[0])
    assert control.commands()
    before = core.instance(made.id).status
    Operations(core.broker).resolve(operator, operation.id, FAILED)

    assert core.instance(made.id).status is before
    assert core.broker.fetch(operation.id).status is OperationStatus.FAILED


def test_an_old_look_is_not_written_down_again(
    core: Core, operator: Caller, control: Control
) -> None:
    made = core.planted(control, "acme")
    wishes = Invocation(GET_INSTANCES), Invocation(START_INSTANCES)
    start = core.opened(made, *wishes, kind="startInstance")
    start.steps[0].status, start.steps[0].result = StepStatus.SUCCEEDED, [{"status": "stopped"}]
    operation = unknown(core, start)
    with core.database.write() as connection:
        connection.exec_driver_sql("UPDATE instances SET observe_time = NULL")
    Operations(core.broker).resolve(operator, operation.id, SUCCEEDED)

    assert core.instance(made.id).observe_time is None


def test_a_run_is_settled_without_any_effect_of_ours(
    core: Core, operator: Caller, control: Control
) -> None:
    made = core.planted(control, "acme")
    run = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
    operation = unknown(core, core.opened(made, run))
    control.forget_journal()
    found = Operations(core.broker).resolve(operator, operation.id, SUCCEEDED)

    assert found.problem is None
    assert control.journal() == []
    assert core.instance(made.id).status is InstanceStatus.ACTIVE


def test_what_is_out_of_reach_is_absent(core: Core) -> None:
    _, operation = creation(core)
    stranger = core.caller("resolveOperation", reach=Reach("/res_other/"))

    with pytest.raises(NotFound):
        Operations(core.broker).resolve(stranger, operation.id, FAILED)
    assert core.broker.fetch(operation.id).status is OperationStatus.UNKNOWN


def test_what_was_asked_by_a_former_owner_does_not_reach_the_new_one(
    core: Core, operator: Caller, control: Control
) -> None:
    made, heir = core.planted(control, "acme"), core.reseller("Heir")
    context = {"changes": {}, "own": {"labels": {"whose": "former"}}}
    wish = Invocation(SET_INSTANCE_CONFIGURATION, {"config": configuration(made)})
    update = core.opened(made, wish, kind="updateInstance", context=context)
    operation = unknown(core, update)
    Transfers(core.broker).transfer(core.caller(), made.id, heir.id)
    Operations(core.broker).resolve(operator, operation.id, SUCCEEDED)

    assert core.instance(made.id).labels == {}
    assert core.broker.fetch(operation.id).status is OperationStatus.SUCCEEDED


def test_a_deletion_that_a_restore_cut_off_before_it_had_read_anything_is_settled(
    core: Core, operator: Caller, control: Control
) -> None:
    made = core.planted(control, "acme")
    wishes = Invocation(GET_INSTANCES), Invocation(STOP_INSTANCES)
    deletion = core.opened(made, *wishes, kind="deleteInstance", context={"graceDays": 30})
    deletion.status = OperationStatus.UNKNOWN
    core.ledger.save(deletion)
    Operations(core.broker).resolve(operator, deletion.id, SUCCEEDED)

    deleted = core.instance(made.id)
    assert deleted.status is InstanceStatus.DELETED
    assert deleted.kept_state.get("legalHold") is None
