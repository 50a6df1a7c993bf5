"""A delivery that goes well, one that is refused, and one that nobody takes."""

import ssl
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from socket import create_server, socket
from threading import Event

import pytest

from gateway.events.outcome import Problem
from gateway.events.own import Own
from gateway.events.sender import SECONDS, Sender
from tests.events.names import Names
from tests.events.receivers import (
    ACCEPTED,
    BODY,
    HEADERS,
    HOST,
    hold,
    identity_of,
    plain_receiver,
    send,
    sender,
    url_of,
)
from tests.spe.raw_server import Identity, RawServer, body_of, raw_server, reply

pytestmark = pytest.mark.usefixtures("names")


class TestAccepted:
    def test_a_webhook_arrives_as_it_was_signed(self, patient: Sender, identity: Identity) -> None:
        with raw_server(identity, ACCEPTED) as server:
            outcome = send(patient, server)
            request = server.requests[0]

        head = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        assert outcome.delivered
        assert (outcome.status, outcome.problem, outcome.excerpt) == (200, None, "thanks")
        assert 0 < outcome.seconds < SECONDS
        assert body_of(request) == BODY
        assert head[0] == "POST /hook HTTP/1.1"
        assert {line.lower() for line in head[1:]} == {
            f"host: {HOST}:{server.port}",
            "user-agent: spe-gateway",
            "content-type: application/json",
            f"content-length: {len(BODY)}",
            "accept: */*",
            "accept-encoding: identity",
            "connection: close",
            "webhook-id: msg_1",
            "webhook-timestamp: 1614265330",
            "webhook-signature: v1,x",
        }

    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_every_status_of_2xx_is_a_delivery(
        self, patient: Sender, identity: Identity, status: int
    ) -> None:
        with raw_server(identity, reply(b"", status=f"{status} Fine")) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem, outcome.delivered) == (status, None, True)

    def test_the_name_is_in_sni_and_an_address_is_not(
        self, patient: Sender, identity: Identity
    ) -> None:
        shown: list[str | None] = []
        with raw_server(identity, ACCEPTED) as server:
            server.serve = lambda plain: _greet(plain, identity, shown)
            send(patient, server)
            send(patient, server, "127.0.0.1")

        assert shown == [HOST, None]

    def test_a_name_beyond_ascii_is_looked_up_and_verified_as_the_dns_has_it(
        self, patient: Sender, identity: Identity, names: Names
    ) -> None:
        names["xn--bcher-kva.example"] = ["127.0.0.1"]
        with raw_server(identity, ACCEPTED) as server:
            assert send(patient, server, "bücher.example").delivered

        assert names.asked == ["xn--bcher-kva.example"]

    def test_an_address_is_verified_as_an_address(
        self, patient: Sender, identity: Identity, names: Names
    ) -> None:
        with raw_server(identity, ACCEPTED) as server:
            assert send(patient, server, "127.0.0.1").delivered

        assert names.asked == []

    def test_a_laboratory_may_do_without_tls(self, patient: Sender, identity: Identity) -> None:
        with plain_receiver(identity, ACCEPTED) as server:
            outcome = patient.send(f"http://{HOST}:{server.port}/hook", HEADERS, BODY)

        assert outcome.delivered
        assert outcome.excerpt == "thanks"
        assert body_of(server.requests[0]) == BODY

    def test_the_next_address_is_tried_when_one_takes_no_connection(
        self, patient: Sender, identity: Identity, names: Names
    ) -> None:
        names[HOST] = ["127.0.0.2", "127.0.0.1"]
        with raw_server(identity, ACCEPTED) as server:
            assert send(patient, server).delivered

    def test_a_large_body_is_sent_whole(self, patient: Sender, identity: Identity) -> None:
        body = b"x" * 3_000_000
        with raw_server(identity, ACCEPTED) as server:
            assert patient.send(url_of(server), HEADERS, body).delivered

        assert body_of(server.requests[0]) == body

    def test_cookies_are_not_kept_and_connections_neither(
        self, patient: Sender, identity: Identity
    ) -> None:
        with raw_server(identity, reply(b"", "Set-Cookie: a=b; Path=/")) as server:
            assert send(patient, server).delivered
            assert send(patient, server).delivered

        assert server.connections == 2
        assert not any(b"cookie" in request.lower() for request in server.requests)

    def test_the_environment_is_not_used(
        self,
        identity: Identity,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        names: Names,
    ) -> None:
        """No proxy, no bundle of requests, no credentials from a file."""
        (tmp_path / ".netrc").write_text(f"machine {HOST} login canary password canary\n")
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.9:9")
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
        with raw_server(identity, ACCEPTED) as server:
            assert send(sender(identity), server).delivered

        assert b"uthorization" not in server.requests[0]
        assert names.asked == [HOST]


def _greet(plain: socket, identity: Identity, shown: list[str | None]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.path)
    context.sni_callback = lambda _, name, __: shown.append(name)
    with suppress(OSError), context.wrap_socket(plain, server_side=True):
        pass


class TestRefused:
    @pytest.mark.parametrize("status", [400, 401, 404, 410, 413, 500, 502, 599, 101, 999])
    def test_another_status_is_no_delivery(
        self, patient: Sender, identity: Identity, status: int
    ) -> None:
        with raw_server(identity, reply(b"gone", status=f"{status} No")) as server:
            outcome = send(patient, server)

        assert (outcome.status, outcome.problem) == (status, Problem.NOT_ACCEPTED)
        assert not outcome.delivered
        assert outcome.retry_after is None

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 305, 307, 308])
    def test_a_redirect_is_not_followed(
        self, patient: Sender, identity: Identity, status: int
    ) -> None:
        with raw_server(identity, ACCEPTED) as trap:
            moved = reply(b"moved", f"Location: {url_of(trap)}", status=f"{status} Moved")
            with raw_server(identity, moved) as server:
                outcome = send(patient, server)
                assert server.connections == 1
            assert trap.connections == 0

        assert (outcome.status, outcome.problem) == (status, Problem.REDIRECTED)
        assert not outcome.delivered

    def test_a_receiver_that_is_too_busy_says_for_how_long(
        self, patient: Sender, identity: Identity
    ) -> None:
        busy = reply(b"slow down", "Retry-After: 120", status="429 Too Many Requests")
        with raw_server(identity, busy) as server:
            outcome = send(patient, server)

        assert outcome.status == 429
        assert outcome.retry_after == timedelta(seconds=120)
        assert outcome.excerpt == "slow down"

    def test_a_receiver_that_is_down_says_until_when(
        self, patient: Sender, identity: Identity
    ) -> None:
        back = datetime.now(UTC) + timedelta(hours=1)
        date = format_datetime(back, usegmt=True)
        down = reply(b"", f"Retry-After: {date}", status="503 Unavailable")
        with raw_server(identity, down) as server:
            outcome = send(patient, server)

        assert outcome.retry_after is not None
        assert timedelta(minutes=55) < outcome.retry_after <= timedelta(hours=1)

    def test_only_429_and_503_are_asked_to_be_waited_for(
        self, patient: Sender, identity: Identity
    ) -> None:
        with raw_server(identity, reply(b"", "Retry-After: 5", status="500 Oh")) as server:
            assert send(patient, server).retry_after is None

    def test_a_refusal_before_the_body_was_read_is_heard(
        self, patient: Sender, identity: Identity
    ) -> None:
        """The receiver answers while we still write."""
        refusal = reply(b"", "Connection: close", status="413 Too Large")

        def refuse(plain: socket) -> None:
            plain.recv(1024)
            plain.sendall(refusal)
            with suppress(OSError):
                while plain.recv(65536):
                    pass

        with plain_receiver(identity, ACCEPTED) as server:
            server.serve = refuse
            url = f"http://{HOST}:{server.port}/"
            outcome = patient.send(url, HEADERS, b"x" * 5_000_000)

        assert (outcome.status, outcome.problem) == (413, Problem.NOT_ACCEPTED)


class TestTls:
    def refused(self, through: Sender, server: RawServer, host: str = HOST) -> None:
        outcome = send(through, server, host)
        assert (outcome.status, outcome.problem) == (None, Problem.TLS_FAILED)
        assert server.received == 0

    def test_a_certificate_of_another_name_is_refused(
        self, patient: Sender, identity: Identity, names: Names
    ) -> None:
        names["other.example.com"] = ["127.0.0.1"]
        with raw_server(identity, ACCEPTED) as server:
            self.refused(patient, server, "other.example.com")

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, identity: Identity) -> None:
        with raw_server(identity, ACCEPTED) as server:
            self.refused(sender(), server)

    def test_a_certificate_of_another_authority_is_refused(
        self, patient: Sender, certificates: Path
    ) -> None:
        other = identity_of(certificates / "other.pem", HOST)
        with raw_server(other, ACCEPTED) as server:
            self.refused(patient, server)

    def test_an_expired_certificate_is_refused(self, certificates: Path) -> None:
        expired = identity_of(certificates / "old.pem", HOST, age=timedelta(days=2))
        with raw_server(expired, ACCEPTED) as server:
            self.refused(sender(expired), server)

    def test_what_the_system_trusts_is_trusted(
        self, identity: Identity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(identity.path))
        with raw_server(identity, ACCEPTED) as server:
            assert send(sender(), server).delivered

    def test_what_requests_trusts_is_not_trusted_for_that(
        self, identity: Identity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It brings a bundle of its own, which the system's administrator cannot mend."""
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(identity.path))
        with raw_server(identity, ACCEPTED) as server:
            self.refused(sender(), server)

    def test_a_receiver_without_tls_is_refused(self, patient: Sender, identity: Identity) -> None:
        with plain_receiver(identity, ACCEPTED) as server:
            server.serve = lambda plain: plain.sendall(ACCEPTED)
            self.refused(patient, server)

    def test_a_receiver_that_never_shakes_hands_is_too_late(
        self, quick: Sender, identity: Identity
    ) -> None:
        with raw_server(identity, ACCEPTED) as server:
            server.serve = lambda _: hold(server)
            outcome = send(quick, server)

        assert (outcome.status, outcome.problem) == (None, Problem.TIMEOUT)


class TestUnreachable:
    def test_nobody_listens(self, patient: Sender) -> None:
        with closing(create_server(("127.0.0.1", 0))) as bound:
            port = bound.getsockname()[1]
        outcome = patient.send(f"https://{HOST}:{port}/", HEADERS, BODY)

        assert outcome.problem is Problem.CONNECT_FAILED

    def test_a_name_without_an_address(self, patient: Sender) -> None:
        outcome = patient.send("https://gone.example.com/", HEADERS, BODY)

        assert outcome.problem is Problem.NAME_NOT_FOUND

    def test_a_resolver_that_hangs_is_too_late(self, quick: Sender, names: Names) -> None:
        release = Event()
        names.before_answer = lambda: release.wait(60)
        outcome = quick.send("https://slow.example.com/", HEADERS, BODY)
        release.set()

        assert outcome.problem is Problem.TIMEOUT

    def test_what_may_not_be_called_is_refused(self, patient: Sender) -> None:
        outcome = patient.send("https://10.0.0.1/", HEADERS, BODY)

        assert outcome.problem is Problem.TARGET_REFUSED
        assert outcome.status is None


def test_the_authorities_of_the_system_are_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each context with them takes 0.8 MB."""
    made: list[Path | None] = []
    monkeypatch.setattr("gateway.events.sender.trust", lambda *files: made.append(*files or [None]))

    Sender([], Own([]))

    assert made == [None]
