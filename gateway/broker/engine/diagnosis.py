"""Why a command failed, found out by reading rather than by the wording of a message.

SPE's messages are not documented; what the state of the instance shows is the same in
every version and language.
"""

from collections.abc import Callable

from gateway.broker.engine.evidence import Scene
from gateway.broker.engine.explanations import EXPLANATIONS
from gateway.broker.engine.listings import CHANGED, NAMED, REMOVED
from gateway.broker.engine.plan import command_of
from gateway.broker.engine.reader import Reader
from gateway.broker.engine.settlement import RUNNING, InstanceMissing, row_of
from gateway.errors import (
    Conflict,
    FolderStatisticsUnavailable,
    GatewayError,
    InstanceNotRunning,
    InstanceNotStopped,
    NameTaken,
    NotFound,
    ServiceProviderAccessOff,
    UpstreamError,
)
from gateway.model import Instance, Step
from gateway.spe.command import Target
from gateway.spe.commands.archive_admin import GET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.users import GET_USERS
from gateway.storage.names import REFUSAL

STOPPED_FIRST = frozenset({"SetInstanceConfiguration", "DeleteInstances"})

FIT = {
    "StartInstances": frozenset({"stopped"}),
    "StopInstances": RUNNING,
    "RestartInstances": RUNNING,
    "FreezeInstances": frozenset({"running"}),
    "ThawInstances": frozenset({"frozen"}),
}
"""States that allow a command: whatever failed then, it was not the state."""

LEFT: dict[str, Callable[[], GatewayError]] = {
    "GetWorkerResultReport": NotFound,
    "GetFolderStatistics": FolderStatisticsUnavailable,
}
"""What is left as the reason when the instance runs and the access is on."""


def diagnose(
    reader: Reader, step: Step, deployment: str, instance: Instance | None
) -> GatewayError | None:
    """Return the error that tells the caller what to do, or None when nothing is found."""
    try:
        if instance is None:
            return _listed(reader, deployment, step, None)
        return _diagnose(reader, step, instance)
    except UpstreamError:
        return None


def _diagnose(reader: Reader, step: Step, instance: Instance) -> GatewayError | None:
    row = row_of(reader, instance)
    if step.command == "CreateInstance":
        return NameTaken(REFUSAL) if row else None
    if row is None:
        return InstanceMissing()
    found = _unfit(step, str(row.get("status")))
    if found or step.command in STOPPED_FIRST:
        return found
    command, deployment = command_of(step), instance.deployment
    if command.needs_service_provider_access and not _access(reader, deployment, instance):
        return ServiceProviderAccessOff(
            "Service provider access is off for this instance: with the customer's consent, "
            f'switch it on with PUT /instances/{instance.id}/archive-admin {{"enabled": true}}.'
        )
    return _inside(reader, deployment, step, instance)


def _unfit(step: Step, status: str) -> GatewayError | None:
    """Judge the instance's state, which is the reason more often than anything else."""
    command = command_of(step)
    if step.command in STOPPED_FIRST:
        return InstanceNotStopped("Stop the instance first.") if status in RUNNING else None
    if status in FIT.get(step.command, ()):
        return None
    if command.target is Target.INSTANCE_FILTER and command.effect.changes:
        return Conflict(f"The instance is {status}, which does not allow this.")
    if command.target is Target.INSTANCE and status not in RUNNING:
        return InstanceNotRunning(f"The instance is {status}; start it first.")
    return None


def _access(reader: Reader, deployment: str, instance: Instance) -> bool:
    found = reader.record(deployment, GET_ARCHIVE_ADMIN_ENABLED, instance)
    return bool(found.get("value"))


def _inside(reader: Reader, deployment: str, step: Step, instance: Instance) -> GatewayError | None:
    """Look whether what the command names is there."""
    if step.command in LEFT:
        return LEFT[step.command]()
    if step.command in {*CHANGED, *REMOVED, *NAMED}:
        found = _listed(reader, deployment, step, instance)
        return found or _explained(reader, deployment, step, instance)
    if step.command in EXPLANATIONS:
        return _explained(reader, deployment, step, instance)
    if "userName" in step.arguments:
        users = reader.rows(deployment, GET_USERS, instance)
        name = str(step.arguments["userName"]).lower()
        known = any(str(user.get("userName")).lower() == name for user in users)
        if step.command == "CreateUser":
            return NameTaken("A user of this name exists already.") if known else None
        return None if known else NotFound()
    return None


def _explained(
    reader: Reader, deployment: str, step: Step, instance: Instance
) -> GatewayError | None:
    explanation = EXPLANATIONS.get(step.command)
    return explanation and explanation(Scene(reader, deployment, instance), step)


def _listed(
    reader: Reader, deployment: str, step: Step, instance: Instance | None
) -> GatewayError | None:
    """Look into the list of the command's noun: made twice, or changed where there is none."""
    made = NAMED.get(step.command)
    listing = made or CHANGED.get(step.command) or REMOVED.get(step.command)
    if listing is None or not step.arguments:
        return None
    found = listing.has(listing.rows(reader, deployment, instance), step)
    if made:
        return NameTaken("There is one of this name already.") if found else None
    return None if found else NotFound()
