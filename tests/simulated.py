"""The control plane of a simulated SPE server, as tests use it."""

from time import monotonic, sleep
from typing import Any, Final

import requests

JSON = dict[str, Any]
PATIENCE: Final = 30.0
"""Seconds after which a command that did not arrive never will."""

GLANCE: Final = 0.002
"""Seconds between two looks at a journal: whoever is waited for needs the processor, too."""


class Control:
    """A client of one control plane.

    Args:
        url: the simulator's `controlUrl`.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def state(self) -> JSON:
        """Return everything that lasts, and operations and clock."""
        return self._call("GET", "/state").json()

    def state_hash(self) -> str:
        """Return the SHA-256 of everything that lasts."""
        return self._call("GET", "/state-hash").json()["sha256"]

    def journal(self) -> list[JSON]:
        """Return the requests to the SPE port, oldest first."""
        return self._call("GET", "/journal").json()

    def commands(self) -> list[str]:
        """Return the names of the commands that arrived with right credentials."""
        return [entry["command"] for entry in self.journal() if entry["authorized"]]

    def await_command(self, command: str) -> None:
        """Wait until a command has arrived and been answered."""
        end = monotonic() + PATIENCE
        while not any(
            entry["command"] == command and entry["status"] is not None for entry in self.journal()
        ):
            assert monotonic() < end, f"{command} did not arrive"
            sleep(GLANCE)

    def forget_journal(self) -> None:
        """Empty the journal."""
        self._call("DELETE", "/journal")

    def connections(self) -> dict[str, int]:
        """Return the counts of accepts, handshakes, requestsBegun, requests and closed."""
        return self._call("GET", "/connections").json()

    def seed(self, **document: list[JSON]) -> None:
        """Plant `hosts`, `clientAccessServers`, `administrators` and `instances`."""
        self._call("POST", "/seed", document)

    def alter(self, instance_id: str, **document: object) -> None:
        """Plant in an instance that is there, or alter its stores."""
        self._call("POST", "/archive", {"instanceID": instance_id, **document})

    def reset(self) -> None:
        """Go back to the scenario."""
        self._call("POST", "/reset")

    def restart(self) -> None:
        """Lose all tokens."""
        self._call("POST", "/restart")

    def fault(self, kind: str, command: str = "*", **document: object) -> None:
        """Plant a fault."""
        self._call("POST", "/faults", {"kind": kind, "command": command, **document})

    def faults(self) -> list[JSON]:
        """Return the planted faults with what is left of their counts."""
        return self._call("GET", "/faults").json()

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/faults")

    def operations(self) -> list[JSON]:
        """Return the operations whose tokens are valid."""
        return self.state()["operations"]

    def pause(self, operation: str = "*") -> None:
        """Hold an operation by its token, or all and those to come."""
        self._call("POST", f"/operations/{operation}/pause")

    def resume(self, operation: str = "*") -> None:
        """Let held operations go on."""
        self._call("POST", f"/operations/{operation}/resume")

    def transition(self, operation: str, status_code: str, message: str | None = None) -> None:
        """End an operation as succeeded, failed or cancelled."""
        document = {"statusCode": status_code, "message": message}
        self._call("POST", f"/operations/{operation}/transition", document)

    def asynchronous(
        self, share: float, seed: int = 0, seconds: float = 0.2, command: str = "*"
    ) -> None:
        """Turn a share of all calls asynchronous, or of those of one command."""
        document = {"share": share, "seed": seed, "seconds": seconds, "command": command}
        self._call("POST", "/asynchronous", document)

    def advance(self, seconds: float) -> None:
        """Move the simulated clock."""
        self._call("POST", "/clock", {"advanceSeconds": seconds})

    def set_clock(self, moment: str) -> None:
        """Set the simulated clock to an ISO time with an offset."""
        self._call("POST", "/clock", {"now": moment})

    def next_certificate(self) -> JSON:
        """Return the pins of the certificate that the next exchange brings."""
        return self._call("POST", "/certificate/next").json()

    def exchange_certificate(self, *, expired: bool = False) -> JSON:
        """Use another certificate; return the new announcement."""
        return self._call("POST", "/certificate", {"expired": expired}).json()

    def enter(self, condition: str) -> None:
        """Close every connection; then be "up", "down", "hanging" or of "wrong-certificate"."""
        self._call("POST", "/condition", {"condition": condition})

    def condition(self) -> str:
        """Return how it answers."""
        return self._call("GET", "/condition").json()["condition"]

    def turn(self, instance_id: str, status: str) -> None:
        """Bring an instance into a state, as somebody at the server does."""
        self._call("POST", "/instance", {"instanceID": instance_id, "status": status})

    def receive(self, instance_id: str, messages: int) -> None:
        """Let mail come in at once."""
        self._call("POST", "/mail", {"instanceID": instance_id, "messages": messages})

    def move_files(self, instance_id: str, source: str, target: str) -> None:
        """Move a store's files on the simulated disk."""
        document = {"instanceID": instance_id, "from": source, "to": target}
        self._call("POST", "/disk/move", document)

    def _call(self, method: str, path: str, document: JSON | None = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, self._url + path, json=document, timeout=30)
        answer.raise_for_status()
        return answer
