"""What the tests of suspension say in one line."""

from collections.abc import Sequence

from gateway.model import Instance, Operation, OperationStatus
from gateway.storage import outbox
from gateway.storage.event_log import TOPIC
from tests.core import Core
from tests.simulated import JSON, Control


def planted(
    core: Core, control: Control, status: str = "running", mode: str = "automatic"
) -> Instance:
    return core.planted(control, "acme", status=status, startMode=mode)


def row(control: Control) -> JSON:
    found: JSON = control.state()["instances"]["acme"]
    return found


def state(control: Control) -> tuple[str, str]:
    found = row(control)
    return found["status"], found["start_mode"]


def lasting(found: JSON) -> JSON:
    """Return what a start does not change."""
    return {name: value for name, value in found.items() if not name.startswith("process_")}


def suspend(core: Core, instance: Instance) -> Operation:
    return core.instances.suspend(core.caller("suspendInstance"), instance.id)


def resume(core: Core, instance: Instance) -> Operation:
    return core.instances.resume(core.caller("resumeInstance"), instance.id)


def done(operation: Operation) -> None:
    assert operation.status is OperationStatus.SUCCEEDED, operation.problem


def told(core: Core) -> Sequence[str]:
    """Return what was told of instances, in its order."""
    with core.database.read() as connection:
        waiting = outbox.after(connection, TOPIC, 0, 1000)
    types = [str(each.payload["type"]) for each in waiting]
    return [each for each in types if each in {"instance.suspended", "instance.resumed"}]
