"""A TLS server that says exactly the bytes of its script, however wrong they are."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.spe.client import Client, Endpoint, Limits
from gateway.spe.guard import UNGUARDED, Guard

PASSWORD = "canary-s3cret-päss"
QUICK = Limits(connect_seconds=2, control_seconds=2, connections=2, pool_seconds=0.2)


@dataclass(frozen=True)
class Identity:
    """A self-signed certificate with its key, in one file."""

    path: Path
    certificate: x509.Certificate

    @property
    def sha1(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a thumbprint

    @property
    def sha256(self) -> str:
        return self.certificate.fingerprint(hashes.SHA256()).hex().upper()

    @classmethod
    def make(cls, path: Path, *, starts: timedelta, ends: timedelta) -> Self:
        """Valid from and until now plus these."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts)
            .not_valid_after(now + ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        private = key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + certificate.public_bytes(pem))
        return cls(path, certificate)


Step = bytes | Callable[[ssl.SSLSocket], None]


def envelope(**keys: object) -> dict[str, object]:
    """An immediate success, with some keys replaced."""
    return {
        "error": None,
        "token": None,
        "statusVersion": 2,
        "statusCode": "succeeded",
        "percentProgress": None,
        "statusText": None,
        "result": None,
        "logOutput": None,
    } | keys


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer with its length announced."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def success(**keys: object) -> bytes:
    """As SPE writes it: a byte order mark and indented JSON with CRLF."""
    text = json.dumps(envelope(**keys), indent=2).replace("\n", "\r\n")
    return reply(b"\xef\xbb\xbf" + text.encode(), "Content-Type: application/json")


def hang_up(connection: ssl.SSLSocket) -> None:
    """Ends the connection without an answer."""
    connection.shutdown(socket.SHUT_RDWR)


class RawServer:
    """Serves one step of the script for each request; the last one again and again.

    Attributes:
        requests: every request as it came, head and body.
        latest: the last request of each connection.
        connections: how many were accepted.
        received: how many bytes of HTTP came.
        identity: shown to the next connection.
        serve: what is done with a connection.
    """

    def __init__(self, identity: Identity, script: Sequence[Step]) -> None:
        self.requests: list[bytes] = []
        self.latest: dict[ssl.SSLSocket, bytes] = {}
        self.connections = 0
        self.received = 0
        self.identity = identity
        self.stopping = threading.Event()
        self.serve: Callable[[socket.socket], None] = self._serve
        self._script = list(script)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    def client(
        self, pin: str | None = "", limits: Limits = QUICK, guard: Guard = UNGUARDED
    ) -> Client:
        """A client with the right pin, or with this one."""
        endpoint = self.endpoint(self.identity.sha256 if pin == "" else pin)
        return Client(endpoint, limits, guard=guard)

    def endpoint(self, pin: str | None) -> Endpoint:
        return Endpoint("d1", "127.0.0.1", self.port, "admin", PASSWORD, pin)

    def stop(self) -> None:
        self.stopping.set()
        for opened in [self._listener, *self._open]:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                self.connections += 1
                self._open.append(plain)
                self._start(self.serve, plain)

    def _serve(self, plain: socket.socket) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.identity.path)
        with suppress(OSError), context.wrap_socket(plain, server_side=True) as connection:
            self._open.append(connection)
            while request := self._request(connection):
                self.requests.append(request)
                self.latest[connection] = request
                step = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                if isinstance(step, bytes):
                    connection.sendall(step)
                else:
                    step(connection)

    def _request(self, connection: ssl.SSLSocket) -> bytes:
        data = bytearray()
        while not _is_whole(data):
            chunk = connection.recv(65536)
            if not chunk:
                return b""
            self.received += len(chunk)
            data += chunk
        return bytes(data)


def _is_whole(data: bytearray) -> bool:
    head, gap, body = bytes(data).partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    announced = int(lengths[0].partition(b":")[2]) if lengths else 0
    return bool(gap) and len(body) >= announced


def body_of(request: bytes) -> bytes:
    """What came after the head."""
    return request.partition(b"\r\n\r\n")[2]


@contextmanager
def raw_server(identity: Identity, *script: Step) -> Iterator[RawServer]:
    server = RawServer(identity, script)
    try:
        yield server
    finally:
        server.stop()
