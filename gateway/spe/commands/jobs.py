"""Scheduled jobs of an instance and their results."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

_TIME_ZONE_ID = Param("timeZoneId", ParamType.STRING)
_NAME = Param("name", ParamType.STRING)
_DATE = Param("date", ParamType.STRING, required=False)
_INTERVAL = Param(
    "interval",
    ParamType.NUMBER,
    required=False,
    values=(5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720),
)
_TIME = Param("time", ParamType.STRING, required=False)
_DAY_OF_WEEK = Param(
    "dayOfWeek",
    ParamType.STRING,
    required=False,
    values=("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
)
_DAY_OF_MONTH = Param(
    "dayOfMonth",
    ParamType.STRING,
    required=False,
    values=(*map(str, range(1, 32)), "Last"),
)
_ID = Param("id", ParamType.NUMBER)

GET_JOBS = Command(
    name="GetJobs",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
GET_JOB_RESULTS = Command(
    name="GetJobResults",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(
        INSTANCE_ID,
        Param("fromIncluding", ParamType.STRING),
        Param("toExcluding", ParamType.STRING),
        _TIME_ZONE_ID,
        Param("jobId", ParamType.NUMBER, required=False),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)
CREATE_JOB = Command(
    name="CreateJob",
    target=Target.INSTANCE,
    effect=Effect.CREATE_NUMBERED,
    params=(
        INSTANCE_ID,
        _NAME,
        Param("action", ParamType.STRING),
        Param("owner", ParamType.STRING, required=False),
        Param("timeZoneId", ParamType.STRING, required=False),
        _DATE,
        _INTERVAL,
        _TIME,
        _DAY_OF_WEEK,
        _DAY_OF_MONTH,
    ),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
RENAME_JOB = Command(
    name="RenameJob",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, _NAME),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_JOB_ENABLED = Command(
    name="SetJobEnabled",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, Param("enabled", ParamType.BOOL)),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
# The reference lists no instanceID, but every other job command has one. The broker sends
# this only to a deployment whose own metadata lists it.
SET_JOB_SCHEDULE = Command(
    name="SetJobSchedule",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, _TIME_ZONE_ID, _DATE, _INTERVAL, _TIME, _DAY_OF_WEEK, _DAY_OF_MONTH),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
# The reference calls `id` optional. It is required here: a dropped argument must never
# widen what a command hits.
DELETE_JOB = Command(
    name="DeleteJob",
    target=Target.INSTANCE,
    effect=Effect.DESTROY,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
RUN_JOB_ASYNC = Command(
    name="RunJobAsync",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
CANCEL_JOB_ASYNC = Command(
    name="CancelJobAsync",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)

COMMANDS = (
    GET_JOBS,
    GET_JOB_RESULTS,
    CREATE_JOB,
    RENAME_JOB,
    SET_JOB_ENABLED,
    SET_JOB_SCHEDULE,
    DELETE_JOB,
    RUN_JOB_ASYNC,
    CANCEL_JOB_ASYNC,
)
