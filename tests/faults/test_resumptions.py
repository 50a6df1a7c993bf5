"""A create that broke off and is repeated: when the rest is made, and when it is refused."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest

from gateway.broker.admission import QuotaExceeded
from gateway.broker.engine.plan import Invocation
from gateway.errors import Conflict, GatewayError, NotFound, OperationInProgress
from gateway.model import Operation, OperationStatus, Resource
from gateway.spe.commands.instances import START_INSTANCES, STOP_INSTANCES
from gateway.storage import instances, quotas
from gateway.tenancy.claims import IdempotencyInFlight
from tests.core import Core
from tests.faults.composite import EVERYTHING, STEPS, Portal, before, made_by
from tests.simulated import Control

RETRIES = 8


@pytest.fixture
def portal(core: Core, control: Control) -> Portal:
    return Portal(core, control, core.reseller("Owner"))


@pytest.fixture
def broken_off(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Operation:
    """A create that lacks its last user."""
    with monkeypatch.context() as patch:
        refuse(portal, patch, "joe")
        failed = portal.post()
    assert made_by(failed) == ["succeeded"] * 5 + ["failed"]
    portal.control.forget_journal()
    return failed


def refuse(portal: Portal, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Let SPE refuse a step, once."""
    command = step if step[0].isupper() else "CreateUser"

    def fail(operation: Operation) -> None:
        del operation
        portal.control.fault("failed", command)

    before(portal, monkeypatch, step, fail)


def change(portal: Portal, operation: Operation, **columns: object) -> None:
    with portal.core.database.write() as connection:
        instances.change(connection, str(operation.instance), columns)


def limit(portal: Portal, number: int) -> None:
    with portal.core.database.write() as connection:
        quotas.replace(connection, portal.owner.id, {Resource.USERS: number})


def require_refused(portal: Portal, error: type[GatewayError]) -> None:
    """Assert that the repeated call is refused, sends nothing and begins nothing."""
    rows = portal.core.rows()
    with pytest.raises(error):
        portal.post()
    assert portal.sent() == []
    assert portal.core.rows() == rows


def require_rest(portal: Portal) -> None:
    """Assert that the repeated call makes the last user."""
    done = portal.post()
    assert done.status is OperationStatus.SUCCEEDED, done.problem
    assert portal.changes() == ["joe"]
    assert portal.used() == EVERYTHING == portal.counted()


def test_the_rest_takes_its_quota_anew(portal: Portal, broken_off: Operation) -> None:
    """A refusal leaves the key as it was: once there is room, the call goes on."""
    del broken_off
    limit(portal, 1)
    require_refused(portal, QuotaExceeded)
    require_refused(portal, QuotaExceeded)
    limit(portal, 2)
    require_rest(portal)


def test_the_rest_waits_for_another_operation(portal: Portal, broken_off: Operation) -> None:
    core = portal.core
    acme = core.instance(str(broken_off.instance))
    other = core.opened(acme, Invocation(START_INSTANCES))
    require_refused(portal, OperationInProgress)
    core.drive(other)
    portal.control.forget_journal()
    require_rest(portal)


def test_of_a_deleted_instance_nothing_is_resumed(portal: Portal, broken_off: Operation) -> None:
    core, acme = portal.core, str(broken_off.instance)
    core.instances.delete(core.caller("deleteInstance"), acme)
    portal.control.forget_journal()
    require_refused(portal, Conflict)
    core.instances.purge(core.caller("purgeInstance"), acme, "acme", checked=True)
    portal.control.forget_journal()
    require_refused(portal, NotFound)


def test_of_an_instance_with_another_owner_nothing_is_resumed(
    portal: Portal, broken_off: Operation
) -> None:
    change(portal, broken_off, reseller=portal.core.reseller("Below", portal.owner).id)
    require_refused(portal, Conflict)
    change(portal, broken_off, reseller=portal.core.reseller("Beside").id)
    require_refused(portal, NotFound)


def test_what_spe_has_lost_is_not_filled(portal: Portal, broken_off: Operation) -> None:
    del broken_off
    portal.control.reset()
    failed = portal.post()
    assert failed.status is OperationStatus.FAILED
    assert failed.problem is not None
    assert failed.problem["code"] == "INSTANCE_MISSING"
    assert portal.sent() == []
    assert portal.used() == [1, 1, 1, 0]


def test_what_another_version_planned_is_made_by_hand(
    portal: Portal, broken_off: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    del broken_off
    monkeypatch.setitem(portal.values, "users", [])
    require_refused(portal, Conflict)


def test_what_was_stopped_since_is_started_for_the_rest(
    portal: Portal, broken_off: Operation
) -> None:
    core = portal.core
    stopping = core.caller("stopInstance")
    core.instances.operate(stopping, str(broken_off.instance), STOP_INSTANCES, {})
    portal.control.forget_journal()
    assert portal.post().status is OperationStatus.SUCCEEDED
    assert portal.changes() == ["StartInstances", "joe"]


def test_of_many_repeated_calls_at_once_one_makes_the_rest(
    portal: Portal, broken_off: Operation
) -> None:
    start = Barrier(RETRIES)

    def retry(_: int) -> str | None:
        start.wait()
        try:
            return portal.post().id
        except IdempotencyInFlight:
            return None

    with ThreadPoolExecutor(RETRIES) as threads:
        found = set(threads.map(retry, range(RETRIES))) - {None}
    assert broken_off.id not in found
    assert len(found) == 1
    assert portal.changes() == ["joe"]
    assert portal.core.rows() == 2
    assert portal.used() == EVERYTHING == portal.counted()


def test_a_resumption_that_could_not_begin_is_begun_by_the_next_call(
    portal: Portal, broken_off: Operation
) -> None:
    """Its first read fails; the call after it must not make a second instance."""
    portal.control.fault("failed", "GetInstances", count=3)
    failed = portal.post()
    assert failed.status is OperationStatus.FAILED
    assert (failed.id != broken_off.id, portal.sent()) == (True, [])
    portal.control.clear_faults()
    require_rest(portal)


@pytest.mark.parametrize("seed", range(5))
def test_however_often_it_breaks_off_everything_is_made_once(
    portal: Portal, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    failing = [step for step in STEPS[1:] if chance.random() < 0.6] * chance.randint(1, 2)
    for step in failing:
        refuse(portal, monkeypatch, step)
    for _ in range(len(failing) + 1):
        if portal.post().status is OperationStatus.SUCCEEDED:
            break
    assert Counter(portal.changes()) == Counter(STEPS)
    assert portal.used() == EVERYTHING == portal.counted()
    assert len(portal.core.operations()) == len(failing) + 1
