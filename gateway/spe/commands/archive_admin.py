"""Service provider access: the customer's consent, and the log-in that it allows."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

GET_ARCHIVE_ADMIN_ENABLED = Command(
    name="GetArchiveAdminEnabled",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
SET_ARCHIVE_ADMIN_ENABLED = Command(
    name="SetArchiveAdminEnabled",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, Param("enabled", ParamType.BOOL)),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
CREATE_CLIENT_ONE_TIME_URL_FOR_ARCHIVE_ADMIN = Command(
    name="CreateClientOneTimeUrlForArchiveAdmin",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, Param("instanceUrl", ParamType.STRING, required=False)),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)

COMMANDS = (
    GET_ARCHIVE_ADMIN_ENABLED,
    SET_ARCHIVE_ADMIN_ENABLED,
    CREATE_CLIENT_ONE_TIME_URL_FOR_ARCHIVE_ADMIN,
)
