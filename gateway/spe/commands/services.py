"""The services of a deployment and their state."""

from gateway.spe.command import Command, Effect, Evidence, Target

GET_SERVICE_STATUS = Command(
    name="GetServiceStatus",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)

COMMANDS = (GET_SERVICE_STATUS,)
