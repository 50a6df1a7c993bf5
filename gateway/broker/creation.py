"""How an instance is made together with what is inside it: all of it, the rest of it, or nothing.

A creation that broke off leaves what was made. A repeated call carries out the rest
(``resumption``); with ``on_failure="remove"`` the creation itself takes back what it made, if that
is proved to be ours and empty (``engine.removal``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.broker.engine.plan import Invocation, command_of
from gateway.broker.engine.removal import REMOVAL, is_removed
from gateway.broker.lifecycle import LOOK_AT_CONSENT
from gateway.broker.placement.wish import Wish
from gateway.errors import Conflict, InputFault, InvalidInput
from gateway.model import Instance, Operation, OperationStatus, Prefix, Step, StepStatus, new_id
from gateway.spe.commands.archive_admin import SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    START_INSTANCES,
)
from gateway.spe.commands.stores import CREATE_STORE
from gateway.spe.commands.users import CREATE_USER

KIND = "createInstance"
RESUMES = "resumes"
"""Where the context of an operation names the one whose rest it carries out."""

BROKEN_OFF = frozenset({OperationStatus.FAILED, OperationStatus.CANCELLED})
ONE_BY_ONE = (
    "The instance was made, but by a call that had other parts; make what is missing one by one."
)
LOOKS = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION, tolerant=True),
    LOOK_AT_CONSENT,
)
"""What is read when all is made."""


@dataclass(frozen=True)
class NewInstance:
    """What a caller says of an instance to be made; the rest is ours to choose."""

    instance_id: str
    display_name: str
    alias: str | None = None
    external_id: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    reseller: str | None = None
    wish: Wish = field(default_factory=Wish)
    start_mode: str = "automatic"
    start: bool = True
    archive_admin: bool = False
    store: str | None = None
    store_state: str | None = None
    users: Sequence[Mapping[str, Any]] = ()
    on_failure: str = "keep"


def require_consistent(new: NewInstance) -> None:
    """Demand wishes that go together.

    Service provider access is the customer's consent: never switched on silently.

    Raises:
        InvalidInput: they contradict each other.
    """
    if new.users and not new.archive_admin:
        raise InvalidInput(
            [
                InputFault(
                    "/archiveAdmin",
                    "CONSENT_NEEDED",
                    "Users can only be created with service provider access: "
                    "set archiveAdmin to true with the customer's consent.",
                )
            ]
        )
    if not new.start and (new.users or new.store or new.archive_admin):
        fault = InputFault("/start", "START_NEEDED", "A store or users need a started instance.")
        raise InvalidInput([fault])
    apart = new.wish.anti_affinity
    if apart and apart.value is None:
        said = "The instance itself must carry this label."
        raise InvalidInput([InputFault("/placement/antiAffinity/label", "LABEL_NEEDED", said)])


def needed(new: NewInstance) -> tuple[Invocation, ...]:
    """Return what a deployment must be able to do, wherever the instance will be."""
    return tuple(wish for wish in _wishes({}, new) if not wish.tolerant)


def creation(instance: Instance, new: NewInstance) -> list[Invocation]:
    """Return the wishes to make an instance and what is inside it."""
    config = {
        "alias": instance.alias or "",
        "displayName": instance.display_name,
        "instanceHost": instance.instance_host,
        "startMode": new.start_mode,
        "baseDirectory": instance.base_directory,
        "debugLogEnabled": False,
        "imapServerConnectionLogEnabled": False,
        "vssWriterEnabled": True,
        "vssWriterExcludeIndexes": False,
    }
    return _wishes(config, new)


def _wishes(config: Mapping[str, Any], new: NewInstance) -> list[Invocation]:
    wishes = [Invocation(CREATE_INSTANCE, {"config": config})]
    if new.start:
        wishes += [Invocation(START_INSTANCES), Invocation(GET_INSTANCES, check="is-not-stopped")]
    removal = REMOVAL if new.on_failure == "remove" else ()
    return [*wishes, *_inside(new), *LOOKS, *removal]


def _inside(new: NewInstance) -> list[Invocation]:
    """Return what is made inside a running instance, in its order."""
    wishes = []
    if new.store:
        state = {"requestedState": new.store_state} if new.store_state else {}
        store = {"name": new.store, "databasePath": store_path(), **state}
        wishes.append(Invocation(CREATE_STORE, store))
    if new.archive_admin:
        wishes.append(Invocation(SET_ARCHIVE_ADMIN_ENABLED, {"enabled": True}))
    return [*wishes, *(Invocation(CREATE_USER, user) for user in new.users)]


def store_path() -> str:
    r"""Derive a store's directory: ``~\`` is the instance's base directory (decision 8)."""
    return "~\\" + new_id(Prefix.INSTANCE).partition("_")[2]


# the rest of what was begun


def is_resumable(operation: Operation) -> bool:
    """Whether a repeated call carries out the rest of what this operation began.

    It made an instance, and broke off. What a caller cancelled stays so, and what is unknown
    waits for a person, whose word may leave a rest too.
    """
    if operation.kind != KIND or operation.cancel_requested or is_removed(operation):
        return False
    settled = operation.status is OperationStatus.SUCCEEDED and _left(operation) != []
    made, *rest = _changes(operation)
    is_made = made.command != CREATE_INSTANCE.name or made.status is StepStatus.SUCCEEDED
    return is_made and ((operation.status in BROKEN_OFF and rest != []) or settled)


def resumption(former: Operation, new: NewInstance) -> list[Invocation]:
    """Return the wishes for the rest of what an operation was to make.

    Steps follow each other, so what is left is always the end of the list. What was made is not
    made again: the instance is started only if it is stopped.

    Args:
        former: an operation that is resumable.
        new: what its call said, and says again.

    Raises:
        Conflict: the call had other parts then, for another version of the gateway planned it.
    """
    left, wishes = _left(former), _inside(new)
    rest = wishes[len(wishes) - len(left) :]
    if [wish.command.name for wish in rest] != left:
        raise Conflict(ONE_BY_ONE)
    start = (
        Invocation(GET_INSTANCES, check="is-listed"),
        Invocation(START_INSTANCES, prepare="start-if-stopped"),
        Invocation(GET_INSTANCES, check="is-not-stopped"),
    )
    return [*start, *rest, *LOOKS]


def _changes(operation: Operation) -> list[Step]:
    """Return the steps that make something, without those that take it back."""
    return [step for step in operation.steps if command_of(step).effect.changes and not step.always]


def _left(operation: Operation) -> list[str]:
    """Return the commands for what is to be inside, as far as they were not carried out."""
    beside = {CREATE_INSTANCE.name, START_INSTANCES.name}
    return [
        step.command
        for step in _changes(operation)
        if step.command not in beside and step.status is not StepStatus.SUCCEEDED
    ]
