"""An operation is followed through what a gateway and its proxies may answer meanwhile."""

import json
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

from gateway.cli import following
from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Api, Unreachable
from gateway.cli.event_source import Event, events_of
from gateway.cli.following import FOUND, LOST, Following

OPERATION = "op_1"
END = Event("end", {"status": "succeeded"}, "7.end")
Answers = Callable[..., Following]


def stream(*events: Event) -> Response:
    """Return an answer that tells these events, and ends."""
    text = "".join(
        f"event: {each.name}\nid: {each.id}\ndata: {json.dumps(each.data)}\n\n" for each in events
    )
    return Response(f"retry: 2000\n\n:\n\n{text}", content_type="text/event-stream")


def problem(status: int, code: str) -> Response:
    """Return a problem."""
    body = {"status": status, "code": code, "detail": f"{code}.", "retryable": False}
    return Response(json.dumps(body), status, content_type="application/problem+json")


class Gateway:
    """Answers each question about the operation with the next answer that was laid ready."""

    def __init__(self) -> None:
        self.answers: list[Response] = []
        self.asked: list[str] = []
        self.tokens = 0

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> object:
        """Answer as WSGI has it."""
        request = Request(environ)
        if request.path == "/oauth/token":
            self.tokens += 1
            body = {"access_token": f"token-{self.tokens}", "expires_in": 900}
            return Response(json.dumps(body))(environ, start)
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.asked.append(f"{token} {request.headers.get('Last-Event-ID', '-')}")
        return self.answers.pop(0)(environ, start)


@pytest.fixture
def gateway() -> Gateway:
    """A gateway that says what the test wants."""
    return Gateway()


@pytest.fixture
def followed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Following]:
    """An operation there; nobody pauses between two attempts."""
    monkeypatch.setattr(following, "PAUSE_SECONDS", 0.0)
    server = make_server("127.0.0.1", 0, gateway, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield Following(Account(Api(f"http://127.0.0.1:{server.port}"), "id", "secret"), OPERATION)
    server.shutdown()
    server.server_close()


def line(number: int) -> Event:
    """Return an event of the log."""
    return Event("log", {"offset": number, "text": f"line {number}"}, f"{number}.00000000")


def test_a_stream_that_ends_early_goes_on_where_it_was(
    gateway: Gateway, followed: Following
) -> None:
    gateway.answers = [stream(line(1), line(2)), stream(line(3), END)]

    assert list(followed.events()) == [line(1), line(2), LOST, FOUND, line(3), END]
    assert gateway.asked == ["token-1 -", "token-1 2.00000000"]


def test_a_token_that_ran_out_is_replaced(gateway: Gateway, followed: Following) -> None:
    expired = Event("problem", {"status": 401, "code": "UNAUTHENTICATED"}, "")
    gateway.answers = [stream(line(1), expired), stream(END)]

    assert list(followed.events()) == [line(1), END]
    assert gateway.asked == ["token-1 -", "token-2 1.00000000"]


@pytest.mark.parametrize("code", sorted(following.PASSING))
def test_what_passes_is_waited_for(gateway: Gateway, followed: Following, code: str) -> None:
    gateway.answers = [problem(503, code), stream(END)]

    assert list(followed.events()) == [END]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_whose_gateway_is_away_is_waited_for(
    gateway: Gateway, followed: Following, status: int
) -> None:
    gateway.answers = [Response("<h1>Bad gateway</h1>", status), stream(END)]

    assert list(followed.events()) == [LOST, FOUND, END]


def test_what_does_not_pass_is_said(gateway: Gateway, followed: Following) -> None:
    gateway.answers = [problem(404, "NOT_FOUND")]

    with pytest.raises(Refused, match="NOT_FOUND"):
        list(followed.events())


def test_nobody_waits_for_ever(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, followed: Following
) -> None:
    monkeypatch.setattr(followed, "_patience", following.Patience(0.0))
    gateway.answers = [stream(), stream()]

    with pytest.raises(Unreachable):
        list(followed.events())


def test_the_end_is_asked_for_until_it_is_answered(gateway: Gateway, followed: Following) -> None:
    gateway.answers = [
        Response("", 502),
        problem(503, "STORAGE_UNAVAILABLE"),
        Response(json.dumps({"id": OPERATION})),
    ]

    assert followed.end() == {"id": OPERATION}


def test_an_event_is_what_the_standard_says() -> None:
    lines = [": hello", "data:1", "", "event: log", "id: 7", 'data: {"a": ":"}', "", "event: cut"]

    assert list(events_of(lines)) == [Event("message", 1), Event("log", {"a": ":"}, "7")]
