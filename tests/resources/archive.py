"""An instance that the provider may look into, and what reached SPE about it."""

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.answers import JSON
from tests.served import CheckedClient
from tests.simulated import Control
from tests.world import World

AWKWARD = "a & b = c % d + ü € ' \" \\ end"
"""Text whose characters mean something in forms, in URLs, in JSON and in UTF-8."""


@dataclass(frozen=True)
class Archive:
    """One instance of the reseller A.

    Attributes:
        world: where it is.
        id: opaque.
        name: SPE's own id.
        client: who calls unless a test says otherwise: A's administrator.
        credentials: id and secret of a client of A's that may do all that resellers may.
    """

    world: World
    id: str
    name: str
    client: CheckedClient
    credentials: tuple[str, str]

    @property
    def control(self) -> Control:
        """The control plane of the deployment."""
        return self.world.sites["alpha"].control

    def open(
        self,
        method: str,
        path: str,
        body: object = None,
        client: CheckedClient | None = None,
        **options: Any,  # noqa: ANN401 # Flask's signature
    ) -> TestResponse:
        """Call a path below the instance, and leave only that call in the journal."""
        self.world.forget()
        caller = client or self.client
        return caller.open(f"/instances/{self.id}{path}", method=method, json=body, **options)

    def call(self, method: str, path: str, body: object = None, status: int = 200) -> JSON:
        """Call a path, and return the body of the answer."""
        response = self.open(method, path, body)
        assert response.status_code == status, response.text
        return response.get_json(silent=True) or {}

    def commands(self) -> list[str]:
        """Return the names of the commands that were sent, without the polls of slow ones."""
        return [name for name in self.control.commands() if name != "get-status"]

    def changes(self) -> list[tuple[str, dict[str, str]]]:
        """Return the commands that were sent to change something, without the instance's name."""
        return [
            (entry["command"], self.arguments(entry))
            for entry in self.world.journal()
            if entry["effect"] != "read"
        ]

    def arguments(self, entry: JSON) -> dict[str, str]:
        """Return the arguments of a journal entry, which must be about this instance."""
        pairs = [tuple(pair) for pair in entry["arguments"]]
        arguments = dict(pairs)
        assert len(arguments) == len(pairs)
        assert arguments.pop("instanceID", arguments.pop("instanceFilter", None)) == self.name
        return arguments

    def sent(self, command: str) -> dict[str, str]:
        """Return the arguments with which a command was sent, which was so once."""
        found = [entry for entry in self.world.journal() if entry["command"] == command]
        assert len(found) == 1, [entry["command"] for entry in self.world.journal()]
        return self.arguments(found[0])

    def json(self, command: str, argument: str) -> object:
        """Return the JSON that a command was sent with, which was so once."""
        found: object = json.loads(self.sent(command)[argument])
        return found

    def answers(self, command: str, result: object) -> None:
        """Let the deployment answer a command once with a result of another version of SPE."""
        keys = ("error", "token", "statusVersion", "statusCode", "percentProgress", "statusText")
        whole = dict.fromkeys((*keys, "result", "logOutput"))
        whole |= {"statusVersion": 2, "statusCode": "succeeded", "result": result}
        body = b64encode(json.dumps(whole).encode("utf-8-sig")).decode()
        self.control.fault("garbage", command, count=1, body=body)

    def caller(self, *permissions: str) -> CheckedClient:
        """Return a client of the reseller A whose token has these permissions only."""
        return self.world.served.log_in(*self.credentials, " ".join(permissions))


def archive_in(world: World) -> Archive:
    """Make an instance of the reseller A."""
    made, client = world.new_archive("A"), world.new_client("A", roles=["reseller-admin"])
    credentials = client["clientId"], client["clientSecret"]
    admin = world.personas["a_admin"]
    return Archive(world, made["id"], made["instanceID"], admin, credentials)
