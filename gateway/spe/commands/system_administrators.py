"""Administrators of a deployment."""

from gateway.spe.command import CONFIG, Command, Effect, Evidence, Param, ParamType, Target

_PASSWORD = Param("password", ParamType.STRING, secret=True)
_USER_NAME = Param("userName", ParamType.STRING)

GET_SYSTEM_ADMINISTRATORS = Command(
    name="GetSystemAdministrators",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_SYSTEM_ADMINISTRATOR = Command(
    name="CreateSystemAdministrator",
    target=Target.DEPLOYMENT,
    effect=Effect.CREATE_NAMED,
    params=(CONFIG, _PASSWORD),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)
SET_SYSTEM_ADMINISTRATOR_CONFIGURATION = Command(
    name="SetSystemAdministratorConfiguration",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
SET_SYSTEM_ADMINISTRATOR_PASSWORD = Command(
    name="SetSystemAdministratorPassword",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(_USER_NAME, _PASSWORD),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
DELETE_SYSTEM_ADMINISTRATOR = Command(
    name="DeleteSystemAdministrator",
    target=Target.DEPLOYMENT,
    effect=Effect.DESTROY,
    params=(_USER_NAME,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)
CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD = Command(
    name="CreateSystemAdministratorAPIPassword",
    target=Target.DEPLOYMENT,
    effect=Effect.RUN,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
INITIALIZE_SYSTEM_ADMINISTRATOR_MFA = Command(
    name="InitializeSystemAdministratorMFA",
    target=Target.DEPLOYMENT,
    effect=Effect.RUN,
    params=(_USER_NAME,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA = Command(
    name="DeactivateSystemAdministratorMFA",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(_USER_NAME,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)

COMMANDS = (
    GET_SYSTEM_ADMINISTRATORS,
    CREATE_SYSTEM_ADMINISTRATOR,
    SET_SYSTEM_ADMINISTRATOR_CONFIGURATION,
    SET_SYSTEM_ADMINISTRATOR_PASSWORD,
    DELETE_SYSTEM_ADMINISTRATOR,
    CREATE_SYSTEM_ADMINISTRATOR_API_PASSWORD,
    INITIALIZE_SYSTEM_ADMINISTRATOR_MFA,
    DEACTIVATE_SYSTEM_ADMINISTRATOR_MFA,
)
