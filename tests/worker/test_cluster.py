"""Worker processes: whatever becomes of them and of the queue, every operation ends, and once."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.servers import RedisServer, started
from gateway.broker.engine.plan import Invocation
from gateway.broker.turns import Turns
from gateway.model import Operation, OperationStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import GET_STORES, RENAME_STORE, VERIFY_STORE
from gateway.worker.application import TRACK, create_application
from gateway.worker.tracking import Tracking
from tests.core import Core, sent, until
from tests.simulated import Control
from tests.worker.cluster import Cluster, cluster

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})
READ = Invocation(GET_STORES)
RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
HOUR = 3600.0
JUNK = ("*", "", None, 7, {"id": "*"}, ["op_1"], "op_" + "0" * 32, "op_" + "0" * 31 + "\n")


def left(core: Core, control: Control, name: str, *wishes: Invocation) -> Operation:
    """Leave an operation to the workers."""
    operation = core.opened(core.planted(control, name), *wishes)
    core.ledger.release(operation)
    return operation


def is_asked(control: Control, command: str) -> bool:
    """Whether a call waits for its delayed answer."""
    return not any(fault["count"] for fault in control.faults() if fault["command"] == command)


def test_a_verification_survives_its_worker_and_its_gateway(workers: Cluster) -> None:
    core, control = workers.core, workers.control
    first = workers.worker()
    operation = left(core, control, "acme", VERIFY)
    until(lambda: sent(control, "VerifyStore"))
    control.advance(6)
    until(lambda: "500 messages" in core.broker.fetch(operation.id).log)
    control.fault("delay", "get-status", seconds=HOUR)
    until(lambda: is_asked(control, "get-status"))
    first.end(signal.SIGKILL)
    core.close()

    second = workers.worker()
    control.advance(10)
    with closing(Core(workers.home, url=workers.database_url)) as reborn:
        workers.core = reborn
        [done] = workers.ended([operation.id])
        whole = control.operations()[0]["logOutput"]

        assert second.end() == 0
    assert (done.status, done.percent_progress) == (OperationStatus.SUCCEEDED, 100)
    assert done.log == whole
    assert len(sent(control, "VerifyStore")) == 1


def test_a_worker_that_slept_longer_than_its_lease_writes_and_sends_nothing(
    workers: Cluster,
) -> None:
    core, control = workers.core, workers.control
    sleeper = workers.worker()
    control.fault("delay", "GetStores", seconds=HOUR)
    operation = left(core, control, "acme", READ, RENAME)
    until(lambda: is_asked(control, "GetStores"))
    sleeper.send(signal.SIGSTOP)
    workers.worker()
    [done] = workers.ended([operation.id])

    control.advance(HOUR)
    sleeper.send(signal.SIGCONT)
    sleeper.await_event("operation.lease_lost")

    assert done.status is OperationStatus.SUCCEEDED
    assert core.broker.fetch(operation.id) == done
    assert len(sent(control, "RenameStore")) == 1


def test_messages_that_come_twice_or_are_junk_do_nothing(workers: Cluster) -> None:
    core, control = workers.core, workers.control
    workers.worker()
    worker = workers.worker()
    app = create_application(workers.broker_url, Tracking(core.broker, (), Turns(core.database)))
    operation = left(core, control, "acme", RENAME)
    with app.connection_for_write() as connection:
        for message in [*[[operation.id]] * 20, operation.id, *JUNK * 4]:
            app.tasks[TRACK].apply_async((message,), connection=connection)
    [done] = workers.ended([operation.id])
    refused = worker.await_event("tracker.message_refused")

    assert refused["message"] in {repr(each) for each in JUNK}
    assert done.status is OperationStatus.SUCCEEDED
    assert len(sent(control, "RenameStore")) == 1
    assert worker.end() == 0


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with started(RedisServer()) as server:
        yield server


def test_without_the_queue_everything_goes_on(
    tmp_path: Path,
    simulator: Simulator,
    control: Control,
    postgresql_url: str,
    redis: RedisServer,
) -> None:
    control.clear_faults()
    with cluster(tmp_path, simulator, postgresql_url, redis.url) as workers:
        worker = workers.worker()
        before = left(workers.core, control, "acme", RENAME)
        redis.empty()
        workers.ended([before.id])
        redis.stop()
        worker.await_event("queue.unreachable")
        during = left(workers.core, control, "globex", RENAME)
        workers.ended([during.id])
        redis.start()
        after = left(workers.core, control, "initech", RENAME)
        ended = workers.ended([before.id, during.id, after.id])

        assert [each.status for each in ended] == [OperationStatus.SUCCEEDED] * 3
        assert worker.end() == 0


def test_a_worker_that_is_told_to_end_says_farewell_to_the_queue_and_ends(
    workers: Cluster,
) -> None:
    assert workers.worker().end() == 0
