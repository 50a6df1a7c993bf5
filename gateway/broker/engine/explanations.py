"""Why commands inside an instance say no to what is there: read, and told to the caller.

Each explanation looks at what its command depends on beyond the thing that it names.
"""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.broker.engine.evidence import Scene
from gateway.broker.engine.listings import JOBS, TIME_ZONES, USERS
from gateway.errors import Conflict, GatewayError, InputFault, InvalidInput, NameTaken, NotFound
from gateway.model import Step
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.smtp import GET_SMTP_SETTINGS
from gateway.spe.commands.users import GET_USER_INFO

Explanation = Callable[[Scene, Step], GatewayError | None]


def _rename(scene: Scene, step: Step) -> GatewayError | None:
    names = USERS.keys(scene.rows(USERS))
    if str(step.arguments["oldUserName"]).lower() not in names:
        return NotFound()
    taken = str(step.arguments["newUserName"]).lower() in names
    return NameTaken("A user of this name exists already.") if taken else None


def _schedule(scene: Scene, step: Step) -> GatewayError | None:
    zone = step.arguments.get("timeZoneId")
    known = [row.get("id") for row in scene.rows(TIME_ZONES)]
    if zone is None or zone in known:
        return None
    detail = "The instance knows no such time zone: see GET /instances/{instance}/time-zones."
    return InvalidInput([InputFault("/schedule/timeZoneId", "UNKNOWN_TIME_ZONE", detail)])


def _new_job(scene: Scene, step: Step) -> GatewayError | None:
    return _schedule(scene, step) or _owner(scene, step)


def _owner(scene: Scene, step: Step) -> GatewayError | None:
    owner = step.arguments.get("owner")
    if owner is None:
        return None
    if str(owner).lower() in USERS.keys(scene.rows(USERS)):
        found = scene.reader.read(
            scene.deployment, GET_USER_INFO, {"userName": owner}, scene.instance
        )
        if isinstance(found, dict) and "admin" in (found.get("privileges") or ()):
            return None
    detail = "The owner must be an administrator of the instance."
    return InvalidInput([InputFault("/owner", "NOT_AN_ADMINISTRATOR", detail)])


def _runs(scene: Scene, step: Step) -> bool:
    """Whether a job has started and not yet completed; SPE writes its times so that they sort."""
    row = scene.row(JOBS, step) or {}
    started, completed = row.get("lastStartDateTimeUtc"), row.get("lastCompleteDateTimeUtc")
    return bool(started) and (not completed or str(completed) < str(started))


def _run(scene: Scene, step: Step) -> GatewayError | None:
    return Conflict("The job is running already.") if _runs(scene, step) else None


def _cancel(scene: Scene, step: Step) -> GatewayError | None:
    return None if _runs(scene, step) else Conflict("The job is not running.")


def _retention(scene: Scene, step: Step) -> GatewayError | None:
    del step
    found = scene.reader.read(
        scene.deployment, GET_COMPLIANCE_CONFIGURATION, instance=scene.instance
    )
    held = isinstance(found, dict) and found.get("legalHoldEnabled")
    return Conflict("Legal hold is on: nothing may be deleted.") if held else None


def _smtp_test(scene: Scene, step: Step) -> GatewayError | None:
    del step
    found = scene.reader.read(scene.deployment, GET_SMTP_SETTINGS, instance=scene.instance)
    ready = isinstance(found, dict) and found.get("hostname")
    return None if ready else Conflict("The instance has no mail settings yet.")


EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "RenameUser": _rename,
    "CreateJob": _new_job,
    "SetJobSchedule": _schedule,
    "RunJobAsync": _run,
    "CancelJobAsync": _cancel,
    "ProcessRetentionPolicies": _retention,
    "TestSmtpSettings": _smtp_test,
}
"""By the command that failed."""
