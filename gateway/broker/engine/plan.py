"""From a caller's wish to an operation: commands bound to one tenant, checked before all.

The only place where the name of an instance is written into a command (law 1): it comes
from the row that the tenant predicate found, never from the caller.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.errors import DeclarationError
from gateway.model import Instance, Operation, Prefix, Step, Urgency, new_id, now
from gateway.spe.catalogue import COMMANDS, ONE_TIME
from gateway.spe.command import Command, Effect, Target
from gateway.spe.encoding import encode
from gateway.storage.deployments import rotation_lock
from gateway.tenancy.caller import Caller

DEADLINES = {
    Effect.READ: timedelta(minutes=5),
    Effect.IDEMPOTENT_WRITE: timedelta(minutes=15),
    Effect.CREATE_NAMED: timedelta(minutes=30),
    Effect.CREATE_NUMBERED: timedelta(minutes=30),
    Effect.DESTROY: timedelta(minutes=30),
    Effect.RUN: timedelta(hours=48),
}
"""How long each class of command may take to its end; past it the operation is ended."""


TENANT_UNSURE = frozenset({"SetJobSchedule"})
"""Commands that could hit another tenant unless get-metadata itself lists ``instanceID``."""


ROTATES = frozenset({"CreateSystemAdministratorAPIPassword"})
"""Commands that replace the password which the gateway itself uses."""


BILLING = frozenset({"CreateLicenseRequest"})
"""Commands that bills are made from: many come at once, and nobody waits in front of them."""


@dataclass(frozen=True)
class Invocation:
    """A command that is wished for, without the name of a tenant.

    Args:
        command: from the catalogue.
        arguments: everything but ``instanceID`` and ``instanceFilter``.
        prepare: name of the rule that makes the arguments when the turn comes, or judges
            those that are there.
        check: name of the rule that judges what was read.
        tolerant: a failure is noted and passed over.
        always: carried out even after a failure of an earlier one.
    """

    command: Command
    arguments: Mapping[str, Any] = field(default_factory=dict)
    prepare: str | None = None
    check: str | None = None
    tolerant: bool = False
    always: bool = False


@dataclass(frozen=True)
class Place:
    """Where commands go, as the broker has looked it up.

    Args:
        deployment: opaque id.
        reseller: whose operation it will be.
        reseller_path: its path in the tree.
        instance: the instance, for commands about one.
    """

    deployment: str
    reseller: str
    reseller_path: str
    instance: Instance | None = None


def bound(
    command: Command, arguments: Mapping[str, Any], instance: Instance | None
) -> dict[str, Any]:
    """Write the stored instance id into the arguments.

    Raises:
        DeclarationError: the arguments name a tenant themselves, or none was looked up.
    """
    if command.target is Target.DEPLOYMENT:
        return dict(arguments)
    if command.target is Target.CONFIG and "instanceID" not in _shape(command):
        return dict(arguments)
    if instance is None:
        raise DeclarationError(f"{command.name} needs an instance that was looked up.")
    if {"instanceID", "instanceFilter"} & set(arguments):
        raise DeclarationError(f"{command.name}: the tenant is not for the caller to name.")
    if command.target is Target.CONFIG:
        config = dict(arguments["config"]) | {"instanceID": instance.instance_id}
        return {**arguments, "config": config}
    name = "instanceID" if command.target is Target.INSTANCE else "instanceFilter"
    return {name: instance.instance_id, **arguments}


def _shape(command: Command) -> frozenset[str]:
    """Which CONFIG commands hold an instance id inside: those about instances."""
    about = {"CreateInstance", "SetInstanceConfiguration"}
    return frozenset({"instanceID"}) if command.name in about else frozenset()


def _is_whole(wish: Invocation) -> bool:
    """Whether the arguments are there already; a preparation may still judge them."""
    return bool(wish.arguments) or not wish.prepare


def steps_for(invocations: Sequence[Invocation], instance: Instance | None) -> list[Step]:
    """Bind and check each command; nothing is sent when one of them is not valid.

    Raises:
        InvalidInput: an argument is not what the command takes.
    """
    steps = []
    for wish in invocations:
        arguments = bound(wish.command, wish.arguments, instance) if _is_whole(wish) else {}
        if arguments or not wish.prepare:
            encode(wish.command, arguments)
        steps.append(
            Step(
                wish.command.name,
                arguments,
                prepare=wish.prepare,
                check=wish.check,
                tolerant=wish.tolerant,
                always=wish.always,
            )
        )
    return steps


def changing(invocations: Iterable[Invocation]) -> bool:
    """Whether one of the commands changes something: then nothing that is kept is relied on."""
    return any(wish.command.effect.changes for wish in invocations)


def is_listed(wish: Invocation, commands: Mapping[str, Sequence[str]]) -> bool:
    """Whether get-metadata lists a command with the arguments that are given.

    An empty list comes from a deployment that was never asked; SPE itself answers then, but
    for commands whose tenant the vendor's reference leaves out (decision 9).
    """
    if wish.command.name in TENANT_UNSURE:
        return {*wish.arguments, "instanceID"} <= set(commands.get(wish.command.name, ()))
    if not commands:
        return True
    listed = commands.get(wish.command.name)
    return listed is not None and set(wish.arguments) <= set(listed)


def operation_for(caller: Caller, place: Place, invocations: Sequence[Invocation]) -> Operation:
    """Make the operation that carries out the invocations one after the other."""
    effects = [wish.command.effect for wish in invocations]
    instance = place.instance.id if place.instance else None
    return Operation(
        id=new_id(Prefix.OPERATION),
        kind=caller.operation,
        reseller=place.reseller,
        reseller_path=place.reseller_path,
        client=caller.principal.client,
        deployment=place.deployment,
        instance=instance,
        on_behalf_of=caller.on_behalf_of,
        request_id=caller.request_id,
        steps=steps_for(invocations, place.instance),
        deadline=now() + max((DEADLINES[effect] for effect in effects), default=timedelta()),
        urgency=_urgency(caller, [wish.command for wish in invocations]),
        changes=changing(invocations),
        lock=_lock(place.deployment, instance, [wish.command for wish in invocations]),
        one_time=any(wish.command.name in ONE_TIME for wish in invocations),
    )


def _urgency(caller: Caller, commands: Sequence[Command]) -> Urgency:
    """Return what the caller asks for; what is for bills is never more urgent than bills."""
    is_for_bills = any(command.name in BILLING for command in commands)
    if is_for_bills and caller.urgency is Urgency.INTERACTIVE:
        return Urgency.BILLING
    return caller.urgency


def _lock(deployment: str, instance: str | None, commands: Sequence[Command]) -> str | None:
    """One change of an instance at a time; what only runs within it needs no lock.

    A deployment has one password of ours, so one rotation at a time.
    """
    if any(command.name in ROTATES for command in commands):
        return rotation_lock(deployment)
    alters = any(
        command.effect.changes
        and (command.effect is not Effect.RUN or command.target is Target.INSTANCE_FILTER)
        for command in commands
    )
    return f"instance:{instance}" if instance and alters else None


def command_of(step: Step) -> Command:
    """Return the catalogue's entry of a step."""
    return COMMANDS[step.command]
