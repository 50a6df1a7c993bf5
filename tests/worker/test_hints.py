"""Sending to a queue that is away, or says nothing, holds nobody up and is logged once."""

import socket
from collections.abc import Iterator
from time import monotonic

import pytest
from celery import Celery
from structlog.testing import capture_logs

from gateway.broker.turns import Turns
from gateway.worker import hints
from gateway.worker.application import TRACK, create_application
from gateway.worker.hints import Hints
from gateway.worker.outage import Outage
from gateway.worker.tracking import Tracking
from tests.core import Core
from tests.gateways import core, simulator, template

__all__ = ["core", "simulator", "template"]

SCHEMES = ["amqp", "redis"]
OPERATIONS = ["op_" + "0" * 32]


@pytest.fixture
def hasty() -> bool:
    return False


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def closed() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def application(core: Core, url: str) -> Celery:
    return create_application(url, Tracking(core.broker, (), Turns(core.database)))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_queue_that_is_away_is_logged_once(
    core: Core, closed: int, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "OUTAGE_SECONDS", 0.0)
    end = Hints(application(core, f"{scheme}://127.0.0.1:{closed}//"), TRACK, Outage())
    with capture_logs() as logs:
        assert [end.send(OPERATIONS) for _ in range(3)] == [False] * 3
    assert [each["event"] for each in logs] == ["queue.unavailable"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_queue_that_says_nothing_is_given_up_soon(core: Core, silent: int, scheme: str) -> None:
    end = Hints(application(core, f"{scheme}://127.0.0.1:{silent}//"), TRACK, Outage())
    begun = monotonic()
    assert not end.send(OPERATIONS)
    assert monotonic() - begun < 10
    begun = monotonic()
    assert not end.send(OPERATIONS)
    assert monotonic() - begun < 0.5


def test_a_queue_that_is_back_is_used_again(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "OUTAGE_SECONDS", 0.0)
    app = application(core, "")
    end = Hints(app, TRACK, Outage())
    with monkeypatch.context() as patch:
        patch.setattr(app.tasks[TRACK], "apply_async", lambda *_, **_options: 1 / 0)
        assert not end.send(OPERATIONS)
    with capture_logs() as logs:
        assert end.send(OPERATIONS)
        assert end.send(OPERATIONS)
    assert [each["event"] for each in logs] == ["queue.available"]
