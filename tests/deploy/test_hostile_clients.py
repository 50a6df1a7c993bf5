"""Slow and hostile clients before the recommended proxy: others get their answers meanwhile."""

import re
import selectors
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

import pytest

from tests.core import until
from tests.deploy.house import PATIENCE, House, behaved, house, rest, statuses

HOST = b"Host: localhost\r\n"
CROWD = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
REFUSED = {400, 404, 405, 408, 413, 501}
INNER = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway behind the proxy, for all tests."""
    with house(tmp_path_factory.mktemp("house")) as made:
        yield made


def trickled(lines: list[ssl.SSLSocket]) -> list[list[int]]:
    """Send a byte over each connection twice a second until all are closed; return the answers."""
    said = dict.fromkeys(lines, b"")
    end = monotonic() + PATIENCE
    with selectors.DefaultSelector() as watch:
        for line in lines:
            line.settimeout(0)
            watch.register(line, selectors.EVENT_READ)
        while watch.get_map():
            assert monotonic() < end, f"{len(watch.get_map())} connections are still open"
            for key, _ in watch.select(0.5):
                _hear(watch, key.fileobj, said)
            for key in list(watch.get_map().values()):
                _say(watch, key.fileobj)
    return [statuses(said[line]) for line in lines]


def _hear(
    watch: selectors.BaseSelector, line: ssl.SSLSocket, said: dict[ssl.SSLSocket, bytes]
) -> None:
    try:
        piece = line.recv(65536)
    except ssl.SSLWantReadError:
        return
    except (ConnectionError, ssl.SSLError):
        piece = b""
    said[line] += piece
    if not piece:
        _let_go(watch, line)


def _say(watch: selectors.BaseSelector, line: ssl.SSLSocket) -> None:
    try:
        line.send(b"x")
    except ssl.SSLWantWriteError:
        return
    except (ConnectionError, ssl.SSLError):
        _let_go(watch, line)


def _let_go(watch: selectors.BaseSelector, line: ssl.SSLSocket) -> None:
    watch.unregister(line)
    line.close()


@contextmanager
def begun(
    behind: House, number: int, raw: bytes, sources: tuple[str, ...] = CROWD, receive: int = 0
) -> Iterator[list[ssl.SSLSocket]]:
    """Open connections from a few addresses, and begin a request over each."""
    with ExitStack() as stack:
        lines = []
        for count in range(number):
            line = behind.line(sources[count % len(sources)], receive)
            lines.append(stack.enter_context(line))
            line.sendall(raw)
        yield lines


def test_two_hundred_heads_that_never_end_reach_no_gateway(behind: House) -> None:
    raw = b"GET /slow-head HTTP/1.1\r\n" + HOST + b"X-Slow: "
    with behaved(behind), begun(behind, 200, raw) as lines:
        answers = trickled(lines)

    assert {status for each in answers for status in each} == {408}
    assert "/slow-head" not in behind.paths()


def test_bodies_that_never_end_reach_no_gateway(behind: House) -> None:
    raw = b"POST /slow-body HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\ngrant"
    with behaved(behind), begun(behind, 60, raw) as lines:
        answers = trickled(lines)

    assert {status for each in answers for status in each} == {408}
    assert "/slow-body" not in behind.paths()


def test_one_address_sends_few_long_bodies_at_once(behind: House) -> None:
    signed = f"Authorization: Bearer {behind.token}\r\n".encode()
    head = b"POST /instances HTTP/1.1\r\n" + HOST + signed + b"Content-Type: application/json\r\n"
    raw = head + b"Content-Length: 900000\r\n\r\n" + b" " * 31000
    with behaved(behind), begun(behind, 20, raw, ("127.0.0.6",)):
        until(lambda: len(refused(behind, "127.0.0.6")) == 16)

    assert set(refused(behind, "127.0.0.6")) == {"429"}


def refused(behind: House, peer: str) -> list[str]:
    """Return the statuses of what the proxy itself answered an address."""
    ended = rf'"peer":"{peer}".*"status":(\d+).*"server":"<NOSRV>"'
    return re.findall(ended, behind.log)


def test_readers_that_do_not_read_hold_no_thread(behind: House) -> None:
    """More of them than the gateway has threads ask for its longest answer."""
    raw = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
    with behaved(behind), begun(behind, 24, raw, receive=4096) as lines:
        assert {line.recv(1) for line in lines} == {b"H"}


def test_a_client_that_hangs_up_amid_its_request_is_forgotten(behind: House) -> None:
    body = b"POST /hung-up HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{"
    for raw in (b"GET /hung-up HT", body):
        with behaved(behind), begun(behind, 10, raw):
            pass

    assert "/hung-up" not in behind.paths()


def test_a_client_that_says_no_more_still_gets_its_answer_or_none(behind: House) -> None:
    """Half closed: its request is whole, and it will send no other."""
    with behind.line() as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        line.shutdown(socket.SHUT_WR)
        said = rest(line)

    assert statuses(said) in ([200], [])


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + INNER, id="two-lengths"),
        pytest.param(b"Content-Length: 0, 44\r\n\r\n" + INNER, id="a-list-of-lengths"),
        pytest.param(b"Content-Length: +44\r\n\r\n" + INNER, id="a-signed-length"),
        pytest.param(b"Content-Length: -1\r\n\r\n" + INNER, id="a-negative-length"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n\r\n" + INNER, id="an-unknown-coding"),
        pytest.param(
            b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", id="chunked-is-not-last"
        ),
        pytest.param(
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + INNER,
            id="two-codings",
        ),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + INNER, id="no-chunk-size"),
        pytest.param(
            b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n" + INNER, id="a-huge-chunk"
        ),
        pytest.param(
            b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", id="a-space-before-the-colon"
        ),
        pytest.param(b"X-A: b\x00c\r\n\r\n", id="a-nul"),
        pytest.param(b"X-A: b\rc\r\n\r\n", id="a-lone-carriage-return"),
        pytest.param(b"no colon\r\n\r\n", id="no-colon"),
        pytest.param(b"X-A: " + b"a" * 40000 + b"\r\n\r\n", id="a-huge-header"),
        pytest.param(b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n", id="a-flood"),
        pytest.param(b"Host: other\r\n\r\n", id="two-hosts"),
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(behind: House, head: bytes) -> None:
    raw = b"POST /oauth/token HTTP/1.1\r\n" + HOST + b"Connection: close\r\n" + head
    with_answer = statuses(behind.answer(raw))

    assert with_answer in ([], *([status] for status in REFUSED))
    assert "/smuggled" not in behind.paths()
