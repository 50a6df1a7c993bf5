"""Why a command failed, found out by reading rather than by the wording of a message.

SPE's messages are not documented; what the state of the instance shows is the same in
every version and language.
"""

from gateway.broker.plan import command_of
from gateway.broker.reader import Reader
from gateway.broker.settlement import row_of
from gateway.errors import (
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
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS

STOPPED_FIRST = frozenset({"SetInstanceConfiguration", "DeleteInstances"})
RUNNING = frozenset({"running", "safeMode"})


def diagnose(reader: Reader, step: Step, instance: Instance | None) -> GatewayError | None:
    """Return the error that tells the caller what to do, or None when nothing is found."""
    if instance is None:
        return None
    try:
        return _diagnose(reader, step, instance)
    except UpstreamError:
        return None


def _diagnose(reader: Reader, step: Step, instance: Instance) -> GatewayError | None:
    row = row_of(reader, instance)
    if row is None:
        return None
    running = row.get("status") in RUNNING
    if step.command in STOPPED_FIRST:
        return InstanceNotStopped("Stop the instance first.") if running else None
    command = command_of(step)
    if command.target is Target.INSTANCE and not running:
        return InstanceNotRunning(f"The instance is {row.get('status')}; start it first.")
    deployment = instance.deployment
    if command.needs_service_provider_access and not _access(reader, deployment, instance):
        return ServiceProviderAccessOff(
            "Service provider access is off for this instance: with the customer's consent, "
            'switch it on with PUT /instances/{instance}/archive-admin {"enabled": true}.'
        )
    return _inside(reader, deployment, step, instance)


def _access(reader: Reader, deployment: str, instance: Instance) -> bool:
    found = reader.read(deployment, GET_ARCHIVE_ADMIN_ENABLED, instance=instance)
    return bool(found.get("value"))


def _inside(reader: Reader, deployment: str, step: Step, instance: Instance) -> GatewayError | None:
    """Look whether the store or user that the command names is there."""
    if step.command.endswith(("Store", "StoreRequestedState")) and "id" in step.arguments:
        stores = reader.read(deployment, GET_STORES, instance=instance)
        known = any(store.get("id") == step.arguments["id"] for store in stores)
        return None if known else NotFound()
    if "userName" in step.arguments:
        users = reader.read(deployment, GET_USERS, instance=instance)
        name = str(step.arguments["userName"]).lower()
        known = any(str(user.get("userName")).lower() == name for user in users)
        if step.command == "CreateUser":
            return NameTaken("A user of this name exists already.") if known else None
        return None if known else NotFound()
    return None
