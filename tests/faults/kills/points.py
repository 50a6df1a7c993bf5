"""The fail points K0 to K11: where exactly a process is killed.

The gateway has no hooks. Each point names a function of the gateway, whether it is before or after
it, and which passings count: those with a changing command under way. ``armed`` wraps the
functions in the processes that drills start, and nothing else imports this.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from importlib import import_module
from typing import Any, cast

from gateway.model import Operation, Step, StepStatus
from gateway.spe.catalogue import COMMANDS
from gateway.spe.channel import Call
from gateway.spe.message import Reply
from gateway.spe.status import Status

Words = Collection[str]
NONE: Words = ()
Look = Callable[..., Words]
Trap = Callable[[str, Words], None]


class Moment(Enum):
    """When a passing is noticed."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Point:
    """A place in the code.

    Attributes:
        name: K0 to K11; a letter where there are two.
        meaning: in words.
        seam: the function: module, and name within it.
        moment: before it or after it.
        look: which commands are under way, by the arguments of the function, and by its result
            before these if it is after it.
    """

    name: str
    meaning: str
    seam: tuple[str, str]
    moment: Moment
    look: Look

    def __str__(self) -> str:
        return self.name


def changing(operation: Operation) -> Words:
    """Return the commands of an operation that change something."""
    return {step.command for step in operation.steps if _changes(step.command)}


def _changes(command: str) -> bool:
    return command in COMMANDS and COMMANDS[command].effect.changes


def _intended(_done: None, _connection: object, operation: Operation) -> Words:
    return changing(operation)


def _opened(_done: None, _ledger: object, operation: Operation, *_more: object) -> Words:
    return changing(operation)


def _noted(_done: None, _runner: object, _operation: Operation, step: Step, *_: object) -> Words:
    return NONE if step.always else {step.command}


def _compensating(
    _done: None, _runner: object, _operation: Operation, step: Step, *_: object
) -> Words:
    return {step.command} if step.always else NONE


def _sent(_done: None, _socket: object, request: bytes) -> Words:
    return _called(request.split(maxsplit=2)[1].decode())


def _reading(call: Call, _reply: Reply) -> Words:
    return _called(call.path)


def _called(path: str) -> Words:
    """Return the command that a path invokes; get-status and the like are none."""
    _, invokes, command = path.rpartition("/invoke/")
    return {command} if invokes and _changes(command) else NONE


def _answered(_runner: object, _operation: Operation, step: Step, status: Status) -> Words:
    first = step.status is StepStatus.SENDING and not status.is_running
    return {step.command} if first else NONE


def _given_token(_runner: object, _operation: Operation, step: Step, status: Status) -> Words:
    first = step.status is StepStatus.SENDING and status.is_running
    return {step.command} if first else NONE


def _at_end(_runner: object, _operation: Operation, step: Step, status: Status) -> Words:
    last = step.status is StepStatus.RUNNING and not status.is_running
    return {step.command} if last else NONE


def _polled(_runner: object, _operation: Operation, step: Step, *_: object) -> Words:
    return {step.command}


def _still_running(_ledger: object, *polled: Sequence[Operation]) -> Words:
    return frozenset(step.command for one in polled for each in one for step in each.steps)


def _known(operation: Operation, *_: object, **__: object) -> Words:
    return changing(operation) if operation.status.is_final else NONE


def _told(
    _done: None, _connection: object, _topic: str, _owner: str, payload: dict[str, Any]
) -> Words:
    is_outcome = payload.get("phase") == "outcome"  # events have none
    return cast("Words", payload.get("commands", NONE) if is_outcome else NONE)


def _given_back(_done: None, _connection: object, operation: Operation) -> Words:
    return changing(operation)


RUNNER = "gateway.broker.engine.runner"
BEFORE, AFTER = Moment.BEFORE, Moment.AFTER
POINTS = (
    Point(
        "K0",
        "before the intent is committed",
        ("gateway.tenancy.audit", "intended"),
        AFTER,
        _intended,
    ),
    Point(
        "K1a",
        "intent committed, sending not noted",
        ("gateway.broker.ledger", "Ledger.open"),
        AFTER,
        _opened,
    ),
    Point("K1b", "sending noted, nothing sent", (RUNNER, "Runner._intend"), AFTER, _noted),
    Point(
        "K2",
        "sent, no byte of the reply read",
        ("gateway.spe.transport", "_send"),
        AFTER,
        _sent,
    ),
    Point(
        "K3",
        "reply partly read",
        ("gateway.spe.channel", "_judge"),
        BEFORE,
        _reading,
    ),
    Point("K4", "reply read, outcome not committed", (RUNNER, "Runner._take"), BEFORE, _answered),
    Point(
        "K5",
        "outcome committed, caller not answered",
        ("gateway.broker.broker", "Broker.start"),
        AFTER,
        _known,
    ),
    Point("K6", "token received, not stored", (RUNNER, "Runner._take"), BEFORE, _given_token),
    Point("K7", "between two polls", (RUNNER, "Runner._poll"), BEFORE, _polled),
    Point(
        "K7a",
        "that it still runs is read, not committed",
        ("gateway.broker.ledger", "Ledger.put_back"),
        BEFORE,
        _still_running,
    ),
    Point("K8", "final status read, not committed", (RUNNER, "Runner._take"), BEFORE, _at_end),
    Point(
        "K9",
        "outbox row written, not committed",
        ("gateway.storage.outbox", "put"),
        AFTER,
        _told,
    ),
    Point(
        "K10",
        "putting back noted, not sent",
        (RUNNER, "Runner._intend"),
        AFTER,
        _compensating,
    ),
    Point(
        "K11",
        "quota given back, not committed",
        ("gateway.broker.admission", "settle"),
        AFTER,
        _given_back,
    ),
)
"""In the order in which an operation passes them."""

BY_NAME = {point.name: point for point in POINTS}


def place_of(point: Point) -> tuple[object, str]:
    """Return the owner and the name of the function of a point.

    Raises:
        AttributeError: there is no such function any more.
    """
    module, path = point.seam
    owner: object = import_module(module)
    *within, name = path.split(".")
    for part in within:
        owner = getattr(owner, part)
    getattr(owner, name)
    return owner, name


def arm(point: Point, trap: Trap) -> None:
    """Wrap the function of a point, in this process: every passing is told to the trap."""
    owner, name = place_of(point)
    whole = getattr(owner, name)

    @wraps(whole)
    def watched(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - those of any function
        if point.moment is BEFORE:
            trap(point.name, point.look(*args, **kwargs))
            return whole(*args, **kwargs)
        done = whole(*args, **kwargs)
        trap(point.name, point.look(done, *args, **kwargs))
        return done

    setattr(owner, name, watched)
