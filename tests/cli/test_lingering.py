"""A thread stays with a connection whose next request comes at once, if nothing else wants it."""

import socket
from collections.abc import Iterator
from io import BytesIO
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.workers.gthread import ThreadWorker

from gateway.lingering import LingeringWorker


class Connection(SimpleNamespace):
    """As much of gunicorn's connection as is looked at."""

    def __init__(self, sock: socket.socket, ahead: bytes = b"") -> None:
        buffer = BytesIO()
        buffer.write(ahead)
        unreader = SimpleNamespace(buf=buffer)
        super().__init__(sock=sock, is_http2=False, parser=SimpleNamespace(unreader=unreader))


@pytest.fixture
def worker() -> Iterator[LingeringWorker]:
    config = Config()
    config.set("threads", 1)
    made = LingeringWorker(1, 1, [], None, 30, config, SimpleNamespace())
    made.alive = True
    made.tpool = made.get_thread_pool()
    yield made
    made.tpool.shutdown()
    made.tmp.close()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def answered(
    monkeypatch: pytest.MonkeyPatch, worker: LingeringWorker, conn: Connection, kept: list[object]
) -> tuple[object, int]:
    """Handle a connection whose requests end so; return the last end and how many there were."""
    handled: list[object] = []

    def handle(_worker: ThreadWorker, _conn: Any) -> object:  # noqa: ANN401 - gunicorn's
        handled.append(kept[len(handled)])
        return handled[-1]

    monkeypatch.setattr(ThreadWorker, "handle", handle)
    return worker.handle(conn), len(handled)


def test_the_next_request_is_answered_by_the_same_thread(
    monkeypatch: pytest.MonkeyPatch,
    worker: LingeringWorker,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    theirs.send(b"G")
    assert answered(monkeypatch, worker, Connection(ours), [True, False]) == (False, 2)


def test_a_connection_on_which_nothing_comes_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
    worker: LingeringWorker,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    assert answered(monkeypatch, worker, Connection(ends[0]), [True]) == (True, 1)


def test_a_connection_that_was_not_begun_is_left_to_gunicorn(
    monkeypatch: pytest.MonkeyPatch,
    worker: LingeringWorker,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    deferred = object()
    ends[1].send(b"G")
    assert answered(monkeypatch, worker, Connection(ends[0]), [deferred]) == (deferred, 1)


def test_what_was_read_ahead_is_left_to_gunicorn(
    monkeypatch: pytest.MonkeyPatch,
    worker: LingeringWorker,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ends[1].send(b"E")
    assert answered(monkeypatch, worker, Connection(ends[0], b"G"), [True]) == (True, 1)


def test_a_worker_that_stops_stays_with_nobody(
    monkeypatch: pytest.MonkeyPatch,
    worker: LingeringWorker,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    worker.alive = False
    ends[1].send(b"G")
    assert answered(monkeypatch, worker, Connection(ends[0]), [True]) == (True, 1)


def test_whoever_waits_for_a_thread_comes_first(
    monkeypatch: pytest.MonkeyPatch,
    worker: LingeringWorker,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    begun, gate = Event(), Event()

    def occupy() -> None:
        begun.set()
        gate.wait(30)

    works = [worker.tpool.submit(occupy)]
    assert begun.wait(30)
    works.append(worker.tpool.submit(gate.wait, 30))
    ends[1].send(b"G")
    assert answered(monkeypatch, worker, Connection(ends[0]), [True]) == (True, 1)
    gate.set()
    for work in works:
        work.result(30)
