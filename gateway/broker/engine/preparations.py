"""The rules that make a step's arguments when its turn comes, from what was just read.

``None`` means that the step is not needed. A ``GatewayError`` ends the operation before the
step is sent.
"""

from collections.abc import Mapping
from typing import Any

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import bound
from gateway.broker.engine.redaction import without_secrets
from gateway.broker.engine.removal import REMOVAL_RULES
from gateway.broker.engine.replacements import replaced
from gateway.broker.engine.runner import Preparation
from gateway.broker.engine.settlement import RUNNING
from gateway.broker.engine.store_paths import require_free_of_stores
from gateway.broker.jobs import require_action
from gateway.errors import (
    DeclarationError,
    InstanceNotStopped,
    NotFound,
    PermissionMissing,
    PreconditionFailed,
    ReplyInvalid,
)
from gateway.model import Instance, Operation, StepStatus, version_of
from gateway.spe.commands.archive_admin import GET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.instances import (
    GET_INSTANCE_CONFIGURATION,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)

STOPPED = "stopped"
CONSENT = "archiveAdminEnabled"
"""The key of ``observed`` under which service provider access is kept as it was last read."""

WRITABLE = (
    "alias",
    "displayName",
    "instanceHost",
    "startMode",
    "baseDirectory",
    "debugLogEnabled",
    "vssWriterEnabled",
)
"""What SetInstanceConfiguration documents; the rest of what is read is not sent back."""


def versioned(instance: Instance, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the version of an instance is made of: the fields that a caller can write."""
    return {
        "displayName": configuration.get("displayName") or None,
        "alias": configuration.get("alias") or None,
        "startMode": configuration.get("startMode"),
        "archiveAdmin": instance.observed.get(CONSENT),
        "labels": dict(instance.labels),
        "externalId": instance.external_id,
    }


def latest(operation: Operation, command: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what the last finished step of a command has read, or None."""
    read = [
        step.result
        for step in operation.steps
        if step.command == command and step.status is StepStatus.SUCCEEDED
    ]
    return read[-1] if read else None


def row_read(operation: Operation, instance: Instance) -> dict[str, Any]:
    """Return SPE's row of the instance, which must be exactly the one asked for.

    Raises:
        ReplyInvalid: the deployment answered something else.
    """
    rows = latest(operation, "GetInstances")
    if not isinstance(rows, list) or [r.get("instanceID") for r in rows] != [instance.instance_id]:
        raise ReplyInvalid(
            "The deployment did not answer with exactly the instance asked for.",
            deployment=instance.deployment,
            command="GetInstances",
        )
    row: dict[str, Any] = rows[0]
    return row


def configuration_read(operation: Operation) -> dict[str, Any]:
    """Return SPE's configuration of the instance, as it was read last.

    Raises:
        ReplyInvalid: the deployment answered something else.
    """
    found = latest(operation, "GetInstanceConfiguration")
    if not isinstance(found, dict):
        raise ReplyInvalid("The deployment's configuration of the instance is not an object.")
    return found


def subject(operation: Operation) -> dict[str, Any]:
    """Return what an operation is about, as it was read last.

    ``context["subject"]`` names the reading command under ``read``; where that lists many,
    ``key`` and ``value`` pick one, names without regard to case.

    Raises:
        NotFound: the list has no such entry.
        ReplyInvalid: the deployment answered something else.
    """
    about = operation.context["subject"]
    found = latest(operation, about["read"])
    if "key" in about and isinstance(found, list):
        found = next((row for row in found if _is_meant(row, about)), None)
        if found is None:
            raise NotFound
    if not isinstance(found, dict):
        raise ReplyInvalid("The deployment's answer is not an object.", command=about["read"])
    return found


def _is_meant(row: object, about: Mapping[str, Any]) -> bool:
    key = row.get(about["key"]) if isinstance(row, dict) else None
    return str(key).lower() == str(about["value"]).lower()


def version_read(operation: Operation) -> str:
    """Return the version of what was read last: over its ``members`` that can be written.

    Where SPE does not say which members there are, it is over all but the secrets.
    """
    about = operation.context["subject"]
    if about["members"] is None:
        return version_of({"whole": without_secrets(latest(operation, about["read"]))})
    found = subject(operation)
    return version_of({name: found.get(name) for name in about["members"]})


def known(instance: Instance | None) -> Instance:
    """Return the operation's instance, which a rule about instances cannot do without."""
    if instance is None:
        raise DeclarationError("A preparation needs the operation's instance.")
    return instance


def with_settings(
    operation: Operation, instance: Instance, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the configuration that was read with some changes, to be sent whole."""
    found = configuration_read(operation)
    config = {name: found[name] for name in WRITABLE if name in found} | dict(changes)
    return bound(SET_INSTANCE_CONFIGURATION, {"config": config}, instance)


def _stop_to_configure(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    ours = known(instance)
    require_instance_version(operation, ours)
    if row_read(operation, ours).get("status") == STOPPED:
        return None
    if not operation.context.get("restart"):
        raise InstanceNotStopped(
            "SPE changes the configuration of stopped instances only: stop it first, "
            "or ask with restart=true to stop, change and start it."
        )
    return bound(STOP_INSTANCES, {}, ours)


def require_instance_version(operation: Operation, instance: Instance) -> None:
    """Demand that the instance is of a version that is wanted.

    Raises:
        PreconditionFailed: it is of another one.
    """
    wanted = operation.context.get("ifMatch")
    found = version_of(versioned(instance, configuration_read(operation)))
    if wanted is not None and f'"{found}"' not in wanted:
        raise PreconditionFailed("The instance was changed meanwhile: read it again.")


def _merge_configuration(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    return with_settings(operation, known(instance), operation.context["changes"])


def _start_again(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    stopped_by_us = any(
        step.prepare == "stop-to-configure" and step.status is StepStatus.SUCCEEDED
        for step in operation.steps
    )
    disabled = operation.context["changes"].get("startMode") == "disabled"
    if not stopped_by_us or disabled:
        return None
    return bound(START_INSTANCES, {}, known(instance))


def _stop_if_running(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    ours = known(instance)
    if row_read(operation, ours).get("status") == STOPPED:
        return None
    return bound(STOP_INSTANCES, {}, ours)


def _disable_start(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    return with_settings(operation, known(instance), {"startMode": "disabled"})


def _if_listed(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    """Skip the step when the deployment has just been found not to list the instance."""
    if latest(operation, "GetInstances") == []:
        return None
    return bound(GET_INSTANCE_CONFIGURATION, {}, known(instance))


def _if_running(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    """Skip the step when the instance is not in a state in which it answers."""
    ours, rows = known(instance), latest(operation, "GetInstances")
    if rows == [] or row_read(operation, ours).get("status") not in RUNNING:
        return None
    return bound(GET_ARCHIVE_ADMIN_ENABLED, {}, ours)


def _restore_start(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    ours = known(instance)
    kept = ours.kept_state
    mode = "disabled" if kept.get("suspended") else kept.get("startMode", "manual")
    return with_settings(operation, ours, {"startMode": mode})


def _start_if_it_ran(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    del operation
    ours = known(instance)
    ran = ours.kept_state.get("ran") and not ours.kept_state.get("suspended")
    return bound(START_INSTANCES, {}, ours) if ran else None


def _start_if_stopped(operation: Operation, instance: Instance | None) -> dict[str, Any] | None:
    ours = known(instance)
    is_stopped = row_read(operation, ours).get("status") == STOPPED
    return bound(START_INSTANCES, {}, ours) if is_stopped else None


def require_version(operation: Operation) -> None:
    """Demand that what was read is there, and of a version that is wanted.

    Raises:
        NotFound: the list has no such entry.
        PreconditionFailed: it is of another version.
    """
    found = f'"{version_read(operation)}"'
    wanted = operation.context.get("ifMatch")
    if wanted is not None and found not in wanted:
        raise PreconditionFailed("It was changed since it was read; read it again.")


def _require_version_read(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Let the arguments pass when what they change is there, in a version that is wanted."""
    del instance
    require_version(operation)
    return arguments_of(operation)


def arguments_of(operation: Operation) -> dict[str, Any]:
    """Return the arguments of the step whose turn it is.

    Raises:
        DeclarationError: there is none.
    """
    if operation.current is None:
        raise DeclarationError("A preparation needs a step.")
    return operation.current.arguments


def _merge_subject(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Send the whole of what was read, with the changes merged in (RFC 7396)."""
    _require_version_read(operation, instance)
    about, found = operation.context["subject"], subject(operation)
    kept = {name: found[name] for name in about["members"] if found.get(name) is not None}
    named = {about["key"]: found[about["key"]]} if "key" in about else {}
    return {"config": named | merged(kept, operation.context["changes"])}


def _keep_rest(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Send what was read where the caller said nothing: SPE replaces the whole."""
    arguments = _require_version_read(operation, instance)
    found = subject(operation)
    members = operation.context["subject"]["members"]
    kept = {name: found[name] for name in members if name in found}
    return {**arguments, "config": kept | arguments["config"]}


def _replace_settings(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Judge settings that replace what was read, and complete them by it."""
    arguments, step = _require_version_read(operation, instance), operation.current
    return replaced(step.command if step else "", subject(operation), arguments)


def _require_action(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Let the arguments pass when the caller may do what the job runs: ``mayRun``."""
    arguments = _require_version_read(operation, instance)
    require_action(subject(operation).get("action"), operation.context["mayRun"])
    return arguments


def _spare_administrators(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Let the arguments pass for a user whom the caller could have made: ``mayAdminister``.

    Whoever sets an administrator's password is one.
    """
    arguments = _require_version_read(operation, instance)
    is_administrator = "admin" in (subject(operation).get("privileges") or ())
    if is_administrator and not operation.context["mayAdminister"]:
        raise PermissionMissing(Permission.USERS_ADMIN)
    return arguments


def _require_free_path(operation: Operation, instance: Instance | None) -> dict[str, Any]:
    """Let the arguments pass when no other store of the instance lies there."""
    arguments = arguments_of(operation)
    stores = latest(operation, "GetStores")
    if isinstance(stores, list):
        require_free_of_stores(arguments, known(instance), stores)
    return arguments


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Apply a JSON Merge Patch (RFC 7396)."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            below = result.get(name)
            result[name] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[name] = value
    return result


PREPARATIONS: dict[str, Preparation] = {
    "if-listed": _if_listed,
    "if-running": _if_running,
    "require-version": _require_version_read,
    "merge-subject": _merge_subject,
    "keep-rest": _keep_rest,
    "require-free-path": _require_free_path,
    "replace-settings": _replace_settings,
    "require-action": _require_action,
    "spare-administrators": _spare_administrators,
    "stop-to-configure": _stop_to_configure,
    "merge-configuration": _merge_configuration,
    "start-again": _start_again,
    "stop-if-running": _stop_if_running,
    "disable-start": _disable_start,
    "restore-start": _restore_start,
    "start-if-it-ran": _start_if_it_ran,
    "start-if-stopped": _start_if_stopped,
    **REMOVAL_RULES,
}
