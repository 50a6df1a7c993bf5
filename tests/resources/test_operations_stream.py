"""An operation as Server-Sent Events: nothing lost, nothing twice, nobody who may not."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from werkzeug.test import TestResponse

from gateway.broker.departure import Departure
from gateway.broker.engine import runner
from gateway.broker.ledger import Ledger
from gateway.model import OperationStatus, now
from gateway.resources.operations_stream import Reader
from gateway.settings import Settings
from gateway.web import event_streams
from tests.answers import JSON
from tests.resources.heard import events
from tests.resources.leaving import LEAVING
from tests.served import CheckedClient, assert_problem
from tests.world import World


def stream(client: CheckedClient, operation: str, last: str = "") -> TestResponse:
    headers = {"Last-Event-ID": last} if last else {}
    return client.get(f"/operations/{operation}/stream", headers=headers)


@pytest.fixture
def running(own_world: World) -> Iterator[JSON]:
    """A verification that stands still until somebody lets it go on."""
    made = own_world.new_archive("A")
    site = own_world.sites["alpha"]
    site.control.pause()
    answer = own_world.operator.post(
        f"/instances/{made['id']}/stores/verify", json={}, headers={"Prefer": "wait=0"}
    )
    yield answer.get_json()
    site.control.resume()


@pytest.fixture
def ended(own_world: World) -> str:
    """A verification that has ended, with its log."""
    made = own_world.new_archive("A")
    own_world.call("POST", f"/instances/{made['id']}/stores/verify", {})
    page = own_world.call("GET", f"/operations?instance={made['id']}&kind=verifyStores")
    return str(page["items"][0]["id"])


@contextmanager
def opened(client: CheckedClient, operation: str) -> Iterator[Iterator[str]]:
    """Open a stream and read it piece by piece."""
    path = f"/operations/{operation}/stream"
    answer = super(CheckedClient, client).open(path, method="GET", buffered=False)
    with closing(answer):
        assert answer.status_code == 200
        yield (piece.decode() for piece in answer.response)  # type: ignore[union-attr] # bytes, as WSGI has it


def up_to(word: str, pieces: Iterator[str]) -> Iterator[str]:
    """Pass on the pieces up to the first with a word in it."""
    for piece in pieces:
        yield piece
        if word in piece:
            return


# what is told


def test_an_ended_operation_is_told_from_its_first_line_to_its_end(
    own_world: World, ended: str
) -> None:
    answer = stream(own_world.operator, ended)
    told = events(answer.text)
    log = own_world.call("GET", f"/operations/{ended}/log")["text"]

    assert [each.name for each in told][-2:] == ["progress", "end"]
    lines = [each.data["text"] for each in told if each.name == "log"]
    assert len(lines) > 2
    assert lines == log.splitlines()
    assert told[-1].data == own_world.call("GET", f"/operations/{ended}")
    assert answer.text.startswith("retry: 2000\n\n")


def test_nothing_holds_the_events_back(own_world: World, ended: str) -> None:
    answer = stream(own_world.operator, ended)

    assert answer.mimetype == "text/event-stream"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert answer.headers["Cache-Control"] == "no-store, no-transform"


def test_after_any_event_a_reader_goes_on_with_the_next_one(own_world: World, ended: str) -> None:
    whole = events(stream(own_world.operator, ended).text)

    for number, last in enumerate(whole[:-1]):
        rest = events(stream(own_world.operator, ended, last.id).text)
        assert rest == whole[number + 1 :], last.id


def test_who_knows_the_end_is_told_not_to_come_back(own_world: World, ended: str) -> None:
    last = events(stream(own_world.operator, ended).text)[-1]
    answer = stream(own_world.operator, ended, last.id)

    assert answer.status_code == 204
    assert answer.data == b""


@pytest.mark.parametrize("last", ["x", "-1", "1.2", "1.END", "1" * 16])
def test_an_id_that_is_none_of_ours_is_refused(own_world: World, ended: str, last: str) -> None:
    assert_problem(stream(own_world.operator, ended, last), 400, "MALFORMED_REQUEST")


def test_a_running_operation_is_told_as_it_goes_on(own_world: World, running: JSON) -> None:
    with opened(own_world.operator, running["id"]) as pieces:
        begun = "".join(up_to("event: progress", pieces))
        own_world.release()
        rest = "".join(pieces)

    assert events(begun)[-1].data["status"] in {"queued", "running"}
    told = events(begun + rest)
    assert told[-1].data["status"] == "succeeded"
    lines = [each.data for each in told if each.name == "log"]
    log = own_world.call("GET", f"/operations/{running['id']}/log")["text"]
    assert [line["text"] for line in lines] == log.splitlines()


def test_a_silent_stream_shows_that_it_lives(
    own_world: World, running: JSON, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "HEARTBEAT_SECONDS", 0.0)
    with opened(own_world.operator, running["id"]) as pieces:
        assert ":\n\n" in pieces


def test_a_one_time_result_is_in_no_stream(own_world: World) -> None:
    made, site = own_world.new_archive("A"), own_world.sites["alpha"]
    site.control.pause()
    site.control.asynchronous(1.0)
    answer = own_world.operator.post(
        f"/instances/{made['id']}/archive-admin/one-time-url", headers={"Prefer": "wait=0"}
    )
    site.control.asynchronous(0.0)
    site.control.resume()
    told = events(stream(own_world.operator, answer.json["id"]).text)
    read = own_world.call("GET", f"/operations/{answer.json['id']}")

    assert told[-1].data["status"] == "succeeded"
    assert told[-1].data["result"] is None
    assert read["result"]["url"].startswith("https://")


def test_a_head_takes_a_one_time_result_from_nobody(own_world: World) -> None:
    made, site = own_world.new_archive("A"), own_world.sites["alpha"]
    site.control.pause()
    site.control.asynchronous(1.0)
    answer = own_world.operator.post(
        f"/instances/{made['id']}/archive-admin/one-time-url", headers={"Prefer": "wait=0"}
    )
    site.control.asynchronous(0.0)
    site.control.resume()
    path = f"/operations/{answer.json['id']}"
    events(stream(own_world.operator, answer.json["id"]).text)

    looked = own_world.operator.head(path)
    assert (looked.status_code, looked.data) == (200, b"")
    assert own_world.call("GET", path)["result"]["url"].startswith("https://")
    assert own_world.call("GET", path)["result"] is None


# lines, one by one


@pytest.fixture
def known(own_world: World, running: JSON) -> Any:  # noqa: ANN401 - an operation
    """A running operation as the broker has it."""
    return own_world.served.gateway.services.broker.fetch(running["id"])


def lines(reader: Reader, operation: Any) -> list[tuple[int, str]]:  # noqa: ANN401 - an operation
    return [(each.data["offset"], each.data["text"]) for each in reader._lines(operation)]  # noqa: SLF001 # its one rule that is worth a look of its own


def test_half_a_line_waits_for_its_other_half(known: Any) -> None:  # noqa: ANN401 - an operation
    reader = Reader()
    assert lines(reader, replace(known, log="one\r\ntw")) == [(0, "one")]
    assert lines(reader, replace(known, log="one\r\ntwo\r")) == []
    assert lines(reader, replace(known, log="one\r\ntwo\r\n\nthree\rfour")) == [
        (5, "two"),
        (10, ""),
        (11, "three"),
    ]
    done = replace(known, log="one\r\ntwo\r\n\nthree\rfour", status=OperationStatus.SUCCEEDED)
    assert lines(reader, done) == [(17, "four")]
    assert reader.offset == len(done.log)


def test_a_log_that_lost_its_beginning_goes_on_with_what_there_is(known: Any) -> None:  # noqa: ANN401 - an operation
    late = replace(known, log="later\nlast\n", log_start=1000)

    assert lines(Reader(), late) == [(1000, "later"), (1006, "last")]
    assert lines(Reader(offset=1006), late) == [(1006, "last")]
    assert lines(Reader(offset=5000), late) == []


def test_what_is_cut_off_a_log_counts_in_its_offsets(
    own_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = own_world.new_archive("A")
    monkeypatch.setattr(runner, "MAX_LOG_CHARACTERS", 60)
    whole = own_world.call("POST", f"/instances/{made['id']}/stores/verify", {})
    page = own_world.call("GET", f"/operations?instance={made['id']}&kind=verifyStores")
    path = f"/operations/{page['items'][0]['id']}"
    log = own_world.call("GET", f"{path}/log")
    later = own_world.call("GET", f"{path}/log?offset={log['nextOffset'] - 10}")
    first = events(stream(own_world.operator, page["items"][0]["id"]).text)[0]

    assert log["text"] == whole["log"]
    assert len(log["text"]) == 60 < log["nextOffset"]
    assert later["text"] == log["text"][-10:]
    assert first.data["offset"] == log["nextOffset"] - 60


# who may stay


class Glances:
    """The seconds for which somebody is kept waiting between looks at an operation."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = Event()
        self.seconds: list[float] = []
        self._wait = ledger.wait
        monkeypatch.setattr(ledger, "wait", self._noted)

    def forget(self) -> None:
        """Begin anew with the one that is under way."""
        del self.seconds[:-1]

    def _noted(self, operation: str, seconds: float) -> None:
        self.seconds.append(seconds)
        self.begun.set()
        self._wait(operation, seconds)


@pytest.fixture
def glances(own_world: World, monkeypatch: pytest.MonkeyPatch) -> Glances:
    return Glances(own_world.served.gateway.services.broker.ledger, monkeypatch)


@pytest.mark.parametrize("way", LEAVING)
def test_a_stream_ends_within_a_second_when_its_reader_must_leave(
    own_world: World,
    running: JSON,
    watcher: tuple[str, CheckedClient],
    way: str,
    glances: Glances,
) -> None:
    leave, code = LEAVING[way]
    client, reader = watcher
    with opened(reader, running["id"]) as pieces:
        next(piece for piece in pieces if "event: progress" in piece)
        leave(own_world, client)
        glances.forget()
        rest = events("".join(pieces))

    assert sum(glances.seconds) < 1
    assert [(each.name, each.data["code"]) for each in rest] == [("problem", code)]


def test_a_stream_ends_with_its_token(running: JSON, watcher: tuple[str, CheckedClient]) -> None:
    with opened(watcher[1], running["id"]) as pieces:
        next(piece for piece in pieces if "event: progress" in piece)
        with time_machine.travel(now() + timedelta(hours=1)):
            rest = events("".join(pieces))

    assert [each.data["code"] for each in rest] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("way", LEAVING)
def test_a_long_poll_ends_within_a_second_when_its_reader_must_leave(
    own_world: World,
    running: JSON,
    watcher: tuple[str, CheckedClient],
    way: str,
    glances: Glances,
) -> None:
    leave, code = LEAVING[way]
    client, reader = watcher
    answers: list[TestResponse] = []

    def poll() -> None:
        path = f"/operations/{running['id']}"
        answers.append(reader.get(path, headers={"Prefer": "wait=30"}))

    thread = Thread(target=poll)
    thread.start()
    assert glances.begun.wait(10)
    leave(own_world, client)
    glances.forget()
    thread.join()

    assert sum(glances.seconds) < 1
    assert answers[0].get_json()["code"] == code


# how many


def test_so_many_streams_are_open_and_no_more(own_world: World, running: JSON) -> None:
    limit = own_world.served.settings.stream_limit
    readers = [own_world.operator, own_world.personas["a_admin"]] * (limit // 2)
    with ExitStack() as held:
        for reader in readers:
            next(held.enter_context(opened(reader, running["id"])))
        refused = stream(own_world.personas["a_reader"], running["id"])
    own_world.release()
    allowed = stream(own_world.operator, running["id"])

    assert limit == 8
    assert_problem(refused, 503, "STREAMS_EXHAUSTED", retryable=True)
    assert int(refused.headers["Retry-After"]) > 0
    assert allowed.status_code == 200


def test_one_client_leaves_half_of_the_streams_to_others(own_world: World, running: JSON) -> None:
    reader, other = own_world.personas["a_reader"], own_world.personas["a_admin"]
    with ExitStack() as held:
        for _ in range(own_world.served.settings.stream_limit // 2):
            next(held.enter_context(opened(reader, running["id"])))
        refused = stream(reader, running["id"])
        with opened(other, running["id"]) as told:
            assert next(told).startswith("retry")
    with opened(reader, running["id"]) as told:
        assert next(told).startswith("retry")

    assert_problem(refused, 429, "RATE_LIMITED", retryable=True)
    assert int(refused.headers["Retry-After"]) > 0


def test_a_look_without_a_body_holds_no_stream(own_world: World, running: JSON) -> None:
    for _ in range(own_world.served.settings.stream_limit + 1):
        own_world.operator.head(f"/operations/{running['id']}/stream")
    with opened(own_world.operator, running["id"]) as told:
        assert next(told).startswith("retry")


def test_without_streams_there_are_none() -> None:
    with pytest.raises(event_streams.StreamsExhausted):
        event_streams.Streams(0, Departure()).answer("cli_0", iter(()))


def test_streams_leave_a_thread_for_the_rest() -> None:
    assert Settings(http_threads=4, streams=8).stream_limit == 3
    assert Settings(http_threads=1).stream_limit == 0
    assert Settings(http_threads=64, streams=0).stream_limit == 0
