"""Pairing of hosts and client access servers with the management server."""

from gateway.spe.command import Command, Effect, Evidence, Param, ParamType, Target

PAIR_WITH_MANAGEMENT_SERVER = Command(
    name="PairWithManagementServer",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        Param("serverType", ParamType.STRING, values=("instanceHost", "clientAccessServer")),
        Param("serverName", ParamType.STRING),
        Param("port", ParamType.NUMBER),
        Param("thumbprint", ParamType.STRING),
    ),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)

COMMANDS = (PAIR_WITH_MANAGEMENT_SERVER,)
