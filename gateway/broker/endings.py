"""What the end of an operation does to our own tables, in the transaction of its outcome."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from gateway.broker import ownership, telling
from gateway.broker.engine.plan import command_of
from gateway.broker.engine.preparations import CONSENT, STOPPED, latest
from gateway.broker.engine.removal import is_removed, told
from gateway.broker.ledger import Ending
from gateway.model import (
    BY_PERSON,
    Instance,
    InstanceStatus,
    Operation,
    OperationStatus,
    StepStatus,
    now,
)
from gateway.spe.commands.archive_admin import SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.instances import CREATE_INSTANCE, SET_INSTANCE_CONFIGURATION
from gateway.storage import instances, names

FACTUAL = frozenset({"status", "alias"})
"""Columns that must outlive a restore."""

HOLD = "legalHold"
LEFT: Mapping[str, object] = {"startMode": "disabled", "ran": False, HOLD: None}
"""What is read of an instance that we have stopped and disabled, by the keys of what is kept."""

SETTING: Mapping[str, frozenset[str]] = {
    SET_INSTANCE_CONFIGURATION.name: frozenset(),
    SET_ARCHIVE_ADMIN_ENABLED.name: frozenset({"archiveAdmin"}),
}
"""Commands that change an instance, and which field; none for those that the call has named."""

MISSING = {"status": "missing"}
"""What is seen of an instance that its deployment does not list."""


def with_consent(known: Instance, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return SPE's row of an instance with what we know of service provider access."""
    kept = {CONSENT: known.observed[CONSENT]} if CONSENT in known.observed else {}
    return {**row, **kept}


def observed(known: Instance, operation: Operation) -> dict[str, Any]:
    """Return what the operation's reads showed of its instance, as columns."""
    rows = latest(operation, "GetInstances")
    configuration = latest(operation, "GetInstanceConfiguration")
    consent = latest(operation, "GetArchiveAdminEnabled")
    columns: dict[str, Any] = {}
    if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict):
        columns |= {"observed": with_consent(known, rows[0]), "observe_time": now()}
    if rows == []:
        columns |= {"observed": MISSING, "observe_time": now()}
    if isinstance(consent, dict):
        before = columns.get("observed", known.observed)
        columns["observed"] = {**before, CONSENT: bool(consent.get("value"))}
    if isinstance(configuration, dict):
        columns |= {
            "display_name": str(configuration.get("displayName") or ""),
            "alias": configuration.get("alias") or None,
        }
    return columns


def seen(known: Instance, operation: Operation) -> Instance:
    """Return an instance that we know, as the operation's reads showed it."""
    return replace(known, **observed(known, operation))


def note(connection: Connection, operation: Operation, **columns: object) -> None:
    """Write down what an operation's reads showed of its instance, and further columns."""
    known = instances.tracked(connection, str(operation.instance))
    values = (observed(known, operation) if known else {}) | columns
    if known is None or not values:
        return
    instances.change(connection, known.id, {**values, "update_time": now()})
    telling.life(connection, known, values.get("status", known.status))
    if FACTUAL & set(values):
        ownership.note(connection, known.id)


def _observe(connection: Connection, operation: Operation) -> None:
    note(connection, operation)


def _created(connection: Connection, operation: Operation) -> None:
    """An instance exists as soon as its first step is done, whatever became of the others.

    One that was taken back is purged: its directory is still on disk. What carries out the rest
    of an earlier creation makes no instance.
    """
    _say_what_is_left(operation)
    first = operation.steps[0]
    if first.command != CREATE_INSTANCE.name:
        note(connection, operation)
    elif is_removed(operation):
        _bury(connection, operation)
    elif first.status is StepStatus.SUCCEEDED:
        note(connection, operation, status=InstanceStatus.ACTIVE)
    elif operation.status is not OperationStatus.UNKNOWN:
        names.release(connection, str(operation.instance))
        note(connection, operation, status=InstanceStatus.FAILED)


def _say_what_is_left(operation: Operation) -> None:
    """Let the problem of a creation that failed say what it left behind, beside why."""
    left = told(operation)
    if operation.status is OperationStatus.FAILED and operation.problem and left:
        said = f"{operation.problem['detail']} {left}"
        operation.problem = {**operation.problem, "detail": said}


def _configured(connection: Connection, operation: Operation) -> None:
    done = operation.status is OperationStatus.SUCCEEDED
    own = operation.context.get("own", {}) if done else {}
    alias = operation.context["changes"].get("alias")
    if alias and _is_unset(operation):
        names.give_back(connection, str(operation.instance), alias, operation.create_time)
    note(connection, operation, **own)
    _tell_update(connection, operation, own)


def _tell_update(connection: Connection, operation: Operation, own: Mapping[str, Any]) -> None:
    """Tell what was changed; when a person has settled it, only what that is the evidence of."""
    changed: set[str] = set(own)
    for step in operation.steps:
        is_news = operation.resolution is None or step.evidence == BY_PERSON
        if is_news and step.status is StepStatus.SUCCEEDED and step.command in SETTING:
            changed |= SETTING[step.command] or set(operation.context["changes"])
    known = instances.tracked(connection, str(operation.instance))
    if known is not None:
        telling.updated(connection, known, changed)


def _switched(connection: Connection, operation: Operation) -> None:
    note(connection, operation)
    _tell_update(connection, operation, {})


def _is_unset(operation: Operation) -> bool:
    """Whether the configuration was certainly not changed."""
    undone = {StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED}
    settings = [step for step in operation.steps if step.command == "SetInstanceConfiguration"]
    return all(step.status in undone for step in settings)


def _deleted(connection: Connection, operation: Operation) -> None:
    if operation.status is not OperationStatus.SUCCEEDED:
        note(connection, operation)
        return
    time = now()
    note(
        connection,
        operation,
        status=InstanceStatus.DELETED,
        delete_time=time,
        purge_time=time + timedelta(days=operation.context["graceDays"]),
        kept_state=_before_deletion(connection, operation),
    )


def _before_deletion(connection: Connection, operation: Operation) -> dict[str, Any]:
    """Return how an instance was; one that was suspended may have got a legal hold past us since.

    Only a hold is believed from then: a purge may follow.
    """
    known = instances.tracked(connection, str(operation.instance))
    before = _before(known, operation)
    if known is None or known.status is not InstanceStatus.SUSPENDED:
        return before
    held = before.get(HOLD) or _read_before(operation)[HOLD]
    return before | {HOLD: held, "suspended": True}


def _before(known: Instance | None, operation: Operation) -> dict[str, Any]:
    """Return how an instance was before it was stopped and disabled, as far as that is known.

    What is read of one that we left so already, suspended or by a suspension that broke off, is
    how we left it: what was kept then counts.
    """
    read = _read_before(operation)
    if known is None:
        return read
    is_suspended = known.status is InstanceStatus.SUSPENDED
    for name in LEFT.keys() & known.kept_state.keys():
        is_ours = is_suspended and name != HOLD
        if is_ours or read.get(name) in {None, LEFT[name]}:
            read[name] = known.kept_state[name]
    return read


def _read_before(operation: Operation) -> dict[str, Any]:
    """Return how an operation found an instance, as far as it had read anything.

    A person may settle one that a restore cut off before it had.
    """
    listed = operation.steps[0].result
    configuration = latest(operation, "GetInstanceConfiguration")
    compliance = latest(operation, "GetComplianceConfiguration")
    kept: dict[str, Any] = {HOLD: None}
    if listed:
        kept["ran"] = listed[0].get("status") != STOPPED
    if isinstance(configuration, dict):
        kept["startMode"] = configuration.get("startMode")
    if isinstance(compliance, dict):
        kept[HOLD] = compliance.get("legalHoldEnabled")
    return kept


def _undeleted(connection: Connection, operation: Operation) -> None:
    """What was suspended when it was deleted is so again."""
    if operation.status is not OperationStatus.SUCCEEDED:
        return
    known = instances.tracked(connection, str(operation.instance))
    kept = dict(known.kept_state) if known else {}
    is_suspended = kept.pop("suspended", False)
    note(
        connection,
        operation,
        status=InstanceStatus.SUSPENDED if is_suspended else InstanceStatus.ACTIVE,
        delete_time=None,
        purge_time=None,
        kept_state=kept if is_suspended else {},
    )


def _suspended(connection: Connection, operation: Operation) -> None:
    """How it was is kept before all: also of one that broke off after it had changed something."""
    known = instances.tracked(connection, str(operation.instance))
    kept: dict[str, Any] = {"kept_state": _before(known, operation)}
    if operation.status is OperationStatus.SUCCEEDED:
        note(connection, operation, status=InstanceStatus.SUSPENDED, **kept)
    else:
        note(connection, operation, **({} if _is_untouched(operation) else kept))


def _resumed(connection: Connection, operation: Operation) -> None:
    if operation.status is OperationStatus.SUCCEEDED:
        note(connection, operation, status=InstanceStatus.ACTIVE, kept_state={})
    else:
        note(connection, operation)


def _is_untouched(operation: Operation) -> bool:
    """Whether an operation has certainly changed nothing."""
    undone = {StepStatus.QUEUED, StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.CANCELLED}
    return all(
        step.status in undone or not command_of(step).effect.changes for step in operation.steps
    )


def _stopped(connection: Connection, operation: Operation) -> None:
    """Whoever stops what a broken off suspension had left, does not want it to run later."""
    known = instances.tracked(connection, str(operation.instance))
    kept = dict(known.kept_state) if known else {}
    is_wanted = kept.pop("ran", None) and operation.status is OperationStatus.SUCCEEDED
    note(connection, operation, **({"kept_state": kept} if is_wanted else {}))


def _purged(connection: Connection, operation: Operation) -> None:
    if operation.status is OperationStatus.SUCCEEDED:
        _bury(connection, operation)


def _bury(connection: Connection, operation: Operation) -> None:
    """The row and the names stay: the data is still on disk (law 3)."""
    names.bury(connection, str(operation.instance))
    note(connection, operation, status=InstanceStatus.PURGED)


OBSERVING = frozenset(
    {
        "startInstance",
        "stopInstance",
        "restartInstance",
        "freezeInstance",
        "thawInstance",
        "getInstance",
        "setArchiveAdmin",
    }
)
"""Kinds of operations whose end only writes down what was seen."""

ENDINGS: dict[str, Ending] = {
    **dict.fromkeys(OBSERVING, _observe),
    "stopInstance": _stopped,
    "createInstance": _created,
    "setArchiveAdmin": _switched,
    "updateInstance": _configured,
    "suspendInstance": _suspended,
    "resumeInstance": _resumed,
    "deleteInstance": _deleted,
    "undeleteInstance": _undeleted,
    "purgeInstance": _purged,
}
"""By the kind of operation, which is the operationId of the REST operation."""
