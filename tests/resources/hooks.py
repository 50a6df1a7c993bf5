"""Webhooks that a persona makes, and a receiver for them on loopback."""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from gateway.storage import event_log
from tests.answers import JSON
from tests.core import until
from tests.world import World, canary

URL = "https://hooks.example.com/spe"


class Receiver(ThreadingHTTPServer):
    """A receiver of webhooks on loopback.

    Attributes:
        status: of every answer.
        got: headers and bodies, in order.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 204
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}/hook"

    def events(self) -> list[Any]:
        """Return what was told."""
        return [json.loads(body) for _, body in self.got]


class Handler(BaseHTTPRequestHandler):
    """Notes what comes."""

    server: Receiver

    def do_POST(self) -> None:
        """Take one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def made(world: World, who: str = "a_admin", **members: Any) -> JSON:  # noqa: ANN401 # JSON
    """Make a webhook as a persona."""
    body = {"name": f"{canary('A')}hook", "url": URL, **members}
    answer = world.personas[who].post("/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    found: JSON = answer.get_json()
    return found


def get(world: World, path: str, who: str = "a_admin") -> JSON:
    answer = world.personas[who].get(path)
    assert answer.status_code == 200, answer.text
    found: JSON = answer.get_json()
    return found


def checks(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Check a signature as docs/webhooks.md does."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(secret.removeprefix("whsec_"))
    right = b"v1," + b64encode(hmac.digest(key, signed, "sha256"))
    given = headers["webhook-signature"].encode().split()
    return any(hmac.compare_digest(right, each) for each in given)


def quiet(world: World) -> None:
    """Wait until all that happened has its number."""

    def is_waiting() -> bool:
        with world.served.gateway.services.database.read() as connection:
            return event_log.is_waiting(connection)

    until(lambda: not is_waiting())


def ended(world: World, hook: JSON) -> list[JSON]:
    """Return the deliveries to a webhook, once all of them are over."""
    found: list[JSON] = get(world, f"/webhooks/{hook['id']}/deliveries")["items"]
    return found if all(each["endTime"] for each in found) else []
