"""Pins as people write them, and a look at a certificate without a word."""

import socket
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CertificateRejected, DeploymentUnreachable, InvalidInput
from gateway.spe.certificate import Certificate, normalise_pin, probe
from tests.spe.raw_server import Identity, raw_server, success

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.mark.parametrize("digits", [40, 64])
def test_colons_and_case_do_not_matter(digits: int) -> None:
    pin = ("0123456789abcdef" * 4)[:digits]
    colons = ":".join(pin[i : i + 2] for i in range(0, digits, 2))

    assert {normalise_pin(p) for p in (pin, pin.upper(), colons)} == {pin.upper()}


@pytest.mark.parametrize(
    "pin",
    [
        "",
        ":",
        MD5,
        "a" * 39,
        "a" * 41,
        "a" * 128,
        "g" * 40,
        " " + "a" * 40,
        "a" * 40 + "\n",
        "a" * 40 + " ",
        "a" * 38 + "::aa",
        ":" + "a" * 40,
        "a:" * 20 + "a" * 20,
        "\uff41" * 40,
    ],
)
def test_anything_else_is_no_pin(pin: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise_pin(pin)

    assert [fault.pointer for fault in caught.value.faults] == ["/pin"]


@given(st.text())
def test_no_text_breaks_the_reading_of_a_pin(text: str) -> None:
    with pytest.raises(InvalidInput):
        normalise_pin(text)


def test_a_probe_reads_the_certificate_and_says_nothing(identity: Identity) -> None:
    with raw_server(identity, success()) as server:
        certificate = probe("127.0.0.1", server.port, 2)

    assert server.received == 0
    assert certificate.sha1 == identity.sha1
    assert certificate.sha256 == identity.sha256
    assert certificate.subject == certificate.issuer == "CN=spe-one"
    assert certificate.self_signed
    assert certificate.not_before < datetime.now(UTC) < certificate.not_after


def test_a_probe_shows_an_expired_certificate_as_it_is(expired_identity: Identity) -> None:
    with raw_server(expired_identity, success()) as server:
        assert probe("127.0.0.1", server.port, 2).not_after < datetime.now(UTC)


def test_a_probe_of_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(DeploymentUnreachable):
        probe("127.0.0.1", port, 2)


def test_a_probe_ends_in_time_when_nobody_shakes_hands() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(DeploymentUnreachable),
    ):
        probe("127.0.0.1", listener.getsockname()[1], 0.2)


@pytest.mark.parametrize("der", [None, b"", b"garbage"])
def test_an_unreadable_certificate_is_rejected(der: bytes | None) -> None:
    with pytest.raises(CertificateRejected):
        Certificate.from_der(der)
