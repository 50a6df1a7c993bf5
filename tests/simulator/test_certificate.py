import hashlib
import socket
import ssl
from datetime import UTC, datetime

import pytest
from cryptography import x509

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client, trusting


def certificate(simulator: Simulator) -> bytes:
    raw = socket.create_connection(("127.0.0.1", simulator.port), timeout=10)
    with trusting().wrap_socket(raw) as connection:
        return connection.getpeercert(binary_form=True) or b""


def settled(control: Control) -> dict[str, int]:
    """Return the counts once every connection has come to its end."""
    counts = control.connections()
    while counts["closed"] < counts["accepts"]:
        counts = control.connections()
    return counts


def test_the_pins_are_those_of_the_served_certificate(running: Simulator) -> None:
    facts, served = running.announcement(), certificate(running)

    assert facts["thumbprint"] == hashlib.sha1(served, usedforsecurity=False).hexdigest().upper()
    assert facts["sha256"] == hashlib.sha256(served).hexdigest().upper()


def test_new_connections_see_an_exchanged_certificate() -> None:
    with Simulator("beta") as simulator, Client(simulator) as client:
        client.call("Ping")
        before = simulator.announcement()
        after = Control(simulator.control_url).exchange_certificate()
        served = certificate(simulator)

        assert client.call("Ping")["statusCode"] == "succeeded"
        assert after["thumbprint"] != before["thumbprint"]
        assert after["sha256"] == hashlib.sha256(served).hexdigest().upper()
        infos = client.result("GetServiceStatus")["serverInfos"]
        assert infos[0]["serverCertificate"]["thumbprint"] == after["thumbprint"]


def test_the_next_certificate_is_known_before_the_exchange() -> None:
    with Simulator("beta") as simulator:
        control = Control(simulator.control_url)
        before = certificate(simulator)
        following = control.next_certificate()

        assert control.next_certificate() == following
        assert certificate(simulator) == before
        assert control.exchange_certificate()["sha256"] == following["sha256"]
        assert hashlib.sha256(certificate(simulator)).hexdigest().upper() == following["sha256"]
        assert control.next_certificate() != following


def test_an_expired_certificate_has_ended() -> None:
    with Simulator("beta") as simulator:
        Control(simulator.control_url).exchange_certificate(expired=True)
        served = x509.load_der_x509_certificate(certificate(simulator))

    assert served.not_valid_before_utc < served.not_valid_after_utc < datetime.now(UTC)


def test_older_tls_is_refused(running: Simulator) -> None:
    context = trusting()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    raw = socket.create_connection(("127.0.0.1", running.port), timeout=10)
    with raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw)


def test_the_counts_prove_that_no_http_was_sent() -> None:
    with Simulator("beta", scenario=Scenario()) as simulator:
        control = Control(simulator.control_url)
        certificate(simulator)
        counts = settled(control)

    assert counts == {
        "accepts": 1,
        "handshakes": 1,
        "requestsBegun": 0,
        "requests": 0,
        "closed": 1,
    }


def test_the_counts_show_even_one_byte_of_http() -> None:
    with Simulator("beta", scenario=Scenario()) as simulator:
        control = Control(simulator.control_url)
        raw = socket.create_connection(("127.0.0.1", simulator.port), timeout=10)
        with trusting().wrap_socket(raw) as connection:
            connection.sendall(b"P")
        counts = settled(control)

    assert (counts["requestsBegun"], counts["requests"]) == (1, 0)
