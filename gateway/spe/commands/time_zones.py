"""Time zones that schedules may name."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Target

GET_TIME_ZONES = Command(
    name="GetTimeZones",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)

COMMANDS = (GET_TIME_ZONES,)
