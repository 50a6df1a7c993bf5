"""The control plane: what a test asks of a simulator, in plain HTTP and JSON.

| Request | Does |
|---|---|
| `GET /state`, `GET /state-hash` | everything, or its SHA-256 |
| `GET /journal`, `DELETE /journal` | the requests to the SPE port |
| `GET /connections` | how many connections came how far |
| `POST /seed` | plants `hosts`, `clientAccessServers`, `administrators`, `instances`, see `seed` |
| `POST /archive` | plants in an instance that is there, or alters its stores, see `archive_seed` |
| `POST /reset` | back to the scenario; tokens, journal and faults are gone |
| `POST /restart` | loses all tokens, as an upgrade does |
| `POST /operations/{token or *}/pause` and `/resume` | holds operations where they stand |
| `POST /operations/{token}/transition` | `{"statusCode": ..., "message": ...}` ends one |
| `GET`, `POST`, `DELETE /faults` | plants a fault, see `faults.Fault` |
| `POST /asynchronous` | `{"share": 0.2, "seed": 7, "seconds": 0.2, "command": "*"}` |
| `POST /clock` | `{"advanceSeconds": 60}` or `{"now": "2026-12-24T00:00:00+00:00"}` |
| `POST /certificate` | exchanges it; `{"expired": true}` for one that has ended |
| `POST /certificate/next` | makes the one that the next exchange brings, and shows its pins |
| `GET`, `POST /condition` | `{"condition": "down"}`, one of `conduct.CONDITIONS` |
| `POST /instance` | `{"instanceID": ..., "status": "stopped"}`, as somebody at the server does it |
| `POST /mail` | `{"instanceID": ..., "messages": 500}` have come in just now |
| `POST /disk/move` | `{"instanceID": ..., "from": ..., "to": ...}` moves a store's files |
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from .application import Application
from .archive_seed import alter
from .failures import Failure
from .instances import enter
from .mail import bring
from .management_server import ManagementServer
from .scenario import Asynchronous
from .seed import plant
from .stores import place

Document = dict[str, Any]

NEEDED = {
    "POST /condition": {"condition"},
    "POST /archive": {"instanceID"},
    "POST /instance": {"instanceID", "status"},
    "POST /mail": {"instanceID", "messages"},
    "POST /disk/move": {"instanceID", "from", "to"},
    "POST /asynchronous": {"share"},
}
TAKEN = {
    **NEEDED,
    "POST /seed": {"hosts", "clientAccessServers", "administrators", "instances"},
    "POST /archive": {
        "instanceID",
        "directory",
        "folders",
        "folderStatisticsFail",
        "jobResults",
        "mail",
        "poisonedInstants",
        "stores",
        "users",
        "workerResults",
    },
    "POST /asynchronous": {"share", "seed", "seconds", "command"},
    "POST /clock": {"advanceSeconds", "now"},
    "POST /certificate": {"expired"},
}
"""The members of the bodies; faults look after their own."""


class Controlled(Protocol):
    """What the control plane moves: the simulator as a whole."""

    application: Application
    server: ManagementServer

    @property
    def condition(self) -> str:
        """How it answers; one of `conduct.CONDITIONS`."""

    def counts(self) -> dict[str, int]:
        """Return how many connections to the SPE port came how far."""

    def announcement(self) -> dict[str, Any]:
        """Return what a client needs."""

    def reset(self) -> None:
        """Go back to the scenario."""

    def next_certificate(self) -> dict[str, str]:
        """Return the pins of the certificate that the next exchange brings."""

    def exchange_certificate(self, *, expired: bool) -> None:
        """Use another certificate for new connections."""

    def enter(self, condition: str) -> None:
        """Answer, refuse connections, hang, or show another certificate than is announced."""


def require_members(route: str, document: object) -> None:
    """Refuse a body that is no object, lacks a member or has one that nobody knows.

    Raises:
        ValueError: names the members.
    """
    if not isinstance(document, dict):
        raise ValueError("The body is one JSON object.")  # noqa: TRY004 - wrong input, not a wrong call
    if missing := NEEDED.get(route, set()) - document.keys():
        raise ValueError(f"{route} needs {', '.join(sorted(missing))}.")
    if route in TAKEN and (unknown := document.keys() - TAKEN[route]):
        known = ", ".join(sorted(TAKEN[route]))
        raise ValueError(f"{route} takes {known}, not {', '.join(sorted(unknown))}.")


class NotThere(Exception):
    """The control plane has no such thing."""


class Control:
    """The WSGI application of the control plane."""

    def __init__(self, simulator: Controlled) -> None:
        self._simulator = simulator
        self._application = simulator.application
        self._server = simulator.server
        self._clock = simulator.server.deployment.clock
        self._routes: dict[str, Callable[[Document], Any]] = {
            "GET /state": self._state,
            "GET /state-hash": self._state_hash,
            "GET /journal": lambda _: self._application.journal.document(),
            "DELETE /journal": lambda _: self._application.journal.clear(),
            "GET /connections": lambda _: simulator.counts(),
            "POST /seed": self._seed,
            "POST /archive": self._alter,
            "POST /reset": lambda _: simulator.reset(),
            "POST /restart": lambda _: self._server.operations.forget(),
            "GET /faults": lambda _: self._application.faults.document(),
            "POST /faults": self._application.faults.add,
            "DELETE /faults": lambda _: self._application.faults.clear(),
            "POST /asynchronous": self._asynchronous,
            "POST /clock": self._move_clock,
            "POST /certificate": self._certificate,
            "POST /certificate/next": lambda _: simulator.next_certificate(),
            "GET /condition": lambda _: {"condition": simulator.condition},
            "POST /condition": lambda document: simulator.enter(**document),
            "POST /instance": self._enter,
            "POST /mail": self._bring_mail,
            "POST /disk/move": self._move_files,
        }

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request with JSON: 200, 400 with an error, or 404."""
        try:
            document = json.loads(environ["wsgi.input"].read() or b"{}")
            with self._clock.monitor:
                status, answer = 200, self._run(environ, document)
        except NotThere as missing:
            status, answer = 404, {"error": str(missing)}
        except (Failure, ValueError, KeyError, TypeError) as wrong:
            status, answer = 400, {"error": str(wrong)}
        headers = [("Content-Type", "application/json")]
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [json.dumps(answer).encode()]

    def _run(self, environ: dict[str, Any], document: Document) -> Any:  # noqa: ANN401 - JSON
        route = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if route in self._routes:
            require_members(route, document)
            return self._routes[route](document)
        match route.split("/"):
            case ["POST ", "operations", token, verb]:
                return self._operation(token, verb, document)
        raise NotThere(route)

    def _operation(self, token: str, verb: str, document: Document) -> None:
        operations = self._server.operations
        verbs: dict[str, Callable[[], bool]] = {
            "pause": lambda: operations.hold(token),
            "resume": lambda: operations.resume(token),
            "transition": lambda: operations.transition(
                token, document["statusCode"], document.get("message")
            ),
        }
        if verb not in verbs or not verbs[verb]():
            raise NotThere(f"{verb} of a running operation {token}")

    def _state(self, _document: Document) -> Document:
        self._server.settle()
        self._server.deployment.look_everywhere()
        return {
            **self._server.deployment.state.document(),
            "operations": self._server.operations.document(),
            "asynchronous": asdict(self._server.asynchronous),
            "clock": self._clock.now().isoformat(),
        }

    def _state_hash(self, _document: Document) -> Document:
        self._server.settle()
        self._server.deployment.look_everywhere()
        return {"sha256": self._server.deployment.state.digest()}

    def _seed(self, document: Document) -> None:
        plant(self._server.deployment, document)
        self._server.save()

    def _alter(self, document: Document) -> None:
        self._server.settle()
        deployment = self._server.deployment
        alter(deployment, deployment.instance(document["instanceID"]), document)
        self._server.save()

    def _enter(self, document: Document) -> None:
        self._server.settle()
        deployment = self._server.deployment
        enter(deployment, deployment.instance(document["instanceID"]), document["status"])
        self._server.save()

    def _bring_mail(self, document: Document) -> None:
        self._server.settle()
        deployment = self._server.deployment
        bring(deployment, deployment.instance(document["instanceID"]), document["messages"])
        self._server.save()

    def _asynchronous(self, document: Document) -> None:
        self._server.recount(Asynchronous(**document))

    def _move_clock(self, document: Document) -> Document:
        if "now" in document:
            self._clock.set(datetime.fromisoformat(document["now"]))
        elif "advanceSeconds" in document:
            self._clock.advance(float(document["advanceSeconds"]))
        else:
            raise ValueError("POST /clock needs advanceSeconds or now.")
        return {"now": self._clock.now().isoformat()}

    def _certificate(self, document: Document) -> Document:
        self._simulator.exchange_certificate(**document)
        return self._simulator.announcement()

    def _move_files(self, document: Document) -> None:
        deployment = self._server.deployment
        instance = deployment.instance(document["instanceID"])
        disk = deployment.state.disk
        disk[place(instance, document["to"])] = disk.pop(place(instance, document["from"]))
        self._server.save()
