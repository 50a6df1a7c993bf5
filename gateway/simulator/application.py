"""The WSGI application of an SPE server: HTTP, credentials, routes, planted faults."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from http.client import responses
from typing import Any

from .commands import COMMANDS, is_change
from .conduct import Conduct
from .failures import Failure
from .faults import Faults, spoil
from .journal import Entry, Journal
from .listener import CONNECTION
from .logins import Logins
from .management_server import ManagementServer
from .reference import Argument, Signature
from .wire import HEADERS, Arguments, Envelope, Pairs, Reply, arguments, encode, error, form

INVOKE = "/api/invoke/"
CHALLENGE = 'Basic realm="MailStore Management Server"'
METADATA = "/api/get-metadata"
LENGTH_REQUIRED = (
    b"<HTML><HEAD><TITLE>Length Required</TITLE></HEAD>"
    b"<BODY><h2>Length Required</h2><hr><p>HTTP Error 411. "
    b"The request must be chunked or have a content length.</p></BODY></HTML>"
)

TOKEN = Argument("token", "string", nullable=False)
GET_STATUS = Signature(
    "get-status",
    "control",
    (
        TOKEN,
        Argument("lastKnownStatusVersion", "number", nullable=True),
        Argument("millisecondsTimeout", "number", nullable=True),
    ),
)
CANCEL_ASYNC = Signature("cancel-async", "control", (TOKEN,))


class Application:
    """What a client of the SPE port talks to."""

    def __init__(self, server: ManagementServer, logins: Logins, conduct: Conduct) -> None:
        self.journal = Journal(conduct.kept_requests)
        self.faults = Faults()
        self._conduct = conduct
        self._server = server
        self._logins = logins
        self._clock = server.deployment.clock
        self.replant()

    def replant(self) -> None:
        """Plant the faults that the deployment starts with, and no others."""
        self.faults.clear()
        for fault in self._conduct.faults:
            self.faults.add(fault)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request.

        Returns:
            the body; nothing if a fault has dealt with the connection itself.
        """
        with self._clock.monitor:
            entry = self.journal.begin(
                self._clock.now().isoformat(),
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ["QUERY_STRING"],
                environ["wsgi.input"].read(),
            )
        _describe(entry)
        reply = self._reply(environ, entry)
        if reply is None:
            return []
        entry.status = reply.status
        start_response(f"{reply.status} {responses.get(reply.status, '')}", reply.headers)
        return [reply.body]

    def _reply(self, environ: dict[str, Any], entry: Entry) -> Reply | None:
        if entry.method == "POST" and "CONTENT_LENGTH" not in environ:
            return _bare(411, ("Connection", "close"), body=LENGTH_REQUIRED)
        entry.caller = self._logins.check(environ.get("HTTP_AUTHORIZATION"))
        entry.authorized = entry.caller is not None
        if not entry.authorized:
            return _bare(401, ("WWW-Authenticate", CHALLENGE))
        return self._faulty(environ, entry)

    def _faulty(self, environ: dict[str, Any], entry: Entry) -> Reply | None:
        with self._clock.monitor:
            seconds = self._conduct.latency.draw(_class(entry), entry.command)
            fault = self.faults.take(entry.command)
        if seconds:
            self._clock.sleep(seconds)
        if fault is None:
            return self._answer(entry)
        self._clock.sleep(fault.before)
        reply = self._answer(entry) if fault.executes else Reply()
        return spoil(fault, reply, environ[CONNECTION], self._clock)

    def _answer(self, entry: Entry) -> Reply:
        if entry.path == METADATA and entry.method in {"GET", "POST"}:
            return self._json(self._server.metadata())
        if entry.method != "POST":
            return _bare(405, ("Allow", "POST"))
        try:
            found = self._route(entry, form(entry.body))
        except Failure as failure:
            found = Envelope(statusCode="failed", error=error(failure, entry.command))
        return _bare(404) if found is None else self._json(found.document())

    def _route(self, entry: Entry, pairs: Pairs) -> Envelope | None:
        if entry.path.startswith(INVOKE):
            return self._server.invoke(entry.path.removeprefix(INVOKE), pairs, entry)
        if entry.path == "/api/get-status":
            return self._get_status(arguments(GET_STATUS, pairs))
        if entry.path == "/api/cancel-async":
            return self._cancel_async(arguments(CANCEL_ASYNC, pairs))
        return None

    def _get_status(self, values: Arguments) -> Envelope | None:
        known = values["lastKnownStatusVersion"] or 0
        seconds = (values["millisecondsTimeout"] or 0) / 1000
        with self._clock.monitor:
            return self._server.operations.wait(values["token"], known, seconds)

    def _cancel_async(self, values: Arguments) -> Envelope | None:
        with self._clock.monitor:
            return Envelope() if self._server.operations.cancel(values["token"]) else None

    def _json(self, document: Any) -> Reply:  # noqa: ANN401 - any JSON document
        yesterday = self._clock.now() - timedelta(days=1)
        headers = [*HEADERS, ("Expires", format_datetime(yesterday, usegmt=True))]
        return Reply(200, encode(document), headers)


def _describe(entry: Entry) -> None:
    """Note what a request is about, also when it is then refused or dropped."""
    with suppress(Failure):
        entry.arguments = form(entry.body)
    if entry.command == "cancel-async" or is_change(entry.command):
        entry.effect = "change"


def _class(entry: Entry) -> str:
    """Return the class of a call, one of `latency.CLASSES`."""
    if not entry.path.startswith(INVOKE):
        return "read" if entry.path == METADATA else "poll"
    effect = COMMANDS[entry.command].effect if entry.command in COMMANDS else "read"
    return "run" if effect == "background" else effect


def _bare(status: int, *headers: tuple[str, str], body: bytes = b"") -> Reply:
    """Return an answer of the HTTP layer, below the API."""
    server = ("Server", "Microsoft-HTTPAPI/2.0")
    return Reply(status, body, [("Content-Type", "text/html; charset=us-ascii"), server, *headers])
