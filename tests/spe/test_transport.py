"""The pin, the environment and redirects: what must hold before a byte of HTTP is sent."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from gateway.errors import (
    CertificateExpired,
    CertificateRejected,
    DeploymentUnreachable,
    NotSent,
    PinMismatch,
    ReplyInvalid,
    UpstreamError,
)
from gateway.spe.client import Client, Limits
from gateway.spe.commands.environment import PING
from gateway.spe.commands.users import SET_USER_PASSWORD
from gateway.spe.endpoint import Endpoint
from tests.spe.raw_server import PASSWORD, Identity, RawServer, hang_up, raw_server, reply, success

ARGUMENTS = {"instanceID": "abc", "userName": "u", "password": "canary"}


def ping(client: Client) -> type[UpstreamError] | None:
    """What the call ended in; None for a success."""
    try:
        client.invoke(PING, {}, seconds=2)
    except UpstreamError as error:
        return type(error)
    return None


@pytest.mark.parametrize("spelling", ["sha1", "sha256"])
def test_the_right_pin_is_accepted_in_every_spelling(identity: Identity, spelling: str) -> None:
    pin: str = getattr(identity, spelling)
    colons = ":".join(pin[i : i + 2] for i in range(0, len(pin), 2))
    with raw_server(identity, success()) as server:
        for written in (pin, pin.lower(), colons, colons.lower()):
            with closing(server.client(written)) as client:
                assert ping(client) is None


@pytest.mark.parametrize("right", ["pin", "next_pin"])
def test_either_of_two_pins_is_accepted(identity: Identity, right: str) -> None:
    pins = {"pin": "a" * 64, "next_pin": "b" * 64, right: identity.sha256}
    with raw_server(identity, success()) as server:
        endpoint = Endpoint("d1", "127.0.0.1", server.port, "admin", PASSWORD, **pins)
        with closing(Client(endpoint)) as client:
            assert ping(client) is None


def test_neither_of_two_wrong_pins_is_accepted(identity: Identity) -> None:
    with raw_server(identity, success()) as server:
        pins = ("a" * 64, "b" * 64)
        endpoint = Endpoint("d1", "127.0.0.1", server.port, "admin", PASSWORD, *pins)
        with closing(Client(endpoint)) as client:
            assert ping(client) is PinMismatch
    assert server.received == 0


@pytest.mark.parametrize("digits", [40, 64])
def test_a_wrong_pin_is_refused_before_a_byte_of_http(identity: Identity, digits: int) -> None:
    with raw_server(identity, success()) as server, closing(server.client("a" * digits)) as client:
        assert ping(client) is PinMismatch
        assert server.connections == 1
    assert server.received == 0


def test_the_shown_thumbprint_is_for_operators(identity: Identity) -> None:
    with (
        raw_server(identity, success()) as server,
        closing(server.client("a" * 40)) as client,
        pytest.raises(PinMismatch) as caught,
    ):
        client.invoke(PING, {})
    assert identity.sha1 in caught.value.message
    assert identity.sha1 not in caught.value.detail
    assert (caught.value.deployment, caught.value.command) == ("d1", "Ping")
    assert isinstance(caught.value, NotSent)


def test_an_expired_certificate_is_refused_in_spite_of_its_pin(expired_identity: Identity) -> None:
    _refused_for_its_dates(expired_identity)


def test_a_certificate_of_tomorrow_is_refused_in_spite_of_its_pin(
    future_identity: Identity,
) -> None:
    _refused_for_its_dates(future_identity)


def _refused_for_its_dates(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        assert ping(client) is CertificateExpired
    assert server.received == 0


def test_a_certificate_exchanged_under_a_live_pool_is_refused(
    identity: Identity, other_identity: Identity
) -> None:
    with raw_server(identity, success(), hang_up) as server, closing(server.client()) as client:
        assert ping(client) is None
        server.identity = other_identity

        assert ping(client) is PinMismatch
        assert len(server.requests) == 2
        assert server.connections == 2


def test_without_a_pin_a_self_signed_certificate_is_refused(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client(None)) as client:
        assert ping(client) is CertificateRejected
    assert server.received == 0


def trusted(server: RawServer, host: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A client whose system trusts the certificate of the server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(server.identity.path))
    return Client(Endpoint("d1", host, server.port, "admin", PASSWORD, None))


def test_without_a_pin_the_systems_trust_decides(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        raw_server(identity, success()) as server,
        closing(trusted(server, "localhost", monkeypatch)) as client,
    ):
        assert ping(client) is None


def test_without_a_pin_the_name_must_be_the_right_one(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        raw_server(identity, success()) as server,
        closing(trusted(server, "127.0.0.1", monkeypatch)) as client,
    ):
        assert ping(client) is CertificateRejected
    assert server.received == 0


def test_without_a_pin_an_expired_certificate_is_called_expired(
    expired_identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        raw_server(expired_identity, success()) as server,
        closing(trusted(server, "localhost", monkeypatch)) as client,
    ):
        assert ping(client) is CertificateExpired


def test_tls_older_than_1_2_is_refused(identity: Identity) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.path)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with _one_answer(lambda plain: _handshake(context, plain)) as port:
        assert _ping_port(port, identity.sha256) is CertificateRejected


def test_a_server_that_speaks_no_tls_is_refused(identity: Identity) -> None:
    with _one_answer(lambda plain: plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        assert _ping_port(port, identity.sha256) is CertificateRejected


def test_a_server_that_hangs_up_in_the_handshake_is_unreachable(identity: Identity) -> None:
    with _one_answer(lambda _: None) as port:
        assert _ping_port(port, identity.sha256) is DeploymentUnreachable


def test_a_server_that_never_shakes_hands_is_unreachable(identity: Identity) -> None:
    with _one_answer(_wait_for_the_end) as port:
        assert _ping_port(port, identity.sha256) is DeploymentUnreachable


def _ping_port(port: int, pin: str) -> type[UpstreamError] | None:
    endpoint = Endpoint("d1", "127.0.0.1", port, "admin", PASSWORD, pin)
    with closing(Client(endpoint, Limits(connect_seconds=0.3))) as client:
        return ping(client)


def _handshake(context: ssl.SSLContext, plain: socket.socket) -> None:
    with suppress(OSError):
        context.wrap_socket(plain, server_side=True).close()


def _wait_for_the_end(plain: socket.socket) -> None:
    while plain.recv(4096):
        pass


@contextmanager
def _one_answer(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that does this with its first connection and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as plain, suppress(OSError):
                answer(plain)

        thread = Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Again", "308 Again"])
def test_a_redirect_is_not_followed_and_the_body_not_sent_again(
    identity: Identity, status: str
) -> None:
    with raw_server(identity, success()) as target:
        location = f"Location: https://127.0.0.1:{target.port}/api/invoke/Ping"
        with (
            raw_server(identity, reply(b"", location, status=status)) as server,
            closing(server.client()) as client,
        ):
            with pytest.raises(ReplyInvalid):
                client.invoke(SET_USER_PASSWORD, ARGUMENTS)

            assert len(server.requests) == 1
        assert target.connections == 0


def test_the_body_of_a_redirect_is_not_even_read(identity: Identity) -> None:
    """Left to itself, requests reads it, and unpacks it, to see where the redirect leads."""
    head = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 99\r\n\r\n"
    with (
        raw_server(identity, head) as server,
        closing(server.client()) as client,
        pytest.raises(ReplyInvalid),
    ):
        client.invoke(PING, {}, seconds=2)


def test_proxies_and_bundles_of_the_environment_are_ignored(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    with raw_server(identity, success()) as proxy, raw_server(identity, success()) as server:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"https://127.0.0.1:{proxy.port}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
        with closing(server.client()) as client:
            assert ping(client) is None

        assert proxy.connections == 0


def test_no_password_is_taken_from_netrc(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    with raw_server(identity, success()) as server, closing(server.client()) as client:
        assert ping(client) is None
        assert server.endpoint(None).authorization.encode() in server.requests[0]


def test_cookies_are_not_kept(identity: Identity) -> None:
    answer = reply(success().partition(b"\r\n\r\n")[2], "Set-Cookie: session=1; Path=/")
    with raw_server(identity, answer) as server, closing(server.client()) as client:
        for _ in range(2):
            assert ping(client) is None

        assert b"cookie" not in server.requests[1].lower()


def test_what_is_wrong_at_the_address_is_said(identity: Identity) -> None:
    with _one_answer(lambda plain: plain.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        assert "does not speak TLS" in _detail(port, identity.sha256)
    assert "refused" in _detail(port, identity.sha256)


def _detail(port: int, pin: str) -> str:
    endpoint = Endpoint("d1", "127.0.0.1", port, "admin", "secret", pin)
    with closing(Client(endpoint)) as client, pytest.raises(NotSent) as caught:
        client.invoke(PING, {})
    return caught.value.detail
