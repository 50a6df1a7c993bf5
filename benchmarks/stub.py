"""SPE servers that answer reads as fast as Python can: what is measured is never they.

A simulated deployment says what is answered, in the vendor's wire form. The reply to a read that
is measured is kept and sent again as it stands, until a command changes something.

``python -m benchmarks.stub SECONDS NAME...``: says where each is on a line of JSON, and ends when
its standard input is closed. Each answer waits so many seconds, as a busy deployment's does.
"""

import asyncio
import json
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from email.utils import formatdate
from http.client import responses
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, cast

from gateway.simulator.application import INVOKE, Application
from gateway.simulator.certificate import new_key
from gateway.simulator.commands import is_change
from gateway.simulator.listener import CONNECTION
from gateway.simulator.premises import Premises
from gateway.simulator.server import Simulator

END: Final = b"\r\n\r\n"
MEASURED: Final = {f"{INVOKE}{name}" for name in ("GetStores", "GetInstances", "GetInstanceHosts")}

Headers = dict[str, str]
JSON = dict[str, Any]


class Replies:
    """What the deployment answers, as bytes ready to be sent."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._kept: dict[bytes, bytes] = {}

    def to(self, head: bytes, body: bytes) -> bytes:
        """Return the answer to a request, of which head and body were received."""
        known = self._kept.get(head + body)
        return self._asked(head, body) if known is None else known

    def _asked(self, head: bytes, body: bytes) -> bytes:
        method, path, headers = _parsed(head)
        reply = self._answered(method, path, headers, body)
        if path in MEASURED:
            self._kept[head + body] = reply
        elif is_change(path.removeprefix(INVOKE)):
            self._kept.clear()
        return reply

    def _answered(self, method: str, path: str, headers: Headers, body: bytes) -> bytes:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "CONTENT_TYPE": headers.get("content-type", ""),
            "wsgi.input": BytesIO(body),
            CONNECTION: None,
        }
        if "content-length" in headers:
            environ["CONTENT_LENGTH"] = headers["content-length"]
        if "authorization" in headers:
            environ["HTTP_AUTHORIZATION"] = headers["authorization"]
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        parts = self._application(environ, lambda status, fields: begun.append((status, fields)))
        return _rendered(*begun[0], b"".join(parts))


def _parsed(head: bytes) -> tuple[str, str, Headers]:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    fields = (line.partition(":") for line in lines)
    return method, path, {name.lower(): value.strip() for name, _, value in fields}


def _rendered(status: str, fields: Sequence[tuple[str, str]], body: bytes) -> bytes:
    code = int(status.split(" ", maxsplit=1)[0])
    lines = [f"HTTP/1.1 {code} {responses[code]}", *(f"{name}: {value}" for name, value in fields)]
    lines += [f"Date: {formatdate(usegmt=True)}", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + END + body


class Connection(asyncio.Protocol):
    """One client: requests come one after the other, and answers go out in their order."""

    def __init__(self, replies: Replies, seconds: float) -> None:
        self._replies = replies
        self._seconds = seconds
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are whole now."""
        self._received += data
        while END in self._received:
            head, _, rest = self._received.partition(END)
            length = _length(head)
            if len(rest) < length:
                return
            body, self._received = rest[:length], rest[length:]
            self._answer(self._replies.to(head, body), b"connection: close" in head.lower())

    def _answer(self, reply: bytes, is_last: bool) -> None:  # noqa: FBT001 # of the two that there are
        if self._seconds:
            loop = asyncio.get_running_loop()
            loop.call_later(self._seconds, self._send, reply, is_last)
        else:
            self._send(reply, is_last)

    def _send(self, reply: bytes, is_last: bool) -> None:  # noqa: FBT001 # as above
        if self._transport is None:
            return
        self._transport.write(reply)
        if is_last:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        del exc
        self._transport = None


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def serve(seconds: float, names: Sequence[str], ready: Callable[[JSON], None]) -> None:
    """Serve until standard input is closed.

    Args:
        seconds: that each answer waits.
        names: of the deployments.
        ready: is told what a client of each needs: port, pin, credentials.
    """
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    with TemporaryDirectory(prefix="benchmarks-stub-") as name, ExitStack() as stack:
        premises = stack.enter_context(closing(Premises(new_key())))
        for each in names:
            folder = Path(name) / each
            simulator = Simulator(each, data_folder=folder, premises=premises)
            stack.callback(simulator.stop)
            server = await _listening(simulator, folder, seconds)
            stack.callback(server.close)
            port = server.sockets[0].getsockname()[1]
            ready(simulator.announcement() | {"name": each, "port": port})
        await ended.wait()


async def _listening(simulator: Simulator, folder: Path, seconds: float) -> asyncio.Server:
    replies = Replies(simulator.application)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem")
    return await asyncio.get_running_loop().create_server(
        lambda: Connection(replies, seconds), "127.0.0.1", 0, ssl=context, backlog=512
    )


def main(arguments: Sequence[str]) -> None:
    """Run as a process of its own, on the fastest event loop there is."""
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 # `make bench` has it, tests need not

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    seconds, *names = arguments

    def ready(announced: JSON) -> None:
        sys.stdout.write(json.dumps(announced) + "\n")
        sys.stdout.flush()

    asyncio.run(serve(float(seconds), names, ready))


if __name__ == "__main__":
    main(sys.argv[1:])
