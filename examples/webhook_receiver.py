"""Receive the webhooks of a spe-gateway, and lose none. Python 3.11, standard library only.

Each event is verified, written to a file of JSON lines, and on the disk (fsync) before the gateway
hears that it has arrived: whatever kills this process, an event is in the file, or the gateway
sends it again. An event that comes twice is written once.

Make a webhook with ``POST /webhooks``, write the secret that it shows once into a file, and run::

    echo 'whsec_…' > secrets.txt
    python webhook_receiver.py --secrets secrets.txt --events events.jsonl --port 8099

behind a proxy that ends TLS: the gateway sends to https addresses only. In a laboratory, start the
gateway with ``SPE_GATEWAY_WEBHOOK_NETWORKS=127.0.0.0/8``; then http://127.0.0.1:8099/ will do too.

The file may hold several secrets, one a line, and is read for each delivery. So to change the
secret, add the new one that ``POST /webhooks/{webhook}/rotate-secret`` shows, and take the old one
away after that; both sign for a day.

What is verified is Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): HMAC-SHA256 over
``{webhook-id}.{webhook-timestamp}.{body}`` with the bytes that follow ``whsec_`` in base64.
"""

# ruff: noqa: INP001, T201 - a script by itself, which says where it listens

import argparse
import binascii
import hashlib
import hmac
import json
import os
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any

TOLERANCE = 300
"""Seconds that the sender's clock and ours may differ; what is older may be a replay."""

DIGITS = 15
"""Of a Unix time, at most."""

LARGEST = 1_048_576
"""Bytes of a body. Events are thin; nobody gets us to read more."""

PREFIX = "whsec_"


class Refused(Exception):
    """A delivery that is not taken.

    Args:
        status: of HTTP. Never 410, which would disable the webhook.
        reason: for whoever reads the log of deliveries.
    """

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def verify(headers: dict[str, str], body: bytes, secrets: list[str], now: float) -> str:
    """Verify a delivery, and return its id.

    Args:
        headers: with their names in lower case.
        body: exactly the bytes that came.
        secrets: those that count now, each beginning with ``whsec_``.
        now: Unix time.

    Raises:
        Refused: it is not from the gateway, was altered, or is too old.
    """
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    if not all(headers.get(name) for name in names):
        raise Refused(HTTPStatus.BAD_REQUEST, "A header of Standard Webhooks is missing.")
    message, timestamp, signatures = (headers[name] for name in names)
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= DIGITS):
        raise Refused(HTTPStatus.BAD_REQUEST, "The timestamp is no Unix time.")
    signed = f"{message}.{timestamp}.".encode("latin-1") + body
    expected = [signature(secret, signed) for secret in secrets]
    # Every pair is compared, each in constant time: how long it takes says nothing.
    fits = [
        hmac.compare_digest(each.encode("latin-1"), known.encode("ascii"))
        for each in signatures.split(" ")
        for known in expected
    ]
    if not any(fits):
        raise Refused(HTTPStatus.UNAUTHORIZED, "No signature fits.")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise Refused(HTTPStatus.BAD_REQUEST, "The delivery is too old, or from the future.")
    return message


def signature(secret: str, signed: bytes) -> str:
    """Return the signature that a secret makes."""
    key = b64decode(secret.removeprefix(PREFIX), validate=True)
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")


def secrets_in(path: Path) -> list[str]:
    """Return the secrets of a file, one a line.

    Raises:
        ValueError: there is none, or one that is not written as it should be.
    """
    found = path.read_text(encoding="ascii").split()
    for secret in found:
        if not secret.startswith(PREFIX):
            raise ValueError(f"A secret in {path} does not begin with {PREFIX}.")
        try:
            b64decode(secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            raise ValueError(f"A secret in {path} is no base64.") from None
    if not found:
        raise ValueError(f"There is no secret in {path}.")
    return found


class Inbox:
    """A file of JSON lines: ``{"webhookId", "receiveTime", "event"}``, each id once.

    Args:
        path: of the file; one process at a time writes it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._file = path.open("ab+", buffering=0)
        self._seen = self._read()
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)  # a file that was just made is in its folder now, also after a power cut
        os.close(folder)

    def _read(self) -> set[str]:
        """Return the ids that are there; half a line, of a write that was cut off, is taken off.

        It was never answered, so the gateway sends it again.
        """
        self._file.seek(0)
        whole = self._file.read()
        complete = whole[: whole.rfind(b"\n") + 1]
        self._file.truncate(len(complete))
        return {str(json.loads(line)["webhookId"]) for line in complete.splitlines()}

    def put(self, message: str, event: Any) -> bool:  # noqa: ANN401 - any JSON value
        """Write an event down, and return when it is on the disk; False if it was there."""
        line = {
            "webhookId": message,
            "receiveTime": datetime.now(UTC).isoformat(),
            "event": event,
        }
        with self._lock:
            if message in self._seen:
                return False
            self._append((json.dumps(line) + "\n").encode())
            self._seen.add(message)
            return True

    def _append(self, line: bytes) -> None:
        """Append a whole line, or nothing of it: a full disk leaves no half one behind."""
        end = self._file.seek(0, os.SEEK_END)
        try:
            self._write(line)
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(end)
            raise

    def _write(self, line: bytes) -> None:
        if self._file.write(line) != len(line):
            raise OSError("The line was written in part only.")


class Receiver(BaseHTTPRequestHandler):
    """Answers a delivery: 204 once it is kept."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    inbox: Inbox
    secrets: Path

    def do_POST(self) -> None:
        """Take a delivery."""
        try:
            body = self._body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            message = verify(headers, body, secrets_in(self.secrets), time.time())
            self.inbox.put(message, _parsed(body))
        except Refused as refusal:
            self._answer(refusal.status, str(refusal))
        except (OSError, ValueError) as error:  # not kept: the gateway tries again later
            self.log_error("not kept: %s", error)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "It could not be kept.")
        else:
            self._answer(HTTPStatus.NO_CONTENT)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Say how long the body is.")
        if int(length) > LARGEST:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too large.")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise Refused(HTTPStatus.BAD_REQUEST, "The body was cut off.")
        return body

    def _answer(self, status: HTTPStatus, reason: str = "") -> None:
        text = f"{reason}\n".encode() if reason else b""
        self.send_response(status)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(text)))
            self.send_header("Connection", "close")  # what was not read is no next request
        self.end_headers()
        self.wfile.write(text)


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(body)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "The body is no JSON.") from None


def main() -> None:
    """Receive until somebody ends it."""
    parser = argparse.ArgumentParser(description="Receive the webhooks of a spe-gateway.")
    parser.add_argument("--secrets", type=Path, required=True, help="file: a secret on each line")
    parser.add_argument("--events", type=Path, required=True, help="file that events go into")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8099, help="0 for any that is free")
    chosen = parser.parse_args()
    secrets_in(chosen.secrets)
    Receiver.secrets, Receiver.inbox = chosen.secrets, Inbox(chosen.events)
    with ThreadingHTTPServer((chosen.host, chosen.port), Receiver) as server:
        print(f"http://{chosen.host}:{server.server_address[1]}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
