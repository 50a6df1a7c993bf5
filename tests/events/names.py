"""The answers of a resolver, in place of the system's."""

import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Any

Row = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]


class Names(dict[str, Iterable[str]]):
    """Addresses by name; an iterator gives one list after another.

    Attributes:
        asked: every name that was asked for, in this order.
        before_answer: is called before each answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.before_answer: Callable[[], object] = lambda: None
        self._turns: dict[str, list[Sequence[str]]] = {}

    def in_turn(self, name: str, *answers: Sequence[str]) -> None:
        """Answer otherwise each time; the last answer again and again."""
        self._turns[name] = list(answers)

    def getaddrinfo(self, host: str, port: int | None, **_: object) -> list[Row]:
        """Answer as the function of this name does."""
        self.asked.append(host)
        self.before_answer()
        turns = self._turns.get(host)
        if turns:
            answer: Iterable[str] = turns.pop(0) if len(turns) > 1 else turns[0]
        elif host in self:
            answer = self[host]
        else:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [_row(text, port or 0) for text in answer]


def _row(text: str, port: int) -> Row:
    family = socket.AF_INET6 if ip_address(text).version == 6 else socket.AF_INET
    where: tuple[Any, ...] = (text, port, 0, 0) if family == socket.AF_INET6 else (text, port)
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", where
