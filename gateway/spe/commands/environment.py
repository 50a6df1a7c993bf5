"""The deployment itself."""

from gateway.spe.command import Command, Effect, Evidence, Target

PING = Command(
    name="Ping",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
GET_ENVIRONMENT_INFO = Command(
    name="GetEnvironmentInfo",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)

COMMANDS = (
    PING,
    GET_ENVIRONMENT_INFO,
)
