"""A plain client of the Management API, for the simulator's own tests."""

import base64
import http.client
import json
import ssl
from typing import Any, Protocol, Self
from urllib.parse import urlencode

JSON = dict[str, Any]


class Announcing(Protocol):
    """A simulated server, in this process or in another one."""

    def announcement(self) -> JSON:
        """Return what a client needs."""


def trusting() -> ssl.SSLContext:
    """Return a context that takes any certificate: these tests look at it themselves."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One keep-alive connection with credentials.

    Attributes:
        answer: the last HTTP answer, its body read.
        body: that body.
    """

    answer: http.client.HTTPResponse
    body: bytes

    def __init__(self, simulator: Announcing, password: str | None = None) -> None:
        facts = simulator.announcement()
        pair = f"{facts['userName']}:{password or facts['password']}"
        self._headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        self._connection = http.client.HTTPSConnection(
            "127.0.0.1", facts["port"], context=trusting(), timeout=20
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def begin(self, command: str) -> None:
        """Send a command without arguments, and wait for no answer."""
        self._connection.request("POST", f"/api/invoke/{command}", b"", self._headers)

    def send(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> int:
        """Send a request as it is; return the status."""
        given = self._headers if headers is None else headers
        self._connection.request(method, path, body, given)
        self.answer = self._connection.getresponse()
        self.body = self.answer.read()
        return self.answer.status

    def control(self, call: str, /, **arguments: object) -> JSON:
        """Send a control call; return its document."""
        assert self.send("POST", f"/api/{call}", urlencode(arguments).encode()) == 200
        return json.loads(self.body.decode("utf-8-sig"))

    def call(self, command: str, /, **arguments: object) -> JSON:
        """Send a command; return its envelope."""
        return self.control(f"invoke/{command}", **arguments)

    def result(self, command: str, /, **arguments: object) -> Any:  # noqa: ANN401 - by command
        """Send a command that succeeds at once; return its result."""
        envelope = self.call(command, **arguments)
        assert (envelope["statusCode"], envelope["error"]) == ("succeeded", None)
        return envelope["result"]

    def refusal(self, command: str, /, **arguments: object) -> str:
        """Send a command that fails; return the message."""
        envelope = self.call(command, **arguments)
        assert (envelope["statusCode"], envelope["result"]) == ("failed", None)
        return envelope["error"]["message"]

    def poll(self, envelope: JSON, milliseconds: int = 0) -> JSON:
        """Return the status after an envelope."""
        return self.control(
            "get-status",
            token=envelope["token"],
            lastKnownStatusVersion=envelope["statusVersion"],
            millisecondsTimeout=milliseconds,
        )

    def drained(self, envelope: JSON) -> tuple[JSON, str]:
        """Poll until the end; return the last envelope and the whole log."""
        log = envelope["logOutput"] or ""
        while envelope["statusCode"] == "running":
            envelope = self.poll(envelope, 5000)
            log += envelope["logOutput"] or ""
        return envelope, log
