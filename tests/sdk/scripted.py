"""A gateway that answers what a test has put down, one after the other, without a network."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace
from typing import Any, TypeAlias

import httpx
import pytest

Client: TypeAlias = Any
"""The package of the Python SDK: it is made by the tests, so nobody knows its types here."""

JSON = Mapping[str, Any]
TOKEN = "/oauth/token"


@dataclass
class Scripted:
    """Answers in their order; tokens are given besides.

    Attributes:
        answers: responses, or errors of the line; the last one for ever.
        seen: the requests but those for tokens.
        tokens: how many were given.
        slept: the waits of the client, in seconds.
        together: where threads meet that ask for a token at the same time.
    """

    answers: list[httpx.Response | Exception]
    seen: list[httpx.Request] = field(default_factory=list)
    tokens: int = 0
    token_seconds: int = 900
    slept: list[float] = field(default_factory=list)
    together: Barrier | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        if request.url.path == TOKEN:
            self.tokens += 1
            if self.together is not None:
                with suppress(BrokenBarrierError):
                    self.together.wait(0.3)  # for another thread that should not come
            token = {"access_token": f"t{self.tokens}", "expires_in": self.token_seconds}
            return httpx.Response(200, json=token)
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def keys(self) -> list[str | None]:
        """Return the Idempotency-Key of each request."""
        return [each.headers.get("Idempotency-Key") for each in self.seen]


Play = Callable[..., tuple[Client, Scripted]]


@pytest.fixture
def play(client: Client, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Returns a gateway object whose gateway answers what is given, and the script."""
    numbers = count()

    def begin(
        *answers: httpx.Response | Exception, token_seconds: int = 900, **options: object
    ) -> tuple[Client, Scripted]:
        script = Scripted(list(answers), token_seconds=token_seconds)
        clock = SimpleNamespace(sleep=script.slept.append, monotonic=lambda: sum(script.slept))
        monkeypatch.setattr("spe_gateway_client.transport.time", clock)
        http = httpx.MockTransport(script)
        url = f"http://gateway-{next(numbers)}"
        return client.Gateway(url, "cli", "secret", http=http, **options), script

    return begin


def answer(body: object, status: int = 200, **headers: str) -> httpx.Response:
    """Return an answer in JSON."""
    return httpx.Response(status, json=body, headers=_names(headers))


def problem(status: int, code: str, *, retryable: bool, **headers: str) -> httpx.Response:
    """Return a problem."""
    body = {
        "type": f"/docs/problems#{code}",
        "title": "T",
        "status": status,
        "detail": "D.",
        "instance": "/x",
        "code": code,
        "requestId": "req",
        "retryable": retryable,
    }
    content = {"Content-Type": "application/problem+json"}
    return httpx.Response(
        status, content=json.dumps(body).encode(), headers=content | _names(headers)
    )


def operation(status: str, **told: object) -> dict[str, Any]:
    """Return an operation as the gateway tells it."""
    moment = "2026-11-22T00:00:00Z"
    empty: Sequence[str] = (
        "deployment",
        "endTime",
        "instance",
        "note",
        "onBehalfOf",
        "parent",
        "percentProgress",
        "problem",
        "queuePosition",
        "resolveTime",
        "resolvedBy",
        "result",
        "resumes",
        "statusText",
    )
    known = {"createTime": moment, "updateTime": moment, "deadline": moment, "id": "op_1"}
    rest = {"createdBy": "cli_1", "kind": "verifyStore", "steps": [], "status": status}
    return dict.fromkeys(empty) | known | rest | told


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}
