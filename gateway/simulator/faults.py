"""Faults that a test plants in the answers."""

import base64
import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .failures import Failure
from .listener import Connection, render
from .wire import BOM, Envelope, Reply, encode, error

BOMB_CHUNK = bytes(1024 * 1024)


@dataclass
class Fault:
    """What goes wrong, for which command, how often.

    Attributes:
        kind: a key of `KINDS`.
        command: the command or control call it befalls; `*` is any.
        count: how many calls it befalls; None is all.
        execute: whether the command is executed all the same; None is the kind's own way.
        before: simulated seconds before the command is looked at.
        seconds: of `delay`, after execution; between two bytes of `drip`.
        status: of `status` and `redirect`.
        text: the body of `status`, the message of `failed`, in plain words.
        body: the body of `garbage`, or all that `raw` says, in base64.
        length: whether `garbage` says its Content-Length.
        size: of `huge` and `gzip-bomb` in bytes (unpacked), of `deep` in levels; what
            `truncate`, `reset` and `cut-chunk` leave of the body.
        url: where `redirect` points.
        nth: the first of its calls that it may befall; those before it pass.
        share: 0 to 1, of its calls from then on.
        seed: the same seed hits the same calls.
        calls: how many it has seen.
    """

    kind: str
    command: str = "*"
    count: int | None = 1
    execute: bool | None = None
    before: float = 0.0
    seconds: float = 1.0
    status: int | None = None
    text: str = "Service Unavailable"
    body: str = ""
    length: bool = True
    size: int = 1000
    url: str = ""
    nth: int = 1
    share: float = 1.0
    seed: str = ""
    calls: int = 0

    @property
    def executes(self) -> bool:
        """Whether the command is executed although its answer is spoilt."""
        return KINDS[self.kind].executes if self.execute is None else self.execute

    def matches(self, command: str) -> bool:
        """Return whether the fault befalls a command."""
        return self.command in {"*", command} and self.count != 0

    def befalls(self, command: str) -> bool:
        """Count a call if it is one of its own, and return whether it hits it."""
        if not self.matches(command):
            return False
        self.calls += 1
        lot = random.Random(f"{self.seed}:{self.kind}:{self.command}:{self.calls}")  # noqa: S311 - no secret
        return self.calls >= self.nth and lot.random() < self.share


Spoil = Callable[[Fault, Reply, Connection, Clock], Reply | None]


@dataclass(frozen=True)
class Kind:
    """How a fault spoils the answer; None means that nothing is left to send."""

    executes: bool
    spoil: Spoil


class Faults:
    """The planted faults, first come first served. Callers hold the clock's monitor."""

    def __init__(self) -> None:
        self._all: list[Fault] = []

    def add(self, document: dict[str, Any]) -> None:
        """Plant a fault.

        Raises:
            ValueError: the kind or a member is unknown.
        """
        if document.get("kind") not in KINDS:
            raise ValueError(f"A fault's kind is one of {', '.join(KINDS)}")
        try:
            self._all.append(Fault(**document))
        except TypeError as unknown:
            raise ValueError(str(unknown)) from None

    def take(self, command: str) -> Fault | None:
        """Return the fault for a call and count it."""
        hits = [fault for fault in self._all if fault.befalls(command)]
        if not hits:
            return None
        hits[0].count = None if hits[0].count is None else hits[0].count - 1
        return hits[0]

    def clear(self) -> None:
        """Remove all faults."""
        self._all.clear()

    def document(self) -> list[dict[str, Any]]:
        """Return the faults with what is left of their counts."""
        return [dict(vars(fault)) for fault in self._all]


def spoil(fault: Fault, reply: Reply, connection: Connection, clock: Clock) -> Reply | None:
    """Return the reply that a fault leaves to be sent, or None if it has dealt with it."""
    return KINDS[fault.kind].spoil(fault, reply, connection, clock)


def _delay(fault: Fault, reply: Reply, _connection: Connection, clock: Clock) -> Reply:
    clock.sleep(fault.seconds)
    return reply


def _drop(_fault: Fault, _reply: Reply, connection: Connection, _clock: Clock) -> None:
    connection.close()


def _status(fault: Fault, _reply: Reply, _connection: Connection, _clock: Clock) -> Reply:
    return Reply(fault.status or 503, fault.text.encode(), [("Content-Type", "text/plain")])


def _garbage(fault: Fault, reply: Reply, connection: Connection, _clock: Clock) -> Reply | None:
    reply = Reply(body=base64.b64decode(fault.body), headers=reply.headers)
    if fault.length:
        return reply
    head = [header for header in reply.headers if header[0] != "Content-Length"]
    connection.send(render(Reply(200, b"", [*head, ("Connection", "close")]), length=None))
    connection.send(reply.body)
    connection.close()
    return None


def _raw(fault: Fault, _reply: Reply, connection: Connection, _clock: Clock) -> None:
    connection.send(base64.b64decode(fault.body))
    connection.close()


def _truncate(fault: Fault, reply: Reply, connection: Connection, _clock: Clock) -> None:
    whole = len(reply.body)
    connection.send(render(Reply(reply.status, b"", reply.headers), length=whole))
    connection.send(reply.body[: min(fault.size, whole - 1)])
    connection.close()


def _reset(fault: Fault, reply: Reply, connection: Connection, _clock: Clock) -> None:
    if fault.size:
        connection.send(render(Reply(reply.status, b"", reply.headers), length=len(reply.body)))
        connection.send(reply.body[: min(fault.size, len(reply.body) - 1)])
    connection.reset()


def _cut_chunk(fault: Fault, reply: Reply, connection: Connection, _clock: Clock) -> None:
    head = [*reply.headers, ("Transfer-Encoding", "chunked")]
    connection.send(render(Reply(reply.status, b"", head), length=None))
    connection.send(b"%x\r\n" % len(reply.body))
    connection.send(reply.body[: min(fault.size, len(reply.body) - 1)])
    connection.close()


def _huge(fault: Fault, reply: Reply, connection: Connection, _clock: Clock) -> None:
    connection.send(render(Reply(200, b"", reply.headers), length=fault.size))
    connection.send(BOM + b'{"logOutput": "')
    for start in range(0, fault.size, 65536):
        connection.send(b"x" * min(65536, fault.size - start))
    connection.close()


def _deep(fault: Fault, reply: Reply, _connection: Connection, _clock: Clock) -> Reply:
    nested = b"[" * fault.size + b"]" * fault.size
    body = encode(Envelope(result="nested").document()).replace(b'"nested"', nested)
    return Reply(200, body, reply.headers)


def _gzip_bomb(fault: Fault, reply: Reply, _connection: Connection, _clock: Clock) -> Reply:
    megabytes = range(0, fault.size, len(BOMB_CHUNK))
    packed = gzip.compress(BOMB_CHUNK)  # members of gzip can be strung together
    body = packed * max(len(megabytes), 1)
    return Reply(200, body, [*reply.headers, ("Content-Encoding", "gzip")])


def _redirect(fault: Fault, reply: Reply, _connection: Connection, _clock: Clock) -> Reply:
    return Reply(fault.status or 307, b"", [*reply.headers, ("Location", fault.url)])


def _hang(_fault: Fault, _reply: Reply, connection: Connection, _clock: Clock) -> None:
    connection.hang()


def _drip(fault: Fault, reply: Reply, connection: Connection, clock: Clock) -> None:
    connection.send(render(Reply(reply.status, b"", reply.headers), length=len(reply.body)))
    for byte in reply.body:
        if clock.stopped:
            break
        clock.sleep(fault.seconds)
        connection.send(bytes((byte,)))
    connection.close()


def _not_bom(_fault: Fault, reply: Reply, _connection: Connection, _clock: Clock) -> Reply:
    return Reply(reply.status, reply.body.removeprefix(BOM), reply.headers)


def _failed(fault: Fault, reply: Reply, _connection: Connection, _clock: Clock) -> Reply:
    envelope = Envelope(statusCode="failed", error=error(Failure(fault.text), "Planted"))
    return Reply(200, encode(envelope.document()), reply.headers)


KINDS = {
    "delay": Kind(executes=True, spoil=_delay),
    "drop-before": Kind(executes=False, spoil=_drop),
    "drop-after": Kind(executes=True, spoil=_drop),
    "status": Kind(executes=False, spoil=_status),
    "garbage": Kind(executes=False, spoil=_garbage),
    "raw": Kind(executes=False, spoil=_raw),
    "truncate": Kind(executes=True, spoil=_truncate),
    "reset": Kind(executes=True, spoil=_reset),
    "cut-chunk": Kind(executes=True, spoil=_cut_chunk),
    "huge": Kind(executes=False, spoil=_huge),
    "deep": Kind(executes=False, spoil=_deep),
    "gzip-bomb": Kind(executes=False, spoil=_gzip_bomb),
    "redirect": Kind(executes=False, spoil=_redirect),
    "hang": Kind(executes=False, spoil=_hang),
    "drip": Kind(executes=True, spoil=_drip),
    "not-bom": Kind(executes=True, spoil=_not_bom),
    "failed": Kind(executes=False, spoil=_failed),
}
