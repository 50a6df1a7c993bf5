"""One exchange as it is."""

from dataclasses import replace

import pytest

from gateway.errors import CertificateExpired, ConnectionLost, PinMismatch, ReplyInvalid
from gateway.spe.endpoint import Limits
from gateway.spe.raw import RawRequest, exchange
from tests.spe.raw_server import Identity, hang_up, raw_server, reply

PING = RawRequest("POST", "/api/invoke/Ping", {"Content-Length": "0"})
SMALL = Limits(max_reply_bytes=100, control_seconds=2)


def test_nothing_but_the_host_is_added_to_a_request(identity: Identity) -> None:
    with raw_server(identity, reply(b"x")) as server:
        exchange(server.endpoint(identity.sha256), PING)

        head = f"POST /api/invoke/Ping HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        assert server.requests == [f"{head}Content-Length: 0\r\n\r\n".encode()]


def test_a_length_that_is_not_given_is_not_announced(identity: Identity) -> None:
    with raw_server(identity, reply(b"x")) as server:
        exchange(server.endpoint(identity.sha256), replace(PING, headers={}))

        assert b"Content-Length" not in server.requests[0]


def test_an_answer_comes_back_as_it_is(identity: Identity) -> None:
    planted = reply(b"\xef\xbb\xbf{}", "Server: SPE", "X-A: 1", "X-A: 2", status="418 Teapot")
    with raw_server(identity, planted) as server:
        answer = exchange(server.endpoint(identity.sha256), PING)

        assert (answer.version, answer.status, answer.reason) == ("1.1", 418, "Teapot")
        assert (answer.headers["server"], answer.headers["x-a"]) == ("SPE", "2")
        assert answer.body == b"\xef\xbb\xbf{}"


def test_a_redirect_is_an_answer(identity: Identity) -> None:
    elsewhere = reply(b"", "Location: https://127.0.0.1:1/", status="302 Found")
    with raw_server(identity, elsewhere) as server:
        assert exchange(server.endpoint(identity.sha256), PING).status == 302
        assert len(server.requests) == 1


def test_another_certificate_gets_no_byte_of_http(
    identity: Identity, other_identity: Identity
) -> None:
    with raw_server(identity, reply(b"")) as server:
        with pytest.raises(PinMismatch):
            exchange(server.endpoint(other_identity.sha256), PING)

        assert server.received == 0


def test_an_expired_certificate_gets_no_byte_of_http(expired_identity: Identity) -> None:
    with raw_server(expired_identity, reply(b"")) as server:
        with pytest.raises(CertificateExpired):
            exchange(server.endpoint(expired_identity.sha256), PING)

        assert server.received == 0


def test_an_answer_over_the_limit_is_refused(identity: Identity) -> None:
    with raw_server(identity, reply(b"x" * 100), reply(b"x" * 101)) as server:
        endpoint = server.endpoint(identity.sha256)

        assert len(exchange(endpoint, PING, SMALL).body) == 100
        with pytest.raises(ReplyInvalid):
            exchange(endpoint, PING, SMALL)


def test_a_broken_line_names_the_deployment_and_the_command(identity: Identity) -> None:
    with raw_server(identity, hang_up) as server:
        with pytest.raises(ConnectionLost) as caught:
            exchange(server.endpoint(identity.sha256), PING)

        assert (caught.value.deployment, caught.value.command) == ("d1", "Ping")
        assert len(server.requests) == 1
