"""Receivers of webhooks on loopback: a name, a certificate for it, and a script."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.events.outcome import Outcome
from gateway.events.own import Own
from gateway.events.sender import Sender
from tests.spe.raw_server import Identity, RawServer, Step, raw_server, reply

HOST = "hooks.example.com"
LOOPBACK = (ip_network("127.0.0.0/8"),)
BODY = b'{"type":"operation.ended"}'
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
ACCEPTED = reply(b"thanks")
HEADERS = {"webhook-id": "msg_1", "webhook-timestamp": "1614265330", "webhook-signature": "v1,x"}


def identity_of(path: Path, *names: str, age: timedelta = timedelta(0)) -> Identity:
    """Make a certificate for names and addresses, which vouches for itself; valid for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)])
    starts = datetime.now(UTC) - timedelta(hours=12) - age
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*map(_general, names)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(pem))
    return Identity(path, certificate)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def sender(identity: Identity | None = None, seconds: float = 10.0) -> Sender:
    """Return what sends to loopback, and trusts one certificate there."""
    ca_file = None if identity is None else identity.path
    return Sender(LOOPBACK, Own(), ca_file=ca_file, seconds=seconds)


def url_of(server: RawServer, host: str = HOST, path: str = "/hook") -> str:
    """Return the URL of a receiver under a name."""
    return f"https://{host}:{server.port}{path}"


def send(through: Sender, server: RawServer, host: str = HOST) -> Outcome:
    """Send one webhook to a receiver."""
    return through.send(url_of(server, host), HEADERS, BODY)


@contextmanager
def plain_receiver(identity: Identity, *script: Step) -> Iterator[RawServer]:
    """Serve a script without TLS."""
    with raw_server(identity, *script) as server:

        def serve(plain: socket.socket) -> None:
            with suppress(OSError):
                request = server._request(plain)  # type: ignore[arg-type]  # noqa: SLF001 - it only receives
                server.requests.append(request)
                step = script[min(len(server.requests), len(script)) - 1]
                if isinstance(step, bytes):
                    plain.sendall(step)
                else:
                    step(plain)  # type: ignore[arg-type] # it only sends
                plain.shutdown(socket.SHUT_RDWR)

        server.serve = serve
        yield server


def reset(connection: ssl.SSLSocket) -> None:
    """Break the connection off with a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    socket.close(connection.detach())


def hold(server: RawServer) -> None:
    """Do nothing until the server stops."""
    server.stopping.wait(60)
