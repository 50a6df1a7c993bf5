"""Directory services that users are synchronised from."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

GET_DIRECTORY_SERVICES_CONFIGURATION = Command(
    name="GetDirectoryServicesConfiguration",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
SET_DIRECTORY_SERVICES_CONFIGURATION = Command(
    name="SetDirectoryServicesConfiguration",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, Param("config", ParamType.JSON, secret=True)),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SYNC_USERS_WITH_DIRECTORY_SERVICES = Command(
    name="SyncUsersWithDirectoryServices",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, Param("dryRun", ParamType.BOOL, required=False)),
    needs_service_provider_access=True,
    evidence=Evidence.UNKNOWABLE,
)

COMMANDS = (
    GET_DIRECTORY_SERVICES_CONFIGURATION,
    SET_DIRECTORY_SERVICES_CONFIGURATION,
    SYNC_USERS_WITH_DIRECTORY_SERVICES,
)
