"""How an instance is suspended and resumed: stopped and disabled, and later as it was before.

A failure leaves no half of it. A suspension that cannot disable the start of what it has stopped
starts it again; a resumption that cannot start what it has enabled disables it again. What is
repeated only does what is not so yet.
"""

from typing import Any, Final

from gateway.broker.engine.plan import Invocation, bound
from gateway.broker.engine.preparations import (
    STOPPED,
    configuration_read,
    known,
    row_read,
    with_settings,
)
from gateway.broker.engine.runner import Preparation
from gateway.model import Instance, InstanceStatus, Operation, StepStatus
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instances import (
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)

DISABLED: Final = "disabled"
FALLBACK: Final = "manual"
"""How what is suspended starts again when nobody knows any more how it did."""

SUSPENSION: Final = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(GET_COMPLIANCE_CONFIGURATION, prepare="hold-if-running", tolerant=True),
    Invocation(STOP_INSTANCES, prepare="stop-if-running"),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="disable-start"),
    Invocation(GET_INSTANCES, prepare="look-if-disabled", check="is-not-running", always=True),
    Invocation(START_INSTANCES, prepare="start-unless-disabled", always=True),
)
"""Legal hold is read too: SPE tells it of running instances only, and it may be deleted next."""

RESUMPTION: Final = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(STOP_INSTANCES, prepare="stop-to-enable"),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="enable-start"),
    Invocation(START_INSTANCES, prepare="start-as-it-ran"),
    Invocation(
        GET_INSTANCES,
        prepare="look-if-enabled",
        check="is-as-it-ran",
        tolerant=True,
        always=True,
    ),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="disable-again", always=True),
)
"""Somebody may have started it past the gateway; SPE changes stopped instances only."""

Arguments = dict[str, Any] | None


def _status_of(operation: Operation, prepare: str) -> StepStatus:
    """Return how far the step with a rule is."""
    return next(step.status for step in operation.steps if step.prepare == prepare)


def _is_done(operation: Operation, prepare: str) -> bool:
    return _status_of(operation, prepare) is StepStatus.SUCCEEDED


# to suspend


def _hold_if_running(operation: Operation, instance: Instance | None) -> Arguments:
    ours = known(instance)
    if row_read(operation, ours).get("status") == STOPPED:
        return None
    return bound(GET_COMPLIANCE_CONFIGURATION, {}, ours)


def _look_if_disabled(operation: Operation, instance: Instance | None) -> Arguments:
    is_disabled = _is_done(operation, "disable-start")
    return bound(GET_INSTANCES, {}, known(instance)) if is_disabled else None


def _start_unless_disabled(operation: Operation, instance: Instance | None) -> Arguments:
    """Start again what was stopped in vain; what was suspended before stays stopped."""
    ours = known(instance)
    in_vain = _is_done(operation, "stop-if-running") and not _is_done(operation, "disable-start")
    is_active = ours.status is InstanceStatus.ACTIVE
    return bound(START_INSTANCES, {}, ours) if in_vain and is_active else None


# to resume


def _mode_wanted(operation: Operation, ours: Instance) -> str | None:
    """Return how it is to start from now on; None when that is so already.

    What is active and was not disabled is left alone: somebody has seen to it.
    """
    found = configuration_read(operation).get("startMode")
    if ours.status is InstanceStatus.SUSPENDED:
        wanted = ours.kept_state.get("startMode") or FALLBACK
    else:
        wanted = ours.kept_state.get("startMode") if found == DISABLED else None
    return None if wanted == found else wanted


def _is_running(operation: Operation, ours: Instance) -> bool:
    """Whether it ran when the operation began."""
    return row_read(operation, ours).get("status") != STOPPED


def _stop_to_enable(operation: Operation, instance: Instance | None) -> Arguments:
    ours = known(instance)
    is_needed = _is_running(operation, ours) and _mode_wanted(operation, ours) is not None
    return bound(STOP_INSTANCES, {}, ours) if is_needed else None


def _enable_start(operation: Operation, instance: Instance | None) -> Arguments:
    ours = known(instance)
    mode = _mode_wanted(operation, ours)
    return None if mode is None else with_settings(operation, ours, {"startMode": mode})


def _start_as_it_ran(operation: Operation, instance: Instance | None) -> Arguments:
    ours = known(instance)
    ran = ours.kept_state.get("ran") and not _is_running(operation, ours)
    is_needed = ran or _is_done(operation, "stop-to-enable")
    return bound(START_INSTANCES, {}, ours) if is_needed else None


def _look_if_enabled(operation: Operation, instance: Instance | None) -> Arguments:
    left = any(step.status is StepStatus.CANCELLED for step in operation.steps)
    if operation.problem is not None or left:
        return None
    return bound(GET_INSTANCES, {}, known(instance))


def _disable_again(operation: Operation, instance: Instance | None) -> Arguments:
    """Let what was suspended and does not start be suspended in every respect."""
    ours = known(instance)
    is_over = {StepStatus.FAILED, StepStatus.CANCELLED}
    steps = (_status_of(operation, name) for name in ("start-as-it-ran", "look-if-enabled"))
    if ours.status is not InstanceStatus.SUSPENDED or not is_over.intersection(steps):
        return None
    return with_settings(operation, ours, {"startMode": DISABLED})


SUSPENDING: Final[dict[str, Preparation]] = {
    "hold-if-running": _hold_if_running,
    "look-if-disabled": _look_if_disabled,
    "start-unless-disabled": _start_unless_disabled,
    "stop-to-enable": _stop_to_enable,
    "enable-start": _enable_start,
    "start-as-it-ran": _start_as_it_ran,
    "look-if-enabled": _look_if_enabled,
    "disable-again": _disable_again,
}
"""The rules that make the steps' arguments, besides those of ``preparations``."""
