"""Instance hosts and the directories on them."""

from gateway.spe.command import CONFIG, Command, Effect, Evidence, Param, ParamType, Target

_SERVER_NAME = Param("serverName", ParamType.STRING)

GET_INSTANCE_HOSTS = Command(
    name="GetInstanceHosts",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(Param("serverNameFilter", ParamType.STRING, required=False),),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_INSTANCE_HOST = Command(
    name="CreateInstanceHost",
    target=Target.DEPLOYMENT,
    effect=Effect.CREATE_NAMED,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)
SET_INSTANCE_HOST_CONFIGURATION = Command(
    name="SetInstanceHostConfiguration",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
DELETE_INSTANCE_HOST = Command(
    name="DeleteInstanceHost",
    target=Target.DEPLOYMENT,
    effect=Effect.DESTROY,
    params=(_SERVER_NAME,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)
GET_DIRECTORIES_ON_INSTANCE_HOST = Command(
    name="GetDirectoriesOnInstanceHost",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(_SERVER_NAME, Param("path", ParamType.STRING, required=False)),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_DIRECTORY_ON_INSTANCE_HOST = Command(
    name="CreateDirectoryOnInstanceHost",
    target=Target.DEPLOYMENT,
    effect=Effect.CREATE_NAMED,
    params=(_SERVER_NAME, Param("path", ParamType.STRING)),
    needs_service_provider_access=False,
    evidence=Evidence.BY_DIRECTORY,
)

COMMANDS = (
    GET_INSTANCE_HOSTS,
    CREATE_INSTANCE_HOST,
    SET_INSTANCE_HOST_CONFIGURATION,
    DELETE_INSTANCE_HOST,
    GET_DIRECTORIES_ON_INSTANCE_HOST,
    CREATE_DIRECTORY_ON_INSTANCE_HOST,
)
