"""Deployments on which everything is still running, whoever asks: ``python -m`` with a folder.

Arguments are the folder, which gets ``certificate.pem`` and ``counts.json``, their number, how many
lines of log each command writes in a second, 0 for none, and the version that it is at. It says
their ports on one line of JSON, and ends when its standard input is closed.
"""

import asyncio
import json
import re
import ssl
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import Any, Final, cast

from gateway.simulator.server import Simulator

END: Final = b"\r\n\r\n"
TOKEN: Final = re.compile(rb"token=([^&]*)")
KNOWN: Final = re.compile(rb"lastKnownStatusVersion=(\d+)")
EVERY_SECONDS: Final = 1.0


def line(number: int) -> str:
    """Return a line of the log of a command that verifies stores, in the vendor's words."""
    return f"  {100 * number} messages verified...\r\n"


class Course:
    """How far all commands are: each version has a line of log more, which is how SPE counts.

    Args:
        pace: lines in a second.
        first: the version of now.
    """

    def __init__(self, pace: float, first: int) -> None:
        self._pace = pace
        self._first = first
        self._began = monotonic()

    def version(self) -> int:
        """Return the version of now."""
        return self._first + int((monotonic() - self._began) * self._pace)

    def news(self, known: int, version: int) -> str | None:
        """Return the log from one version to another."""
        return "".join(line(each) for each in range(known + 1, version + 1)) or None


class Counts:
    """What was asked, and over how many connections at once."""

    def __init__(self) -> None:
        self.polls = 0
        self.most = 0
        self._open: Counter[int] = Counter()

    def opened(self, port: int) -> None:
        """Note a connection."""
        self._open[port] += 1
        self.most = max(self.most, self._open[port])

    def closed(self, port: int) -> None:
        """Note the end of a connection."""
        self._open[port] -= 1


class Running(asyncio.Protocol):
    """One connection: to each request, that the command is running."""

    def __init__(self, counts: Counts, course: Course) -> None:
        self._counts = counts
        self._course = course
        self._received = b""
        self._port = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.Transport", transport)
        self._port = int(transport.get_extra_info("sockname")[1])
        self._counts.opened(self._port)

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are whole."""
        self._received += data
        while END in self._received:
            head, _, rest = self._received.partition(END)
            found = re.search(rb"(?i)content-length: *(\d+)", head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            body, self._received = rest[:length], rest[length:]
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        self._counts.polls += 1
        token, known = TOKEN.search(body), KNOWN.search(body)
        version = self._course.version()
        said: dict[str, Any] = {
            "error": None,
            "token": token[1].decode() if token else None,
            "statusVersion": version,
            "statusCode": "running",
            "percentProgress": 50,
            "statusText": "Verifying",
            "result": None,
            "logOutput": self._course.news(int(known[1]), version) if known else None,
        }
        reply = json.dumps(said).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(reply)}"
        if self._transport is not None:
            self._transport.write(head.encode() + END + reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        del exc
        self._counts.closed(self._port)


async def serve(folder: Path, number: int, course: Course, announced: dict[str, Any]) -> None:
    """Serve until standard input is closed."""
    loop, counts, ended = asyncio.get_running_loop(), Counts(), asyncio.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem")
    servers = [
        await loop.create_server(lambda: Running(counts, course), "127.0.0.1", 0, ssl=context)
        for _ in range(number)
    ]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    sys.stdout.write(json.dumps(announced | {"ports": ports}) + "\n")
    sys.stdout.flush()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    while not ended.is_set():
        said = json.dumps({"polls": counts.polls, "connections": counts.most})
        (folder / "counts.new").write_text(said)
        (folder / "counts.new").replace(folder / "counts.json")
        await asyncio.sleep(EVERY_SECONDS)


def main() -> None:
    """Run as a process of its own."""
    folder, number = Path(sys.argv[1]), int(sys.argv[2])
    simulator = Simulator("busy", data_folder=folder)
    announced = simulator.announcement()
    simulator.stop()
    asyncio.run(serve(folder, number, Course(float(sys.argv[3]), int(sys.argv[4])), announced))


if __name__ == "__main__":
    main()
