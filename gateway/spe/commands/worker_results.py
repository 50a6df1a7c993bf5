"""Results of executed profiles."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

GET_WORKER_RESULTS = Command(
    name="GetWorkerResults",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(
        INSTANCE_ID,
        Param("fromIncluding", ParamType.STRING),
        Param("toExcluding", ParamType.STRING),
        Param("timeZoneID", ParamType.STRING),
        Param("profileID", ParamType.NUMBER, required=False),
        Param("userName", ParamType.STRING, required=False),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)
GET_WORKER_RESULT_REPORT = Command(
    name="GetWorkerResultReport",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID, Param("id", ParamType.NUMBER)),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)

COMMANDS = (
    GET_WORKER_RESULTS,
    GET_WORKER_RESULT_REPORT,
)
