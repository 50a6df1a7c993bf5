"""One exchange with a deployment: a POST, and a body or an error of ours."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

from gateway.errors import (
    AnswerLost,
    ConnectionLost,
    CredentialsRefused,
    DeploymentUnreachable,
    ReplyInvalid,
    UpstreamError,
)
from gateway.measures.exchange import Exchange
from gateway.spe.certificate import Watcher
from gateway.spe.commands.environment import PING
from gateway.spe.deadline import Outlasted, is_outlasted, remaining, within
from gateway.spe.endpoint import ROOT, Endpoint, Limits
from gateway.spe.guard import CALM, Admission, Guard
from gateway.spe.mapping import Phase, map_errors
from gateway.spe.message import Reply, fields, post
from gateway.spe.reply import decode
from gateway.spe.status import Status
from gateway.spe.transport import open_pool

PROBE_SECONDS: Final = 5.0
"""In which a deployment has to answer a Ping, to be called again."""

_OK: Final = int(HTTPStatus.OK)

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One POST.

    Attributes:
        name: of the command or control call; named in errors.
        path: below the address of the API.
        body: the form.
        seconds: deadline of the whole call.
        repeatable: it only reads, and may be sent again when the connection breaks.
        not_found: what HTTP 404 means.
    """

    name: str
    path: str
    body: bytes
    seconds: float
    repeatable: bool = False
    not_found: type[UpstreamError] = ReplyInvalid


_PROBE: Final = Call(PING.name, f"/invoke/{PING.name}", b"", PROBE_SECONDS)


class Channel:
    """The connections to one deployment, and who guards them."""

    def __init__(self, endpoint: Endpoint, limits: Limits, watch: Watcher, guard: Guard) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._guard = guard
        self._pool = open_pool(
            endpoint.host,
            endpoint.port,
            endpoint.pins,
            connections=limits.connections,
            wait_seconds=limits.pool_seconds,
            watch=watch,
        )
        self._head = fields(
            {
                "Host": endpoint.authority,
                "Authorization": endpoint.authorization,
                "User-Agent": "spe-gateway",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            }
        )
        self._form_head = self._head + fields({"Content-Type": "application/x-www-form-urlencoded"})

    def close(self) -> None:
        """Closes the connections; later calls are not sent."""
        self._pool.close()

    def ask(self, call: Call, read: Callable[[bytes], T]) -> T:
        """Sends a call and reads its reply; once more if it only reads and the line broke.

        Args:
            call: what to send.
            read: makes the result out of the body.

        Raises:
            UpstreamError: with the deployment and the call in it.
            NotSent: the guard lets nothing through, or what it had to try first went wrong.
            Outlasted: the thread was spared for less time than it takes.
        """
        deployment = self._endpoint.deployment
        with (
            Exchange(deployment, call.name),
            within(call.seconds),
            map_errors(Phase.EXCHANGE, deployment=deployment, command=call.name),
        ):
            admission = self._guard.admit()
            if admission.probes:
                self._probe(admission)
                admission = CALM
            return self._noted(admission, call, read)

    def _probe(self, admission: Admission) -> None:
        """See whether the deployment answers a harmless read.

        Raises:
            NotSent: it does not; whatever became of the read, the call itself is not sent.
        """
        try:
            with within(min(PROBE_SECONDS, remaining())):
                self._noted(admission, _PROBE, self._status)
        except AnswerLost as error:
            raise DeploymentUnreachable(
                "The deployment does not answer a Ping; nothing was sent.", message=error.code
            ) from error

    def _status(self, body: bytes) -> Status:
        return Status.from_envelope(decode(body, self._limits.max_depth))

    def _noted(self, admission: Admission, call: Call, read: Callable[[bytes], T]) -> T:
        try:
            found = read(self._body(call))
        except UpstreamError as error:
            if is_outlasted():
                raise Outlasted from error
            self._guard.note(admission, error)
            raise
        self._guard.note(admission, None)
        return found

    def _body(self, call: Call) -> bytes:
        try:
            return self._exchange(call)
        except ConnectionLost:
            if not call.repeatable:
                raise
            return self._exchange(call)

    def _exchange(self, call: Call) -> bytes:
        request = post(ROOT + call.path, self._form_head if call.body else self._head, call.body)
        reply = Reply(partial(_judge, call), self._limits.max_reply_bytes)
        with map_errors(Phase.EXCHANGE):
            return self._pool.exchange(request, reply, self._limits.connect_seconds)


def _judge(call: Call, reply: Reply) -> None:
    """See from the head whether the body can be an answer."""
    if reply.status != _OK:
        raise _refusal(call, reply.status)
    if any(coding != b"identity" for coding in reply.codings):
        raise ReplyInvalid("The deployment packed its reply, which was not asked for.")


def _refusal(call: Call, status: int) -> UpstreamError:
    """Say what another status of HTTP means."""
    if status == HTTPStatus.UNAUTHORIZED:
        return CredentialsRefused("The deployment refuses the gateway's user name or password.")
    if status == HTTPStatus.NOT_FOUND:
        return call.not_found(message="HTTP 404")
    return ReplyInvalid("The deployment did not answer as SPE does.", message=f"HTTP {status}")
