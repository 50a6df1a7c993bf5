"""The fault gateway: stands between an SDK and the gateway, and does to the calls what it is told.

The faults, by their names:

- ``unknown-words``: every word of an open list (``x-extensible-enum``) in answers is a new one.
- ``unknown-fields``: every object in answers has a field more.
- ``accepted``: nothing is waited for, so whatever can be answered 202 is.
- ``throttled``: the second call, and each sixth after it, is a 429 with ``Retry-After: 1``.
- ``unavailable``: the fifth call, and each sixth after it, is a 503 without ``Retry-After``.
- ``lost-answer``: of each call with a new ``Idempotency-Key`` the answer is lost: it is carried
  out, then the connection breaks. Not of ``/clients``, whose secret is told once.
"""

import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final, Self
from urllib.parse import urlsplit

from openapi.sdk.contract import operations
from openapi.sdk.faults.drift import NEW_FIELD, NEW_WORD, drifted, schema_of, template_of
from openapi.sdk.language import SdkError

FAULTS: Final = (
    "unknown-words",
    "unknown-fields",
    "accepted",
    "throttled",
    "unavailable",
    "lost-answer",
)
EACH: Final = 6
SECONDS: Final = 60
HOP: Final = frozenset({"connection", "transfer-encoding", "content-length", "host", "keep-alive"})
"""Headers of one connection (RFC 9110, 7.6.1), and what this gateway says itself."""


@dataclass(frozen=True)
class Passage:
    """One call that came by.

    Args:
        method: of HTTP.
        path: with its query.
        key: its Idempotency-Key, or None.
        fault: what was done to it, or empty.
    """

    method: str
    path: str
    key: str | None
    fault: str


@dataclass(frozen=True)
class Answer:
    """What is answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class FaultGateway:
    """The fault gateway on a free port of loopback, as a context.

    Args:
        gateway: URL of the true one.
        faults: names out of ``FAULTS``.

    Attributes:
        url: where it listens.
        passages: the calls that came by, in their order.
    """

    def __init__(self, gateway: str, faults: Sequence[str]) -> None:
        unknown = set(faults) - set(FAULTS)
        if unknown:
            raise ValueError(f"No faults: {', '.join(sorted(unknown))}")
        self._address = urlsplit(gateway).netloc
        self._faults = frozenset(faults)
        self._lock = Lock()
        self.passages: list[Passage] = []
        self._met: set[str] = set()
        handler = type("Handler", (_Handler,), {"between": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def injected(self) -> int:
        """Return how many calls did not get their answer."""
        return sum(bool(each.fault) for each in self.passages)

    def require_met(self) -> None:
        """See that the faults were met, and that each call that takes a key had one.

        Raises:
            SdkError: a fault was never met, or a key was left out.
        """
        unmet = self._faults - self._met
        if unmet:
            raise SdkError(f"The main job has not met {', '.join(sorted(unmet))}.")
        bare = [each.path for each in self.passages if not each.key and _takes_key(each)]
        if bare:
            raise SdkError(f"No Idempotency-Key was sent to {', '.join(bare)}.")

    def take(self, method: str, path: str, key: str | None) -> str:
        """Put a call down, and return the fault that it meets, or nothing."""
        with self._lock:
            fault = self._fault(len(self.passages), path, key)
            self.passages.append(Passage(method, path, key, fault))
            self._met.add(fault)
            return fault

    def _fault(self, number: int, path: str, key: str | None) -> str:
        if "throttled" in self._faults and number % EACH == 1:
            return "throttled"
        if "unavailable" in self._faults and number % EACH == EACH - 2:
            return "unavailable"
        if "lost-answer" in self._faults and key and not path.startswith("/clients"):
            lost = {each.key for each in self.passages if each.fault == "lost-answer"}
            return "" if key in lost else "lost-answer"
        return ""

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Ask the true gateway, and return its answer as it is to be passed on."""
        connection = http.client.HTTPConnection(self._address, timeout=SECONDS)
        try:
            connection.request(method, path, body or None, self._wanted(path, headers))
            response = connection.getresponse()
            said = response.read()
        finally:
            connection.close()
        kept = [(name, text) for name, text in response.getheaders() if name.lower() not in HOP]
        answer = Answer(response.status, kept, self._drifted(method, path, response, said))
        self._notice(answer)
        return answer

    def _notice(self, answer: Answer) -> None:
        """Put down what an answer that is passed on shows."""
        if answer.status == http.client.ACCEPTED:
            self._met.add("accepted")
        if NEW_WORD.encode() in answer.body:
            self._met.add("unknown-words")
        if NEW_FIELD.encode() in answer.body:
            self._met.add("unknown-fields")

    def _wanted(self, path: str, headers: dict[str, str]) -> dict[str, str]:
        """Return the headers for the gateway; who only asks for an operation may wait for it."""
        passed = {name: text for name, text in headers.items() if name.lower() not in HOP}
        if "accepted" not in self._faults or path.startswith("/operations/"):
            return passed
        without = {name: text for name, text in passed.items() if name.lower() != "prefer"}
        return without | {"Prefer": "wait=0"}

    def _drifted(
        self, method: str, path: str, response: http.client.HTTPResponse, said: bytes
    ) -> bytes:
        if "json" not in response.headers.get("Content-Type", ""):
            return said
        template = template_of(method, path.partition("?")[0])
        schema = schema_of(method, template, response.status) if template else None
        if schema is None:
            return said
        return json.dumps(drifted(json.loads(said), schema, self._faults)).encode()


class _Handler(BaseHTTPRequestHandler):
    between: FaultGateway
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = b"".join(self._body())
        fault = self.between.take(self.command, self.path, self.headers.get("Idempotency-Key"))
        if fault == "throttled":
            self._answer(_refusal(429, "RATE_LIMITED", self.path, [("Retry-After", "1")]))
        elif fault == "unavailable":
            self._answer(_refusal(503, "DEPLOYMENT_BUSY", self.path, []))
        else:
            answer = self.between.forward(self.command, self.path, dict(self.headers), body)
            self._break() if fault else self._answer(answer)

    def _body(self) -> Iterator[bytes]:
        """Yield the body, of a length told before or in chunks (RFC 9112, 7.1)."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length", "0")))
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 # names of http.server

    def _answer(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, text in answer.headers:
            self.send_header(name, text)
        if answer.status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _break(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _takes_key(passage: Passage) -> bool:
    template = template_of(passage.method, passage.path.partition("?")[0])
    return any(
        (each.path, each.method.upper()) == (template, passage.method)
        and "x-idempotency" in each.spec
        for each in operations()
    )


def _refusal(status: int, code: str, path: str, headers: list[tuple[str, str]]) -> Answer:
    problem: dict[str, Any] = {
        "type": f"/docs/problems#{code}",
        "title": "Injected on the way",
        "status": status,
        "detail": "Try again.",
        "instance": path,
        "code": code,
        "requestId": "req_injected",
        "retryable": True,
    }
    kind = ("Content-Type", "application/problem+json")
    return Answer(status, [kind, *headers], json.dumps(problem).encode())
