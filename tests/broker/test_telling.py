"""What the broker tells: once for each change, and nothing of what did not happen."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.broker import admission
from gateway.broker.creation import NewInstance
from gateway.broker.engine.breakers import Breaker, Breakers
from gateway.broker.engine.plan import Invocation
from gateway.broker.leases import LeaseLost
from gateway.broker.operations import Operations
from gateway.broker.outages import Outages
from gateway.broker.resolution import Word
from gateway.errors import DeploymentUnreachable, UpstreamError, UpstreamTimeout
from gateway.model import (
    EventType,
    Instance,
    InstanceStatus,
    Operation,
    OperationStatus,
    Resource,
    StepStatus,
    now,
)
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
)
from gateway.spe.commands.users import GET_USERS
from gateway.spe.guard import Admission
from gateway.storage import event_log, holdings, outbox, quotas
from gateway.storage.breakers import Lines
from gateway.tenancy.caller import Validated
from tests.core import Core, add_instance
from tests.simulated import Control

CREATE = Invocation(CREATE_INSTANCE, {"config": {}})
START = Invocation(START_INSTANCES)
SET = Invocation(SET_INSTANCE_CONFIGURATION, {"config": {}})
Told = tuple[str, Mapping[str, Any]]


def told(core: Core, family: str = "", subject: str = "") -> list[Told]:
    """Return the types and the data of what was told, in its order."""
    with core.database.read() as connection:
        found = [row.payload for row in outbox.after(connection, event_log.TOPIC, 0, 10_000)]
    return [
        (each["type"], each["data"])
        for each in found
        if each["type"].startswith(family) and subject in {"", each["subject"]}
    ]


def types(core: Core, family: str = "", subject: str = "") -> list[str]:
    return [kind for kind, _ in told(core, family, subject)]


# instances


def instance(core: Core, status: InstanceStatus = InstanceStatus.PROVISIONING) -> Instance:
    return replace(core.new_instance("acme"), status=status)


def ended(core: Core, operation: Operation, *steps: StepStatus, status: OperationStatus) -> None:
    """Let an operation end with its steps as they are given."""
    for step, reached in zip(operation.steps, steps, strict=True):
        step.status = reached
    operation.status = status
    core.ledger.save(operation)


def resolve(core: Core, operation: Operation, outcome: OperationStatus) -> None:
    word = Word(outcome, "I looked.")
    Operations(core.broker).resolve(core.caller("resolveOperation"), operation.id, word)


def test_an_instance_is_created_once_also_where_a_person_settles_what_came_after(
    core: Core,
) -> None:
    made = instance(core)
    operation = core.opened(made, CREATE, START, kind="createInstance", fresh=True)
    ended(
        core,
        operation,
        StepStatus.SUCCEEDED,
        StepStatus.UNKNOWN,
        status=OperationStatus.UNKNOWN,
    )
    resolve(core, operation, OperationStatus.SUCCEEDED)

    assert types(core, subject=made.id) == [EventType.INSTANCE_CREATED]
    assert types(core, subject=operation.id) == [
        EventType.OPERATION_STARTED,
        EventType.OPERATION_UNKNOWN,
        EventType.OPERATION_RESOLVED,
    ]


def test_a_creation_that_a_person_finds_done_is_one(core: Core) -> None:
    made = instance(core)
    operation = core.opened(made, CREATE, kind="createInstance", fresh=True)
    ended(core, operation, StepStatus.UNKNOWN, status=OperationStatus.UNKNOWN)
    assert types(core, "instance.") == []

    resolve(core, operation, OperationStatus.SUCCEEDED)
    assert types(core, "instance.") == [EventType.INSTANCE_CREATED]


def test_an_instance_that_never_was_is_not_told_of(core: Core) -> None:
    made = instance(core)
    operation = core.opened(made, CREATE, kind="createInstance", fresh=True)
    ended(core, operation, StepStatus.FAILED, status=OperationStatus.FAILED)

    assert types(core, "instance.") == []
    assert core.instance(made.id).status is InstanceStatus.FAILED


@pytest.mark.parametrize("outcome", [OperationStatus.SUCCEEDED, OperationStatus.FAILED])
def test_a_change_that_was_told_is_not_told_again_when_a_person_settles_the_rest(
    core: Core, outcome: OperationStatus
) -> None:
    made = instance(core, InstanceStatus.ACTIVE)
    context = {"changes": {"displayName": "new"}, "own": {"external_id": "x"}}
    operation = core.opened(made, SET, START, kind="updateInstance", context=context, fresh=True)
    ended(
        core,
        operation,
        StepStatus.SUCCEEDED,
        StepStatus.UNKNOWN,
        status=OperationStatus.UNKNOWN,
    )
    resolve(core, operation, outcome)

    ours = [(EventType.INSTANCE_UPDATED, {"fields": ["externalId"]})]
    assert told(core, "instance.") == [
        (EventType.INSTANCE_UPDATED, {"fields": ["displayName"]}),
        *(ours if outcome is OperationStatus.SUCCEEDED else []),
    ]


def test_a_change_that_a_person_finds_done_is_told_then(core: Core) -> None:
    made = instance(core, InstanceStatus.ACTIVE)
    context = {"changes": {"displayName": "new"}, "own": {}}
    operation = core.opened(made, SET, kind="updateInstance", context=context, fresh=True)
    ended(core, operation, StepStatus.UNKNOWN, status=OperationStatus.UNKNOWN)
    assert types(core, "instance.") == []

    resolve(core, operation, OperationStatus.SUCCEEDED)
    assert types(core, "instance.") == [EventType.INSTANCE_UPDATED]


def test_what_was_tried_only_is_told_to_nobody(core: Core, control: Control) -> None:
    assert control.journal() == []
    owner = core.reseller("Owner")
    caller = replace(core.caller("createInstance", reseller=owner), validate_only=True)
    with pytest.raises(Validated):
        core.instances.create(caller, NewInstance("acme", "Acme", start=False))

    assert told(core) == []


def test_a_lost_lease_ends_nothing_and_tells_nothing(core: Core, other: Core) -> None:
    made = instance(core)
    operation = core.opened(made, CREATE, kind="createInstance", fresh=True)
    with core.late():
        assert other.claim(operation.id) is not None
    with pytest.raises(LeaseLost):
        ended(core, operation, StepStatus.SUCCEEDED, status=OperationStatus.SUCCEEDED)

    assert types(core) == [EventType.OPERATION_STARTED]


# limits


@pytest.fixture
def holder(core: Core) -> Instance:
    """An instance of a reseller of its own."""
    made = core.new_instance("acme", core.reseller("Owner"))
    with core.database.write() as connection:
        add_instance(connection, made)
    return made


def limit(core: Core, holder: Instance, **limits: int) -> None:
    with core.database.write() as connection:
        named = {Resource(name): most for name, most in limits.items()}
        quotas.replace(connection, holder.reseller, named)


def admitted(core: Core, holder: Instance, **needs: int) -> list[int]:
    """Admit some, and return the thresholds that were told of."""
    before = len(told(core, "quota."))
    with core.database.write() as connection:
        named = {Resource(name): number for name, number in needs.items()}
        admission.admit_to(connection, holder.reseller_path, named)
    return [data["threshold"] for _, data in told(core, "quota.")[before:]]


def held(core: Core, holder: Instance, users: int) -> None:
    """Let an instance hold so many users, without a word."""
    with core.database.write() as connection:
        holdings.put(connection, holder.id, {Resource.USERS: users}, now())


def listed(core: Core, holder: Instance, users: int) -> list[int]:
    """Observe users, and return the thresholds that were told of."""
    before = len(told(core, "quota."))
    rows = [{"userName": f"user-{number}"} for number in range(users)]
    time = now() + timedelta(minutes=1)
    admission.observe_list(core.database, holder.id, GET_USERS.name, rows, time)
    return [data["threshold"] for _, data in told(core, "quota.")[before:]]


def test_a_threshold_is_told_when_it_is_reached_and_again_after_a_fall(
    core: Core, holder: Instance
) -> None:
    limit(core, holder, users=10)
    held(core, holder, 6)
    assert admitted(core, holder, users=1) == []
    assert admitted(core, holder, users=2) == [80]
    held(core, holder, 8)
    assert admitted(core, holder, users=0) == []
    assert admitted(core, holder, users=1) == [90]
    assert admitted(core, holder, users=2) == [100]
    held(core, holder, 10)
    held(core, holder, 7)
    assert admitted(core, holder, users=1) == [80]

    known = {"resource": "users", "threshold": 80, "used": 8, "limit": 10}
    assert told(core, subject=holder.reseller)[0] == (EventType.QUOTA_THRESHOLD_REACHED, known)


def test_what_is_seen_comes_to_a_threshold_too(core: Core, holder: Instance) -> None:
    limit(core, holder, users=10)
    assert listed(core, holder, 7) == []
    assert listed(core, holder, 8) == [80]
    assert listed(core, holder, 8) == []
    assert listed(core, holder, 25) == [100]
    assert listed(core, holder, 26) == []
    assert listed(core, holder, 2) == []
    assert listed(core, holder, 9) == [90]


def test_each_limit_that_is_reached_is_told_to_its_own_reseller(core: Core) -> None:
    above = core.reseller("Above")
    made = core.new_instance("acme", core.reseller("Below", above))
    with core.database.write() as connection:
        add_instance(connection, made)
        quotas.replace(connection, above.id, {Resource.USERS: 5})
        quotas.replace(connection, made.reseller, {Resource.USERS: 4})
    assert admitted(core, made, users=4) == [100, 80]

    assert told(core, subject=above.id)[0][1]["limit"] == 5
    assert told(core, subject=made.reseller)[0][1]["limit"] == 4


def test_what_is_taken_for_moments_only_is_not_told(core: Core, holder: Instance) -> None:
    limit(core, holder, concurrentOperations=1)

    assert admitted(core, holder, concurrentOperations=1) == []


def test_a_limit_of_nothing_is_never_reached(core: Core, holder: Instance) -> None:
    limit(core, holder, users=0)

    assert listed(core, holder, 3) == []


# outages


@pytest.fixture
def breaker(core: Core) -> Breaker:
    """The breaker of the deployment: two failures open it."""
    return Breakers(Lines(""), 2, 30, Outages(core.database).note).of(core.deployment, 1)


def fail(breaker: Breaker, error: UpstreamError, times: int = 1) -> None:
    for _ in range(times):
        breaker.note(Admission(probes=True), error)


def test_a_breaker_that_opens_tells_that_a_deployment_is_down_and_one_that_closes_that_it_is_up(
    core: Core, breaker: Breaker
) -> None:
    gone = DeploymentUnreachable("No route.")
    fail(breaker, gone)
    assert told(core, "deployment.") == []

    fail(breaker, gone, 3)
    down = (EventType.DEPLOYMENT_DOWN, {"problem": "DEPLOYMENT_UNREACHABLE"})
    assert told(core, "deployment.") == [down]

    breaker.note(Admission(probes=True), None)
    breaker.note(Admission(), None)
    assert types(core, "deployment.") == [EventType.DEPLOYMENT_DOWN, EventType.DEPLOYMENT_UP]
    fail(breaker, gone, 2)
    assert types(core, "deployment.")[2:] == [EventType.DEPLOYMENT_DOWN]


def test_what_may_be_one_slow_command_is_not_told_before_a_ping_has_failed(
    core: Core, breaker: Breaker
) -> None:
    fail(breaker, UpstreamTimeout(), 2)
    assert told(core, "deployment.") == []

    fail(breaker, UpstreamTimeout())
    assert types(core, "deployment.") == [EventType.DEPLOYMENT_DOWN]


def test_several_processes_tell_of_an_outage_once(core: Core, other: Core) -> None:
    for each in (core, other, core):
        Outages(each.database).note(core.deployment, "DEPLOYMENT_UNREACHABLE")
    assert types(core, "deployment.") == [EventType.DEPLOYMENT_DOWN]
    for each in (other, core, other):
        Outages(each.database).note(core.deployment, None)

    assert types(core, "deployment.")[1:] == [EventType.DEPLOYMENT_UP]


def test_what_is_not_registered_is_not_told_of(core: Core) -> None:
    Outages(core.database).note("dep_gone", "DEPLOYMENT_UNREACHABLE")

    assert told(core) == []
