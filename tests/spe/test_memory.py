"""What a hostile reply may cost: four times the largest one, whatever stands in it."""

import tracemalloc
from contextlib import closing, suppress

import pytest

from gateway.errors import ReplyInvalid
from gateway.spe.client import Limits
from gateway.spe.commands.environment import PING
from tests.spe.raw_server import Identity, raw_server, reply, success

CAP = 2**20
LIMITS = Limits(max_reply_bytes=CAP)
SLACK = 2**20
"""Bytes that any call takes."""


def filled(unit: bytes, last: bytes = b"0") -> bytes:
    """Return a result of as many units as fit."""
    empty = success(result="*").partition(b"\r\n\r\n")[2]
    before, _, after = empty.partition(b'"*"')
    number = (CAP - len(empty) - len(last) - 2) // len(unit)
    return before + b"[" + unit * number + last + b"]" + after


def keyed() -> bytes:
    """Return a result of one object with as many keys as fit."""
    members = b",".join(b'"%05x":0.5' % number for number in range(CAP // 13))
    return filled(b"{" + members + b"},")


BOMBS = {
    "text": filled(b"x", b"").replace(b"[x", b'["x').replace(b"x]", b'x"]'),
    "wide-text": filled(b"x", "😀".encode()).replace(b"[x", b'["x').replace(b"\x80]", b'\x80"]'),
    "empty-objects": filled(b"{},"),
    "empty-lists": filled(b"[],"),
    "pairs": filled(b'{"a":1},'),
    "fractions": filled(b"0.5,"),
    "numbers": filled(b"999,"),
    "letters": filled('"\u00e9\u00e9",'.encode()),
    "keys": keyed(),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_reply_takes_at_most_four_times_the_largest(identity: Identity, bomb: str) -> None:
    assert CAP * 0.9 < len(BOMBS[bomb]) <= CAP
    answer = reply(BOMBS[bomb])
    with raw_server(identity, answer) as server, closing(server.client(limits=LIMITS)) as client:
        with suppress(ReplyInvalid):
            client.invoke(PING, {}, seconds=30)  # what is loaded once does not count
        tracemalloc.start()
        try:
            with suppress(ReplyInvalid):
                client.invoke(PING, {}, seconds=30)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak <= 4 * CAP + SLACK


def test_an_honest_reply_is_read_though_it_is_large(identity: Identity) -> None:
    rows = [
        {"instanceID": f"tenant-{number}", "status": "running", "alias": None}
        for number in range(4000)
    ]
    answer = success(result=rows)
    with raw_server(identity, answer) as server, closing(server.client()) as client:
        assert client.invoke(PING, {}, seconds=30).result == rows
