"""Breakers before real lines: when a deployment is left alone, and what becomes of its work."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import repeat
from time import time

import pytest
import structlog

from deploy.servers import RedisServer, started
from gateway.broker.engine.breakers import LOGINS, Breaker, BreakerState
from gateway.broker.engine.plan import Invocation
from gateway.errors import DeploymentUnreachable, UpstreamError
from gateway.model import Operation, OperationStatus, StepStatus
from gateway.spe.commands.environment import PING
from gateway.spe.commands.stores import CREATE_STORE, RENAME_STORE
from gateway.spe.guard import CALM
from gateway.storage import breakers, deployments
from tests.core import Core, sent, statuses
from tests.faults.stage import assert_ended_well, polled
from tests.simulated import Control

MOST = 3
SECONDS = 30
THREADS = 20
RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
CREATE = Invocation(CREATE_STORE, {"name": "More", "databasePath": "~\\0123456789abcdef"})


@pytest.fixture
def strict(core: Core) -> Iterator[Core]:
    """A gateway whose breakers open soon."""
    made = Core(core.home, core.hasty, failures=MOST)
    yield made
    made.close()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the time pass for which a breaker is open."""
    ahead = [0.0]
    monkeypatch.setattr(breakers, "time", lambda: time() + ahead[0])

    def pass_by() -> None:
        ahead[0] += SECONDS

    return pass_by


def pinged(core: Core) -> str:
    """Ping the deployment; return the code of the problem, if there is one."""
    try:
        status = core.connections.client(core.deployment).invoke(PING, {})
    except UpstreamError as error:
        return error.code
    return status.code


def listed(core: Core) -> str:
    """List the instances; return the code of the problem, if there is one."""
    try:
        return core.connections.client(core.deployment).discover().code
    except UpstreamError as error:
        return error.code


def breaker_of(core: Core) -> Breaker:
    with core.database.read() as connection:
        found = deployments.find(connection, core.deployment)
    assert found is not None
    return core.breakers.of(found.id, found.revision)


def open_breaker(core: Core) -> None:
    for _ in range(MOST):
        breaker_of(core).note(CALM, DeploymentUnreachable())


def test_a_deployment_that_is_down_is_soon_left_alone(
    strict: Core, control: Control, later: Callable[[], None]
) -> None:
    control.enter("down")
    assert [pinged(strict) for _ in range(MOST + 2)] == [
        *repeat("DEPLOYMENT_UNREACHABLE", MOST),
        *repeat("DEPLOYMENT_PAUSED", 2),
    ]

    control.enter("up")
    before = control.connections()
    assert pinged(strict) == "DEPLOYMENT_PAUSED"
    assert control.connections() == before
    later()
    assert pinged(strict) == "succeeded"
    assert control.commands() == ["Ping", "Ping"]
    assert breaker_of(strict).read().state is BreakerState.CLOSED


def test_a_deployment_that_is_still_down_costs_one_attempt_each_time(
    strict: Core, control: Control, later: Callable[[], None]
) -> None:
    control.enter("down")
    for _ in range(MOST):
        pinged(strict)

    for _ in range(3):
        later()
        assert [pinged(strict), pinged(strict)] == ["DEPLOYMENT_UNREACHABLE", "DEPLOYMENT_PAUSED"]


def test_a_deployment_that_hangs_is_left_alone_too(strict: Core, control: Control) -> None:
    control.enter("hanging")

    for _ in range(MOST):
        assert pinged(strict) != "DEPLOYMENT_PAUSED"
    assert pinged(strict) in {"DEPLOYMENT_PAUSED", "DEPLOYMENT_UNREACHABLE"}
    assert pinged(strict) == "DEPLOYMENT_PAUSED"


def test_one_command_that_hangs_closes_the_deployment_to_nobody(
    strict: Core, control: Control
) -> None:
    control.fault("hang", "GetInstances", count=None)
    assert [listed(strict) for _ in range(MOST)] == [*repeat("UPSTREAM_TIMEOUT", MOST)]

    assert pinged(strict) == "succeeded"
    assert breaker_of(strict).read().state is BreakerState.CLOSED


def test_a_deployment_that_flaps_is_asked_on(strict: Core, control: Control) -> None:
    for _ in range(3):
        control.enter("down")
        assert {pinged(strict) for _ in range(MOST - 1)} == {"DEPLOYMENT_UNREACHABLE"}
        control.enter("up")
        assert pinged(strict) == "succeeded"


def test_a_breaker_that_is_reset_lets_the_next_call_through(strict: Core, control: Control) -> None:
    open_breaker(strict)
    breaker_of(strict).reset()

    assert pinged(strict) == "succeeded"
    assert control.commands() == ["Ping"]


class Opening:
    """Saves progress, and opens the breaker as soon as the first step has succeeded."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def save(self, operation: Operation) -> None:
        """Commit progress."""
        self._core.ledger.save(operation)
        if operation.steps[0].status is StepStatus.SUCCEEDED:
            open_breaker(self._core)

    def is_halted(self, operation: Operation) -> bool:
        """Ask the ledger."""
        return self._core.ledger.is_halted(operation)

    def require_lease(self, operation: Operation) -> None:
        """Ask the ledger."""
        self._core.ledger.require_lease(operation)


def test_what_is_half_done_waits_unsent_until_the_breaker_closes(
    strict: Core, control: Control, later: Callable[[], None]
) -> None:
    operation = strict.opened(strict.planted(control, "acme"), RENAME, CREATE)

    strict.runner.drive(operation, Opening(strict))
    strict.ledger.release(operation)
    assert statuses(operation) == ["succeeded", "queued"]
    assert statuses(polled(strict, operation.id)) == ["succeeded", "queued"]
    assert control.commands() == ["RenameStore"]
    later()
    ended = strict.finished(operation.id, control)

    assert ended.status is OperationStatus.SUCCEEDED
    assert control.commands()[:2] == ["RenameStore", "Ping"]
    assert len(sent(control, "CreateStore")) == 1
    assert_ended_well(strict, ended)


def test_what_was_never_begun_fails_and_says_that_it_was_not_sent(
    strict: Core, control: Control
) -> None:
    open_breaker(strict)
    ended = strict.drive(strict.opened(strict.planted(control, "acme"), RENAME))

    assert ended.status is OperationStatus.FAILED
    assert ended.problem is not None
    assert (ended.problem["code"], ended.problem["status"]) == ("DEPLOYMENT_PAUSED", 503)
    assert ended.problem["retryable"]
    assert control.journal() == []


def test_a_lost_answer_is_settled_when_the_breaker_lets_reads_through(
    core: Core, control: Control, later: Callable[[], None]
) -> None:
    with closing(Core(core.home, core.hasty, failures=1)) as nervous:
        operation = nervous.opened(nervous.planted(control, "acme"), CREATE)
        control.fault("reset", "CreateStore", size=0, execute=True)
        control.fault("drop-before", "Ping")

        assert statuses(nervous.drive(operation)) == ["settling"]
        assert statuses(polled(nervous, operation.id)) == ["settling"]
        assert breaker_of(nervous).read().state is BreakerState.OPEN
        later()
        ended = nervous.finished(operation.id, control)

        assert ended.status is OperationStatus.SUCCEEDED
        assert len(sent(control, "CreateStore")) == 1
        assert_ended_well(nervous, ended)


def test_a_name_that_does_not_resolve_opens_the_breaker(
    strict: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def candidate(*arguments: object) -> None:
        tried.append(arguments)
        raise DeploymentUnreachable("The host name cannot be resolved.")

    monkeypatch.setattr(strict.connections, "candidate", candidate)

    for _ in range(MOST):
        assert pinged(strict) == "DEPLOYMENT_UNREACHABLE"
    assert pinged(strict) == "DEPLOYMENT_PAUSED"
    assert len(tried) == MOST


# several processes


@pytest.fixture
def workers(core: Core, redis_url: str) -> Iterator[list[Core]]:
    """Four processes of a cluster."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(closing(Core(core.home, failures=MOST, redis=redis_url)))
            for _ in range(4)
        ]


def test_what_one_worker_has_seen_spares_the_others(workers: list[Core], control: Control) -> None:
    control.enter("down")
    codes = [pinged(worker) for worker in workers]
    control.enter("up")

    assert codes == [*repeat("DEPLOYMENT_UNREACHABLE", MOST), "DEPLOYMENT_PAUSED"]
    assert {pinged(worker) for worker in workers} == {"DEPLOYMENT_PAUSED"}
    assert control.journal() == []


def test_of_many_callers_of_two_workers_one_probes(workers: list[Core], control: Control) -> None:
    control.fault("drop-before", "GetInstances", count=2 * MOST)  # a read is sent twice
    assert [listed(workers[0]) for _ in range(MOST)] == [*repeat("UPSTREAM_CONNECTION_LOST", MOST)]
    for worker in workers[:2]:
        worker.connections.client(worker.deployment)

    with ThreadPoolExecutor(THREADS) as threads:
        codes = set(threads.map(lambda number: listed(workers[number % 2]), range(THREADS)))

    assert len(sent(control, "Ping")) == 1
    assert "succeeded" in codes
    assert codes <= {"succeeded", "DEPLOYMENT_PAUSED"}


def test_workers_try_a_wrong_password_three_times_together(
    workers: list[Core], control: Control
) -> None:
    with workers[0].database.write() as connection:
        wrong = {"password": workers[0].vault.seal("wrong")}
        deployments.change(connection, workers[0].deployment, wrong)
    assert pinged(workers[0]) == "DEPLOYMENT_CREDENTIALS_REFUSED"

    with ThreadPoolExecutor(THREADS) as threads:
        codes = set(threads.map(lambda number: pinged(workers[number % 4]), range(3 * THREADS)))

    assert codes == {"DEPLOYMENT_CREDENTIALS_REFUSED"}
    assert [entry["authorized"] for entry in control.journal()] == [False] * LOGINS


def test_without_redis_calls_go_on_and_each_process_goes_by_what_it_sees(
    core: Core, control: Control, redis_server: RedisServer
) -> None:
    del redis_server  # to be left out with the others where there is none
    with (
        started(RedisServer()) as mortal,
        closing(Core(core.home, core.hasty, failures=MOST, redis=mortal.url)) as strict,
    ):
        assert pinged(strict) == "succeeded"
        mortal.stop()
        with structlog.testing.capture_logs() as logs:
            assert {pinged(strict) for _ in range(5)} == {"succeeded"}
            control.enter("down")
            codes = [pinged(strict) for _ in range(MOST + 1)]

    assert codes == [*repeat("DEPLOYMENT_UNREACHABLE", MOST), "DEPLOYMENT_PAUSED"]
    assert [each["event"] for each in logs] == ["breakers.redis_unavailable", "deployment.paused"]


def test_a_process_finds_the_redis_that_is_back(
    core: Core, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    del redis_server  # likewise
    monkeypatch.setattr(breakers, "AGAIN_SECONDS", 0.0)
    with (
        started(RedisServer()) as mortal,
        closing(Core(core.home, failures=MOST, redis=mortal.url)) as one,
        closing(Core(core.home, failures=MOST, redis=mortal.url)) as other,
        structlog.testing.capture_logs() as logs,
    ):
        mortal.stop()
        assert pinged(one) == "succeeded"
        mortal.start()
        open_breaker(other)
        assert pinged(one) == "DEPLOYMENT_PAUSED"

    assert [each["event"] for each in logs] == [
        "breakers.redis_unavailable",
        "deployment.paused",
        "breakers.redis_available",
    ]
