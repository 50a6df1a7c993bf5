"""Sizes and live counters of an instance."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Target

GET_INSTANCE_STATISTICS = Command(
    name="GetInstanceStatistics",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)
GET_INSTANCE_PROCESS_LIVE_STATISTICS = Command(
    name="GetInstanceProcessLiveStatistics",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)

COMMANDS = (
    GET_INSTANCE_STATISTICS,
    GET_INSTANCE_PROCESS_LIVE_STATISTICS,
)
