"""Calls one deployment's Management API.

One client for each deployment, with its own connections, credentials and pin; it may be
used by many threads. What SPE says comes back as a :class:`Status`, failures included;
what went wrong on the way is raised as an ``UpstreamError``, whose branch tells whether
the command can have been carried out.
"""

from collections.abc import Mapping
from typing import Final

from gateway.errors import ReplyInvalid, TokenLost
from gateway.spe.certificate import Watcher, unwatched
from gateway.spe.channel import Call, Channel
from gateway.spe.command import Command
from gateway.spe.commands.instances import GET_INSTANCES
from gateway.spe.encoding import encode, quoted
from gateway.spe.endpoint import DEFAULT_LIMITS, Endpoint, Limits
from gateway.spe.guard import UNGUARDED, Guard
from gateway.spe.metadata import CommandSignature, read_metadata
from gateway.spe.reply import decode, weight
from gateway.spe.status import Status

__all__ = ["Client", "Endpoint", "Limits"]

_DISCOVERY: Final = b"instanceFilter=%2A"
_READING: Final = 3
"""Reading a reply may take as many times the largest reply; with the reply itself it is four."""


class Client:
    """The Management API of one deployment.

    Args:
        endpoint: where it is and how it is known.
        limits: what it may cost us.
        watch: is told of each certificate that was held against the pin.
        guard: is asked before each call, and told how it ended.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        limits: Limits = DEFAULT_LIMITS,
        *,
        watch: Watcher = unwatched,
        guard: Guard = UNGUARDED,
    ) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._channel = Channel(endpoint, limits, watch, guard)

    def __repr__(self) -> str:
        return f"Client({self._endpoint!r})"

    def invoke(
        self, command: Command, arguments: Mapping[str, object], *, seconds: float | None = None
    ) -> Status:
        """Sends a command and returns SPE's first answer.

        Args:
            command: what to call.
            arguments: value by argument name; None leaves an optional argument out.
            seconds: deadline of the whole call; None for the command's own.

        Returns:
            What SPE says: succeeded, failed, or running with a token.

        Raises:
            InvalidInput: the arguments do not fit the command; nothing was sent.
            NotSent: nothing was carried out.
            AnswerLost: whether it was carried out is unknown.
        """
        return self._command(command, encode(command, arguments), seconds)

    def discover(self, seconds: float | None = None) -> Status:
        """Lists every instance: the one call with the filter ``*``, and it only reads.

        Raises:
            UpstreamError: there is no usable answer.
        """
        return self._command(GET_INSTANCES, _DISCOVERY, seconds)

    def get_status(self, token: str, last_known_version: int, wait_milliseconds: int = 0) -> Status:
        """Asks how a long-running command gets on.

        Args:
            token: of the first answer.
            last_known_version: the log since this one is wanted.
            wait_milliseconds: how long SPE may wait for news.

        Raises:
            TokenLost: SPE does not know the token any more.
            UpstreamError: there is no usable answer.
        """
        form = (  # by hand: it is what the gateway sends most often
            f"token={quoted(token)}&lastKnownStatusVersion={last_known_version}"
            f"&millisecondsTimeout={wait_milliseconds}"
        )

        def read(body: bytes) -> Status:
            status = self._status(body)
            if status.token not in (None, token):
                raise ReplyInvalid("The deployment answered for another token.")
            return status

        call = Call(
            name="get-status",
            path="/get-status",
            body=form.encode("ascii"),
            seconds=wait_milliseconds / 1000 + self._limits.control_seconds,
            repeatable=True,
            not_found=TokenLost,
        )
        return self._channel.ask(call, read)

    def cancel(self, token: str) -> None:
        """Asks SPE to cancel; it confirms nothing, get-status tells whether it did.

        Raises:
            TokenLost: SPE does not know the token any more.
            UpstreamError: there is no answer.
        """
        call = Call(
            name="cancel-async",
            path="/cancel-async",
            body=f"token={quoted(token)}".encode("ascii"),
            seconds=self._limits.control_seconds,
            not_found=TokenLost,
        )
        self._channel.ask(call, len)

    def metadata(self) -> tuple[CommandSignature, ...]:
        """What this deployment can do, in its own words.

        Raises:
            UpstreamError: there is no usable answer.
        """
        call = Call(
            name="get-metadata",
            path="/get-metadata",
            body=b"",
            seconds=self._limits.control_seconds,
            repeatable=True,
        )
        return self._channel.ask(call, lambda body: read_metadata(self._decoded(body)))

    def close(self) -> None:
        """Closes the connections; later calls are not sent."""
        self._channel.close()

    def _command(self, command: Command, body: bytes, seconds: float | None) -> Status:
        call = Call(
            name=command.name,
            path=f"/invoke/{command.name}",
            body=body,
            seconds=command.deadline_seconds if seconds is None else seconds,
            repeatable=not command.effect.changes,
        )
        return self._channel.ask(call, self._status)

    def _status(self, body: bytes) -> Status:
        return Status.from_envelope(self._decoded(body))

    def _decoded(self, body: bytes) -> object:
        if weight(body) > _READING * self._limits.max_reply_bytes:
            raise ReplyInvalid("The deployment's reply takes too much memory to read.")
        return decode(body, self._limits.max_depth)
