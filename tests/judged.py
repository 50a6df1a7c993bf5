"""An application whose every answer is held against the contract, however it is called.

``CheckedClient`` judges what a test asks in process. This is for what real clients ask over a
socket: they would not notice, so the complaints are kept for the end of the test.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from tests.answers import STREAM, Contract, Undocumented, golden_contract

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VERSION = "SPE-Gateway-Version"
"""The header by which an answer of a gateway is known."""

NOBODYS = EnvironBuilder().get_request()


class Judged:
    """A WSGI application that passes answers on unchanged, and notes what is wrong with them.

    Attributes:
        answers: how many there were.
        complaints: a sentence for each answer that is not what the contract says.
    """

    def __init__(self, application: "WSGIApplication", contract: Contract) -> None:
        self._application = application
        self._contract = contract
        self.answers = 0
        self.complaints: list[str] = []

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer as the application does."""
        begun: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:  # noqa: ANN401 # WSGI
            begun[:] = status, headers
            return start_response(status, headers, *failure)

        return self._passed_on(environ, begun, self._application(environ, start))

    def _passed_on(
        self, environ: "WSGIEnvironment", begun: list[Any], body: Iterable[bytes]
    ) -> Iterator[bytes]:
        told: list[bytes] = []
        with closing_of(body):
            try:
                for part in body:
                    told.append(part)
                    yield part
            finally:
                self._judge(Request(environ), b"".join(told), *begun)

    def _judge(
        self, request: Request, body: bytes, status: str, headers: list[tuple[str, str]]
    ) -> None:
        answer = TestResponse([body], status, headers, request)
        if answer.mimetype == STREAM:  # its reader may have gone in the middle of an event
            answer.data = body[: body.rfind(b"\n\n") + 2]
        self.answers += 1
        try:
            self._contract.check(request.method, request.path, answer)
        except Undocumented as found:
            self.complaints.append(f"{request.method} {request.path} {status}: {found}")


def closing_of(body: Iterable[bytes]) -> AbstractContextManager[Any]:
    """Close a body at the end if it can be closed (PEP 3333)."""
    return closing(body) if hasattr(body, "close") else nullcontext()


def judge_requests() -> None:
    """Hold every answer of a gateway that ``requests`` gets in this process against the contract.

    Tests of real processes, and the commands of the command line that run in the test's process,
    ask with it. Streams are read by whoever asked for them.
    """
    real = requests.Session.send

    def send(
        session: requests.Session,
        request: requests.PreparedRequest,
        **options: Any,  # noqa: ANN401 # as requests takes them
    ) -> requests.Response:
        answer = real(session, request, **options)
        if VERSION in answer.headers and not options.get("stream"):
            path = unquote(urlsplit(request.url or "").path)
            told = TestResponse(
                [answer.content], f"{answer.status_code} -", [*answer.headers.items()], NOBODYS
            )
            golden_contract().check(request.method or "", path, told)
        return answer

    requests.Session.send = send  # type: ignore[method-assign] # of every session
