"""Attempts to make the gateway call what is not public; what connects is counted below us.

Nothing of ours is replaced: the resolver's answers are, and what the interpreter audits as a
connection is counted. Connections to public addresses are refused here, as by a firewall.
"""

import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Thread
from typing import Any, Final

import pytest

from gateway.events.outcome import Problem
from gateway.events.own import Own
from gateway.events.sender import Sender
from gateway.events.targets import parse, resolve
from tests.events.names import Names
from tests.events.receivers import BODY, HEADERS, HOST, LOOPBACK
from tests.events.spellings import (
    FORBIDDEN,
    FORBIDDEN_4,
    PUBLIC_4,
    PUBLIC_6,
    canonical,
    odd_spellings,
)
from tests.spe.raw_server import Identity, raw_server, reply

URL: Final = f"https://{HOST}/hook"
GATEWAY: Final = "gateway.example.com"
NAMES: Final = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "printer.local",
    "metadata.google.internal",
    "router.home.arpa",
    "kubernetes",
    "metadata",
    "intranet.",
)
"""Names that are refused whatever they lead to."""

CODES: Final = range(300, 309)
PLACES: Final = (
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://0.0.0.0:{port}/",
    "//127.0.0.1:{port}/",
    "/elsewhere",
    "http://169.254.169.254/latest/meta-data/",
    f"https://{PUBLIC_4}/",
    f"https://{HOST}:{{port}}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_x",
    "https://[",
)

_audited: Final[list[tuple[object, ...]]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        _audited.append(arguments[1])


sys.addaudithook(_audit)


@pytest.fixture
def connected() -> list[tuple[object, ...]]:
    """Everything that is connected to from now on."""
    _audited.clear()
    return _audited


@pytest.fixture(scope="module")
def outside() -> Sender:
    """Send without a laboratory."""
    return Sender((), Own(), seconds=60)


@pytest.fixture
def firewall(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuse every connection, and tell to which address it was asked for."""
    asked: list[str] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        asked.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return asked


def spelled(address: str) -> Iterator[str]:
    """Yield the URLs that name an address."""
    host = canonical(address)
    yield f"https://{host}/"
    yield f"https://{host}:8443/hook?a=b"
    yield f"http://{host}/"
    yield f"https://user:pass@{host}/"
    yield f"https://example.com@{host}/"
    yield from (f"https://{each}/" for each in odd_spellings(address))


def answers(address: str) -> Iterator[list[str]]:
    """Yield the answers of a resolver that lead to an address, alone or among public ones."""
    yield [address]
    yield [PUBLIC_4, address]
    yield [address, PUBLIC_4]
    yield [PUBLIC_6, PUBLIC_4, address]


def test_there_are_enough_attempts() -> None:
    spellings = sum(len(list(spelled(address))) for address in FORBIDDEN)
    resolved = sum(len(list(answers(address))) for address in FORBIDDEN)
    rebound = 2 * len(FORBIDDEN)
    redirected = len(CODES) * len(PLACES)

    assert spellings >= 1000
    assert resolved >= 200
    assert rebound >= 100
    assert redirected >= 100
    assert spellings + resolved + rebound + redirected + len(NAMES) >= 300


@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_spelling_of_an_address_leads_there(
    outside: Sender, names: Names, connected: list[object], address: str
) -> None:
    for url in spelled(address):
        outcome = outside.send(url, HEADERS, BODY)

        assert outcome.problem is Problem.TARGET_REFUSED, url
    assert connected == []
    assert names.asked == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_name_leads_there(
    outside: Sender, names: Names, connected: list[object], address: str
) -> None:
    for answer in answers(address):
        names[HOST] = answer

        assert outside.send(URL, HEADERS, BODY).problem is Problem.TARGET_REFUSED
    assert connected == []
    assert len(names.asked) == len(list(answers(address)))


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_that_was_public_when_it_was_registered_does_not_lead_there_later(
    outside: Sender, names: Names, connected: list[object], address: str
) -> None:
    names.in_turn(HOST, [PUBLIC_4], [address])
    assert resolve(parse(URL), (), Own()) == (ip_address(PUBLIC_4),)

    assert outside.send(URL, HEADERS, BODY).problem is Problem.TARGET_REFUSED
    assert connected == []


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_that_changes_during_a_delivery_leads_to_the_address_that_was_checked(
    outside: Sender, names: Names, firewall: list[str], address: str
) -> None:
    names.in_turn(HOST, [PUBLIC_4], [address])

    assert outside.send(URL, HEADERS, BODY).problem is Problem.CONNECT_FAILED
    assert firewall == [PUBLIC_4]
    assert names.asked == [HOST]


@pytest.mark.parametrize("name", NAMES)
def test_a_local_name_is_not_even_looked_up(
    outside: Sender, names: Names, connected: list[object], name: str
) -> None:
    names[name] = [PUBLIC_4]

    assert outside.send(f"https://{name}/", HEADERS, BODY).problem is Problem.TARGET_REFUSED
    assert (names.asked, connected) == ([], [])


@pytest.mark.parametrize("url", [f"https://{GATEWAY}/", URL, f"https://{PUBLIC_4}/"])
def test_the_gateway_itself_is_not_called_under_any_name(
    names: Names, connected: list[object], url: str
) -> None:
    names[GATEWAY] = [PUBLIC_4]
    names[HOST] = [PUBLIC_4]
    sender = Sender((), Own([GATEWAY]))

    assert sender.send(url, HEADERS, BODY).problem is Problem.TARGET_REFUSED
    assert connected == []


@pytest.mark.parametrize("address", [each for each in FORBIDDEN if not each.startswith("127.")])
def test_a_laboratory_opens_nothing_but_itself(
    names: Names, laboratory: Sender, connected: list[object], address: str
) -> None:
    for url in spelled(address):
        assert laboratory.send(url, HEADERS, BODY).problem is Problem.TARGET_REFUSED, url
    for answer in ([address], [address, "127.0.0.1"], ["127.0.0.1", address]):
        names[HOST] = answer

        assert laboratory.send(URL, HEADERS, BODY).problem is Problem.TARGET_REFUSED
    assert connected == []


@pytest.mark.parametrize("address", [each for each in FORBIDDEN_4 if each.startswith("127.")])
def test_a_laboratory_admits_no_odd_spelling(
    laboratory: Sender, connected: list[object], address: str
) -> None:
    for host in odd_spellings(address):
        outcome = laboratory.send(f"https://{host}/", HEADERS, BODY)

        assert outcome.problem is Problem.TARGET_REFUSED, host
    assert connected == []


class _Redirecting(BaseHTTPRequestHandler):
    """Answers with the status in the path, and with the body as the place."""

    def do_POST(self) -> None:
        place = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(int(self.path[1:]))
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""


@pytest.fixture(scope="module")
def redirecting() -> Iterator[int]:
    """The port of a receiver that sends everybody elsewhere."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Redirecting) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def laboratory() -> Sender:
    """Send to loopback."""
    return Sender(LOOPBACK, Own(), seconds=60)


@pytest.mark.parametrize("code", CODES)
def test_a_redirect_leads_nowhere(
    laboratory: Sender,
    names: Names,
    redirecting: int,
    connected: list[object],
    identity: Identity,
    code: int,
) -> None:
    names["localhost"] = ["127.0.0.1"]
    url = f"http://127.0.0.1:{redirecting}/{code}"
    with raw_server(identity, reply(b"caught")) as trap:
        for place in PLACES:
            outcome = laboratory.send(url, HEADERS, place.format(port=trap.port).encode())

            assert (outcome.status, outcome.problem) == (code, Problem.REDIRECTED), place
        assert connected == [("127.0.0.1", redirecting)] * len(PLACES)
        assert trap.connections == 0
    assert names.asked == []


class TestPublic:
    """What is public is reached, at the address that was checked, by the name."""

    @pytest.fixture
    def diverted(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
        """Lead connections to these addresses to these ports of loopback."""
        ports: dict[str, int] = {}
        real = socket.socket.connect

        def connect(self: socket.socket, address: tuple[str, int]) -> None:
            sys.audit("socket.connect", self, address)
            real(self, ("127.0.0.1", ports[address[0]]))

        monkeypatch.setattr(socket.socket, "connect", connect)
        return ports

    def test_a_public_receiver_is_reached(
        self,
        identity: Identity,
        names: Names,
        diverted: dict[str, int],
        connected: list[tuple[object, ...]],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(identity.path))
        names[HOST] = [PUBLIC_4]
        with raw_server(identity, reply(b"")) as server:
            diverted[PUBLIC_4] = server.port
            outcome = Sender((), Own()).send(URL, HEADERS, BODY)

        assert outcome.delivered
        assert f"Host: {HOST}\r\n".encode() in server.requests[0]
        assert connected[0] == (PUBLIC_4, 443)

    def test_the_authority_of_a_laboratory_vouches_for_nobody_outside(
        self, identity: Identity, names: Names, diverted: dict[str, int]
    ) -> None:
        sender = Sender(LOOPBACK, Own(), ca_file=identity.path)
        names[HOST] = [PUBLIC_4]
        with raw_server(identity, reply(b"")) as server:
            diverted[PUBLIC_4] = server.port
            outside = sender.send(URL, HEADERS, BODY)
            names[HOST] = ["127.0.0.1"]
            diverted["127.0.0.1"] = server.port
            inside = sender.send(URL, HEADERS, BODY)

        assert outside.problem is Problem.TLS_FAILED
        assert inside.delivered
