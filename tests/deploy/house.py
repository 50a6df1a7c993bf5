"""A gateway behind the recommended proxy, and clients of every kind before it."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import requests

from deploy.servers.daemon import Absent, Daemon, free_port
from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.cli.program import Running, environment, running
from tests.services import ABSENT, leave_out
from tests.world import registration

CONFIGURATION = Path(__file__).parents[2] / "deploy/haproxy/haproxy.cfg"
UNHURRIED = "100000/minute"
PATIENCE = 30.0
"""Seconds for an answer; nothing but a hanging one takes as long."""

OTHER_TIMES = {
    "timeout http-request 10s": "timeout http-request 2s",
    "timeout client 30s": "timeout client 5s",
    "timeout check 5s": "timeout check 30s",
    "timeout queue 10s": "timeout queue 30s",
}
"""So that a test waits less for slow clients, and a loaded machine is no gateway that is down."""

MINE = "127.0.0.1"
"""From where the well-behaved client calls."""


@dataclass
class House:
    """What the tests find.

    Attributes:
        port: where the proxy listens, on every loopback address.
        metrics: where the proxy's metrics are.
        certificate: of the proxy.
        address: of the gateway behind it.
        gateway: its process.
        proxy: its process.
        token: of the operator.
        known: the credentials of the operator.
    """

    port: int
    metrics: int
    certificate: Path
    address: str
    gateway: Running
    proxy: subprocess.Popen[bytes]
    known: dict[str, str] = field(default_factory=dict)
    token: str = ""

    @property
    def url(self) -> str:
        """Where clients call."""
        return f"https://localhost:{self.port}"

    @property
    def log(self) -> str:
        """What the proxy said so far."""
        return self.certificate.with_name("proxy.log").read_text()

    @property
    def context(self) -> ssl.SSLContext:
        """What a client trusts."""
        return ssl.create_default_context(cafile=self.certificate)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401 # as requests takes them
        """Call as the operator."""
        signed = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers = {**signed, **options.pop("headers", {})}
        return requests.request(
            method,
            self.url + path,
            headers=headers,
            verify=str(self.certificate),
            timeout=PATIENCE,
            **options,
        )

    def line(self, source: str = "127.0.0.2", receive: int = 0) -> ssl.SSLSocket:
        """Open a connection.

        Args:
            source: the loopback address that it comes from.
            receive: bytes that the kernel keeps for us at most; 0 for as many as it likes.
        """
        bare = socket.socket()
        if receive:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        bare.settimeout(PATIENCE)
        bare.bind((source, 0))
        bare.connect((MINE, self.port))
        return self.context.wrap_socket(bare, server_hostname="localhost")

    def answer(self, raw: bytes, source: str = "127.0.0.2") -> bytes:
        """Send bytes as they are, and return all that comes until the connection is closed."""
        with self.line(source) as line:
            line.sendall(raw)
            return rest(line)

    def paths(self, peer: str | None = None) -> list[str]:
        """Return the paths of the requests that reached the gateway, from an address or all."""
        wanted = f'"peer": "{peer}"' if peer else ""
        lines = [each for each in self.gateway.log.splitlines() if wanted in each]
        return [found[1] for each in lines if (found := re.search(r'"path": "([^"]*)"', each))]


def rest(line: ssl.SSLSocket) -> bytes:
    """Return what comes until the other side closes the connection, in whatever way."""
    said = b""
    with suppress(ConnectionError, ssl.SSLError):
        while piece := line.recv(65536):
            said += piece
    return said


def statuses(said: bytes) -> list[int]:
    """Return the statuses of the answers in what was received."""
    return [int(each) for each in re.findall(rb"^HTTP/1\.[01] (\d{3})", said, re.MULTILINE)]


@contextmanager
def behaved(house: House) -> Iterator[None]:
    """Call as a client that does nothing wrong, as long as the block lasts: all is answered."""
    seen: list[int] = []
    over = Event()

    def call() -> None:
        while not over.is_set() or len(seen) < 5:
            seen.append(house.call("GET", "/instances").status_code)
            over.wait(0.1)

    caller = Thread(target=call)
    caller.start()
    try:
        yield
    finally:
        over.set()
        caller.join(PATIENCE)
    assert not caller.is_alive(), "a well-behaved client waits"
    assert len(seen) >= 5
    assert set(seen) == {200}, house.log[-2000:]


def program() -> str:
    """Return HAProxy, or leave the test out."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if found is None:
        leave_out(f"HAProxy {ABSENT}: scripts/test-services installs it.")
    return found


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Build it in an empty folder: one gateway behind the proxy, beside one that is dead."""
    operator = initialise(Settings(home=folder / "home"))
    quick = {"client_rate": UNHURRIED, "reseller_rate": UNHURRIED, "address_rate": UNHURRIED}
    settings = environment(folder / "home", proxies="1", **quick)
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with (
        Simulator("alpha", scenario=Scenario(verify_rate=700)) as simulator,
        running(arguments, settings, folder / "gateway.log") as gateway,
    ):
        address = gateway.first_line()["url"].removeprefix("http://")
        with proxied(folder, address, gateway) as made:
            made.known = {"client_id": operator.client_id, "client_secret": operator.client_secret}
            form = {"grant_type": "client_credentials", **made.known}
            made.token = made.call("POST", "/oauth/token", data=form).json()["access_token"]
            body = registration(simulator, "alpha")
            assert made.call("POST", "/deployments", json=body).status_code == 201
            yield made


@contextmanager
def proxied(folder: Path, address: str, gateway: Running) -> Iterator[House]:
    """Run the proxy before a gateway; its files go to a folder."""
    certificate = certified(folder)
    port, metrics = free_port(), free_port()
    places = {
        "PROXY_BIND": f"127.0.0.1:{port}",
        "PROXY_METRICS": f"127.0.0.1:{metrics}",
        "PROXY_CERTIFICATE": str(certificate),
        "GATEWAY_A": f"127.0.0.1:{free_port()}",
        "GATEWAY_B": address,
    }
    file = folder / "haproxy.cfg"
    file.write_text(shortened(CONFIGURATION.read_text()))
    daemon = Daemon(folder / "proxy.log", signal.SIGTERM)
    command = [program(), "-db", "-f", str(file)]

    def answers() -> bool:
        with socket.socket() as caller:
            return not caller.connect_ex((MINE, port))

    try:
        daemon.start(command, answers, environment={**os.environ, **places})
    except Absent as error:
        raise AssertionError(str(error)) from None
    try:
        process = daemon._process  # noqa: SLF001 # a test sends it another signal
        assert process is not None
        yield House(port, metrics, certificate, address, gateway, process)
    finally:
        daemon.stop()


def shortened(text: str, changes: Mapping[str, str] = OTHER_TIMES) -> str:
    """Return the configuration with other times, and for whoever runs the tests."""
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return (
        text
        if not os.geteuid()
        else re.sub(r"^    (user|group) .*\n", "", text, flags=re.MULTILINE)
    )


def certified(folder: Path) -> Path:
    """Return a file with a certificate of localhost and its key."""
    key, certificate, both = (folder / name for name in ("key.pem", "own.pem", "gateway.pem"))
    subprocess.run(  # noqa: S603 # a program of the system, and no shell
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both
