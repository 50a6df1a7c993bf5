"""The one instance that these tests may touch, and the guard around it."""

from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import Command, Effect, Target
from gateway.spe.commands.archive_admin import SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    GET_INSTANCES,
    START_INSTANCES,
    STOP_INSTANCES,
)
from gateway.spe.raw import RawReply, RawRequest, exchange
from gateway.spe.reply import decode
from gateway.spe.status import Status, merge
from tests.real.server import Server

JSON = dict[str, Any]
PATIENCE = 120.0
POLL_MILLISECONDS = 1000
PATHS = ("databasePath", "contentPath", "indexPath")
OWN_PATH = "~\\"
NO_COMMAND = "GwTest"
"""What the names of commands begin with that nobody has."""


class Foreign(AssertionError):
    """A test wanted to touch something else; nothing was sent."""


class Scratch:
    """A client that knows one instance, and refuses every call that could reach another.

    Args:
        server: where it is made.
        client: of the server.
    """

    def __init__(self, server: Server, client: Client) -> None:
        self.id = server.new_instance_id()
        self.directory = f"{server.base_directory}\\{self.id}"
        self.server = server
        self._client = client

    @property
    def spellings(self) -> JSON:
        """The texts that might be taken for its id, and can be for no other's."""
        return {
            "itself": self.id,
            "alias": f"{self.id}-alias",
            "upper case": self.id.upper(),
            "prefix": f"{self.id[:-1]}*",
            "comma": f"{self.id},{self.id}",
            "tab": f"{self.id}\t{self.id}",
            "line break": f"{self.id}\r\n{self.id}",
        }

    # what it is made of

    def create(self) -> None:
        """Make the instance; it is stopped then."""
        self.result(CREATE_INSTANCE, config=self.configuration())

    def configuration(self, **changes: object) -> JSON:
        """Return its whole configuration."""
        return {
            "instanceID": self.id,
            "alias": self.spellings["alias"],
            "displayName": "Scratch instance of the gateway's tests",
            "instanceHost": self.server.instance_host,
            "startMode": "manual",
            "baseDirectory": self.directory,
            **changes,
        }

    def remove(self) -> None:
        """Delete the instance if it is there; its data stays on disk."""
        if self.row() is None:
            return
        self.stop()
        self.result(DELETE_INSTANCES, instanceFilter=self.id)

    def row(self) -> JSON | None:
        """Return its row in the list of instances."""
        status = self.invoke(GET_INSTANCES, instanceFilter=self.id)
        rows = [row for row in status.result or () if row["instanceID"] == self.id]
        return rows[0] if rows else None

    def status(self) -> str | None:
        """Return whether it runs."""
        row = self.row()
        return None if row is None else row["status"]

    def start(self) -> None:
        """Let it run, open to the service provider; make it if it is not there."""
        if self.row() is None:
            self.create()
        if self.status() != "running":
            self.result(START_INSTANCES, instanceFilter=self.id)
            self._wait_until("running")
        self.result(SET_ARCHIVE_ADMIN_ENABLED, instanceID=self.id, enabled=True)

    def stop(self) -> None:
        """Let it not run."""
        if self.status() != "stopped":
            self.result(STOP_INSTANCES, instanceFilter=self.id)
            self._wait_until("stopped")

    def _wait_until(self, wanted: str) -> None:
        end = monotonic() + PATIENCE
        while self.status() != wanted:
            assert monotonic() < end, f"The instance does not become {wanted}."
            sleep(0.5)  # SPE has nothing that could be waited for

    # calls

    def first(self, command: Command, **arguments: object) -> Status:
        """Send a command; return the first answer.

        Raises:
            Foreign: it could reach something else.
        """
        self.require_own(command, arguments)
        return self._client.invoke(command, arguments)

    def invoke(self, command: Command, **arguments: object) -> Status:
        """Send a command; return the last answer."""
        return self.followed(self.first(command, **arguments))

    def result(self, command: Command, **arguments: object) -> Any:  # noqa: ANN401 # by command
        """Send a command that succeeds; return its result."""
        status = self.invoke(command, **arguments)
        assert status.succeeded, f"{command.name}: {status.error_message}"
        return status.result

    def refusal(self, command: Command, **arguments: object) -> str:
        """Send a command that fails; return the message."""
        status = self.invoke(command, **arguments)
        assert not status.succeeded, f"{command.name} succeeded."
        assert status.error_message, f"{command.name} does not say why it failed."
        return status.error_message

    def poll(self, known: Status, milliseconds: int = POLL_MILLISECONDS) -> Status:
        """Return the next answer to get-status."""
        assert known.token is not None
        return self._client.get_status(known.token, known.version, milliseconds)

    def cancel(self, known: Status) -> None:
        """Ask for the end of an operation."""
        assert known.token is not None
        self._client.cancel(known.token)

    def followed(self, known: Status) -> Status:
        """Return the last state of an operation, with its whole log."""
        end = monotonic() + PATIENCE
        while known.is_running:
            assert monotonic() < end, "The operation does not end."
            known = merge(known, self.poll(known))
        return known

    def metadata(self) -> dict[str, set[str]]:
        """Return the names of the arguments by the name of the command."""
        return {one.name: {a.name for a in one.args} for one in self._client.metadata()}

    def raw(self, name: str, *pairs: tuple[str, str]) -> RawReply:
        """Send a command that only reads, with arguments that our client would refuse.

        Raises:
            Foreign: it could reach something else, or is no read.
        """
        self.require_harmless(name, pairs)
        body = urlencode(pairs).encode("ascii")
        headers = {
            "Authorization": self.server.endpoint.authorization,
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        request = RawRequest("POST", f"/api/invoke/{name}", headers, body)
        return exchange(self.server.endpoint, request)

    def outcome(self, name: str, *pairs: tuple[str, str]) -> Any:  # noqa: ANN401 # by command
        """Return the result of a raw read, or the word "failed"."""
        reply = self.raw(name, *pairs)
        if reply.status != 200:
            return "failed"
        status = self.followed(Status.from_envelope(decode(reply.body, 64)))
        return status.result if status.succeeded else "failed"

    # the guard

    def require_own(self, command: Command, arguments: Mapping[str, Any]) -> None:
        """Refuse a call that could reach anything but the scratch instance.

        Raises:
            Foreign: it could.
        """
        match command.target:
            case Target.DEPLOYMENT:
                own = command.effect is Effect.READ
            case Target.INSTANCE:
                own = arguments.get("instanceID") == self.id
            case Target.INSTANCE_FILTER:
                own = arguments.get("instanceFilter") == self.id
            case Target.CONFIG:
                own = self._is_own_configuration(arguments.get("config", {}))
        paths = [arguments[name] for name in PATHS if arguments.get(name) is not None]
        if not own or not all(path.startswith(OWN_PATH) and ".." not in path for path in paths):
            raise Foreign(f"{command.name} could reach something else than {self.id}.")

    def require_harmless(self, name: str, pairs: tuple[tuple[str, str], ...]) -> None:
        """Refuse a raw call that is no read, or names another instance.

        Raises:
            Foreign: it is.
        """
        known = COMMANDS.get(name)
        reads = name.startswith(NO_COMMAND) if known is None else known.effect is Effect.READ
        naming = [value for key, value in pairs if key in {"instanceID", "instanceFilter"}]
        if not reads or not set(naming) <= set(self.spellings.values()):
            raise Foreign(f"{name} could reach something else than {self.id}.")

    def _is_own_configuration(self, config: Mapping[str, Any]) -> bool:
        here = {
            "instanceID": self.id,
            "instanceHost": self.server.instance_host,
            "baseDirectory": self.directory,
        }
        return "instanceID" in config and all(
            config.get(key, value) == value for key, value in here.items()
        )
