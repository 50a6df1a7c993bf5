"""Keys are fetched over TLS, in time, of a size, and from nowhere else."""

import ssl
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from gateway.web.oauth.key_fetcher import KeyFetcher, KeysUnavailable
from tests.spe.raw_server import Identity, RawServer, hang_up, raw_server, reply
from tests.web.oauth.outside import KEY, RSA, key_set, kids

DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def outside_identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """The certificate of the issuer."""
    folder = tmp_path_factory.mktemp("outside")
    return Identity.make(folder / "issuer.pem", starts=-DAY, ends=DAY)


def fetcher(server: RawServer, pin: str | None = "", seconds: float = 2) -> KeyFetcher:
    chosen = server.identity.sha256 if pin == "" else pin
    return KeyFetcher(f"https://127.0.0.1:{server.port}/keys?v=1", chosen, seconds)


def test_keys_are_fetched(outside_identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with raw_server(outside_identity, key_set(KEY, RSA)) as server:
        assert kids(fetcher(server).fetch()) == ["one", "rsa"]
        head = server.requests[0].partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"get /keys?v=1 http/1.1\r\n")
    assert b"authorization" not in head
    assert b"cookie" not in head


def slowly(connection: ssl.SSLSocket) -> None:
    """Send a head without an end, a byte at a time."""
    try:
        for _ in range(200):
            connection.sendall(b"H")
            time.sleep(0.02)
    except OSError:
        return


def dripping(connection: ssl.SSLSocket) -> None:
    """Send a body without an end, a byte at a time."""
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.02)
    except OSError:
        return


def endless(connection: ssl.SSLSocket) -> None:
    """Send a body that never ends, as fast as it is read."""
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)
    except OSError:
        return


BAD: dict[str, bytes | Callable[[ssl.SSLSocket], None]] = {
    "not found": reply(b"{}", status="404 Not Found"),
    "a redirect": reply(b"", "Location: /elsewhere", status="302 Found"),
    "a redirect that keeps the method": reply(
        b"", "Location: https://127.0.0.1:1/", status="308 Permanent Redirect"
    ),
    "no content": reply(b"", status="204 No Content"),
    "a failure": reply(b"{}", status="500 Internal Server Error"),
    "no JSON": reply(b"<html>"),
    "a list": reply(b"[]"),
    "no keys": reply(b"{}"),
    "keys that are no list": reply(b'{"keys": {}}'),
    "too many keys": reply(b'{"keys": [' + b"{}," * 50 + b"{}]}"),
    "a member twice": reply(b'{"keys": [], "keys": []}'),
    "not UTF-8": reply(b'{"keys": ["\xff"]}'),
    "too deep": reply(b'{"keys": ' + b"[" * 3000 + b"]" * 3000 + b"}"),
    "too large": reply(b" " * 65_537),
    "packed": reply(b"\x1f\x8b", "Content-Encoding: gzip"),
    "cut off": b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"keys"',
    "no HTTP": b"hello\r\n\r\n",
    "a hang up": hang_up,
    "a slow head": slowly,
    "a slow body": dripping,
    "an endless body": endless,
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_answer_is_none(outside_identity: Identity, kind: str) -> None:
    with raw_server(outside_identity, BAD[kind]) as server:
        begun = time.monotonic()
        with pytest.raises(KeysUnavailable):
            fetcher(server, seconds=0.5).fetch()
        assert time.monotonic() - begun < 2
        assert len(server.requests) == 1


def test_another_certificate_is_seen_before_anything_is_sent(outside_identity: Identity) -> None:
    with raw_server(outside_identity, key_set(KEY)) as server:
        for pin in ("0" * 64, None):
            with pytest.raises(KeysUnavailable):
                fetcher(server, pin).fetch()
        assert server.received == 0


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(KeysUnavailable):
        KeyFetcher("https://127.0.0.1:1/keys", None, 1).fetch()


def test_what_is_no_object_among_the_keys_is_left_out(outside_identity: Identity) -> None:
    with raw_server(outside_identity, reply(b'{"keys": [1, "x", null, {"kid": "a"}]}')) as server:
        assert fetcher(server).fetch() == [{"kid": "a"}]
