"""A TCP relay on a free loopback port, which a test lets break off what passes through it."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from threading import Lock, Thread

RESET = struct.pack("ii", 1, 0)
CHUNK = 65536
APPLICATION_DATA = 0x17
"""The type of a TLS record that holds what was encrypted (RFC 8446, section 5.1)."""


class Fate(Enum):
    """What becomes of a piece that a client has sent."""

    PASSES = "passes"
    IS_LOST = "is lost"
    ANSWER_IS_LOST = "answer is lost"


Judge = Callable[[bytes], Fate]
"""Judges the pieces of one connection in their order."""


def lets_pass(piece: bytes) -> Fate:
    """Break nothing off."""
    del piece
    return Fate.PASSES


class Relay:
    """Forwards connections to a server, each under a judge of its own.

    Args:
        connect: opens a connection to the server.

    Attributes:
        judge: makes the judge of a new connection.
        cut: how many connections were broken off.
    """

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self.judge: Callable[[], Judge] = lambda: lets_pass
        self.cut = 0
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._start(self._accept)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._listener.getsockname()[1])

    def break_all(self) -> None:
        """Break off every connection that is open now."""
        with self._lock:
            for each in list(self._open):
                _reset(each)

    def stop(self) -> None:
        """Close the port and every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.break_all()
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = self._connect()
                except OSError:
                    _reset(client)
                    continue
                with self._lock:
                    self._open |= {client, server}
                judge = self.judge()
                silent: list[bool] = []
                self._start(self._upwards, client, server, judge, silent)
                self._start(self._downwards, client, server, silent)

    def _upwards(
        self, client: socket.socket, server: socket.socket, judge: Judge, silent: list[bool]
    ) -> None:
        with suppress(OSError):
            while piece := client.recv(CHUNK):
                fate = judge(piece)
                if fate is Fate.IS_LOST:
                    self._break(client, server)
                    return
                if fate is Fate.ANSWER_IS_LOST:
                    silent.append(True)
                server.sendall(piece)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _downwards(self, client: socket.socket, server: socket.socket, silent: list[bool]) -> None:
        with suppress(OSError):
            while piece := server.recv(CHUNK):
                if silent:
                    self._break(client, server)
                    return
                client.sendall(piece)
        with suppress(OSError):
            client.shutdown(socket.SHUT_WR)

    def _break(self, client: socket.socket, server: socket.socket) -> None:
        self.cut += 1
        with self._lock:
            for each in (client, server):
                self._open.discard(each)
                _reset(each)


def _reset(connection: socket.socket) -> None:
    """Break a connection off with a TCP reset; who waits for it in a thread is woken."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextmanager
def relay(connect: Callable[[], socket.socket]) -> Iterator[Relay]:
    """Run a relay for as long as the block lasts."""
    made = Relay(connect)
    try:
        yield made
    finally:
        made.stop()
