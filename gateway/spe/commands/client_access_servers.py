"""Client access servers."""

from gateway.spe.command import CONFIG, Command, Effect, Evidence, Param, ParamType, Target

GET_CLIENT_ACCESS_SERVERS = Command(
    name="GetClientAccessServers",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(
        Param("serverNameFilter", ParamType.STRING, required=False),
        Param("withServiceStatus", ParamType.BOOL),
    ),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)
CREATE_CLIENT_ACCESS_SERVER = Command(
    name="CreateClientAccessServer",
    target=Target.DEPLOYMENT,
    effect=Effect.CREATE_NAMED,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)
SET_CLIENT_ACCESS_SERVER_CONFIGURATION = Command(
    name="SetClientAccessServerConfiguration",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
DELETE_CLIENT_ACCESS_SERVER = Command(
    name="DeleteClientAccessServer",
    target=Target.DEPLOYMENT,
    effect=Effect.DESTROY,
    params=(Param("serverName", ParamType.STRING),),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)

COMMANDS = (
    GET_CLIENT_ACCESS_SERVERS,
    CREATE_CLIENT_ACCESS_SERVER,
    SET_CLIENT_ACCESS_SERVER_CONFIGURATION,
    DELETE_CLIENT_ACCESS_SERVER,
)
