"""Every command that only reads, asked once; of the answers only the shapes are kept.

An argument that names something is taken from the answer of an earlier command, as in
GetUsers and GetUserInfo.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, Final

from gateway.broker.engine.reader import finished
from gateway.cli.doctor.findings import Difference, Unseen
from gateway.cli.doctor.shapes import Shape, deviations, emptied, merged, shape_of
from gateway.errors import AnswerLost, DeclarationError, InvalidInput
from gateway.spe.catalogue import COMMANDS
from gateway.spe.client import Client
from gateway.spe.command import INSTANCE_ID, Command, Effect, Target
from gateway.spe.commands.archive_admin import GET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.instances import GET_INSTANCES
from gateway.spe.status import Status

CHECK: Final = "shape"
SOURCE: Final = "C"
SUCCEEDED: Final = "succeeded"
FEW: Final = 5
"""So many things of a list are looked at one by one."""

KNOWN_MESSAGES: Final = frozenset(
    {
        "Nullable object must have a value.",
        "Specified argument was out of the range of valid values.",
    }
)
"""Messages that hold no data; no other is repeated."""

OPEN: Final[Mapping[str, str]] = {
    "GetDirectoryServicesConfiguration": "",
    "GetProfiles": "[].details",
    "GetRetentionPolicies": "",
}
"""Where the keys are the customer's, or follow from a type: they are not compared."""

Listed = Container[str]
"""The names of the commands that the deployment has."""

Arguments = Mapping[str, object]
Answers = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What one command showed.

    Attributes:
        ended: succeeded, or how it did not; empty if it was not asked.
        shape: of its results.
        reason: why it was not asked.
    """

    ended: str = ""
    shape: Shape | None = None
    reason: str = ""


Looks = Mapping[str, Look]


def reading(*targets: Target) -> list[Command]:
    """Return the commands that only read and name their target so, those that others need first."""
    found = [c for c in COMMANDS.values() if c.effect is Effect.READ and c.target in targets]
    return sorted(found, key=lambda c: (c.needs_service_provider_access, c.name in FOLLOWS))


def look_at_deployment(client: Client, listed: Listed) -> Looks:
    """Ask every read of the whole deployment."""
    commands = reading(Target.DEPLOYMENT, Target.INSTANCE_FILTER)
    return _Round(client, {}, listed).looks(commands)


def look_at_instance(client: Client, instance: str, listed: Listed) -> Looks:
    """Ask every read of one instance."""
    named = {INSTANCE_ID.name: instance}
    return _Round(client, named, listed).looks(reading(Target.INSTANCE))


def joined(one: Looks, other: Looks) -> Looks:
    """Return what two instances of one deployment show together."""
    return {command: _joined(one[command], other[command]) for command in one}


def compare(expected: Looks, found: Looks) -> Iterator[Difference | Unseen]:
    """Yield where the answers differ in shape."""
    for command, there in found.items():
        here = expected[command]
        if there.reason:
            yield Unseen(CHECK, command, there.reason)
        elif here.ended != there.ended:
            yield Difference(CHECK, command, here.ended, SOURCE, there.ended, _ended(there))
        elif here.shape and there.shape:
            yield from _shapes(command, here.shape, there.shape)


class _Round:
    """One round of questions, whose later ones rest on earlier answers."""

    def __init__(self, client: Client, named: Arguments, listed: Listed) -> None:
        self._client = client
        self._named = named
        self._listed = listed
        self._answers: Answers = {}

    def looks(self, commands: Sequence[Command]) -> Looks:
        """Ask all of them."""
        return {command.name: self._look(command) for command in commands}

    def _look(self, command: Command) -> Look:
        if command.name not in self._listed:
            return Look(reason="The deployment does not list it.")
        if command.needs_service_provider_access and self._is_closed():
            return Look(reason="Service provider access is off for the instance.")
        calls = FOLLOWS.get(command.name, _as_it_is)(self._answers)
        if not calls:
            return Look(reason="There is nothing there that it could be asked about.")
        return reduce(_joined, [self._asked(command, call) for call in calls])

    def _is_closed(self) -> bool:
        return bool(self._answers.get(GET_ARCHIVE_ADMIN_ENABLED.name) == {"value": False})

    def _asked(self, command: Command, arguments: Arguments) -> Look:
        try:
            status = finished(self._client, self._sent(command, arguments))
        except AnswerLost as lost:
            return Look(f"no usable answer ({lost.code})")
        except InvalidInput:
            return Look(reason="An earlier answer does not name what it is asked about.")
        if not status.succeeded:
            return Look(_failure(status))
        self._answers[command.name] = status.result
        return Look(SUCCEEDED, shape_of(status.result))

    def _sent(self, command: Command, arguments: Arguments) -> Status:
        if command.effect.changes:
            raise DeclarationError(f"{command.name} changes something: it is never sent here.")
        if command is GET_INSTANCES:
            return self._client.discover()
        return self._client.invoke(command, {**self._named, **arguments})


def _joined(one: Look, other: Look) -> Look:
    if one.shape and other.shape:
        return Look(SUCCEEDED, merged(one.shape, other.shape))
    return max(one, other, key=lambda look: (look.shape is not None, bool(look.ended)))


def _failure(status: Status) -> str:
    told = f": {status.error_message}" if status.error_message in KNOWN_MESSAGES else ""
    return f"failed{told}"


def _ended(there: Look) -> str:
    if there.ended == SUCCEEDED:
        return "The simulator should learn it."
    if there.ended.startswith("failed"):
        return "The gateway answers COMMAND_FAILED, or what it finds to be the reason."
    return "The gateway answers 502 or 504 with this code."


def _shapes(command: str, here: Shape, there: Shape) -> Iterator[Difference | Unseen]:
    if command in OPEN:
        here, there = emptied(here, OPEN[command]), emptied(there, OPEN[command])
    if there.kinds == {"list"} and here.element and not there.element:
        yield Unseen(CHECK, command, "The list is empty: there is no row to compare.")
    for path, expected, found, meaning in deviations(here, there):
        yield Difference(CHECK, f"{command} {path}".strip(), expected, SOURCE, found, meaning)


def _as_it_is(_answers: Answers) -> list[Arguments]:
    return [{}]


def _each(source: str, key: str, argument: str) -> Callable[[Answers], list[Arguments]]:
    """Ask about the first few things that another command lists."""

    def calls(answers: Answers) -> list[Arguments]:
        rows = answers.get(source)
        listed = rows[:FEW] if isinstance(rows, list) else []
        return [{argument: row[key]} for row in listed if isinstance(row, dict) and key in row]

    return calls


def _window(days: int, zone: str) -> Callable[[Answers], list[Arguments]]:
    def calls(_answers: Answers) -> list[Arguments]:
        end = datetime.now(UTC) + timedelta(days=1)
        start = end - timedelta(days=days)
        form = "%Y-%m-%dT%H:%M:%S"
        times = {"fromIncluding": start.strftime(form), "toExcluding": end.strftime(form)}
        return [{**times, zone: "UTC"}]

    return calls


FOLLOWS: Final[Mapping[str, Callable[[Answers], list[Arguments]]]] = {
    "GetClientAccessServers": lambda _answers: [{"withServiceStatus": True}],
    "GetProfiles": lambda _answers: [{"raw": True}],
    "GetJobResults": _window(30, "timeZoneId"),
    "GetWorkerResults": _window(7, "timeZoneID"),
    "GetDirectoriesOnInstanceHost": _each("GetInstanceHosts", "serverName", "serverName"),
    "GetCredential": _each("GetCredentials", "ID", "id"),
    "GetUserInfo": _each("GetUsers", "userName", "userName"),
    "GetWorkerResultReport": _each("GetWorkerResults", "id", "id"),
}
