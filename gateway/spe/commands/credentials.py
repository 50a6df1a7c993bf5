"""Credentials that profiles and directory services sign in with."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

_ID = Param("id", ParamType.NUMBER)
_DESCRIPTION = Param("description", ParamType.STRING)
_TENANT_ID = Param("tenantId", ParamType.STRING, required=False)
_APPLICATION_ID = Param("applicationId", ParamType.STRING, required=False)

GET_CREDENTIALS = Command(
    name="GetCredentials",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
GET_CREDENTIAL = Command(
    name="GetCredential",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_CREDENTIAL = Command(
    name="CreateCredential",
    target=Target.INSTANCE,
    effect=Effect.CREATE_NUMBERED,
    params=(
        INSTANCE_ID,
        Param("type", ParamType.STRING, values=("Office365_Modern", "SignedEnvelope")),
        _DESCRIPTION,
        _TENANT_ID,
        _APPLICATION_ID,
    ),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
SET_CREDENTIAL_DESCRIPTION = Command(
    name="SetCredentialDescription",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, _DESCRIPTION),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_CREDENTIAL_SETTINGS = Command(
    name="SetCredentialSettings",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _ID,
        Param("createNewCertificate", ParamType.BOOL, required=False),
        _TENANT_ID,
        _APPLICATION_ID,
    ),
    needs_service_provider_access=True,
    evidence=Evidence.BY_STATE,
)
DELETE_CREDENTIAL = Command(
    name="DeleteCredential",
    target=Target.INSTANCE,
    effect=Effect.DESTROY,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)

COMMANDS = (
    GET_CREDENTIALS,
    GET_CREDENTIAL,
    CREATE_CREDENTIAL,
    SET_CREDENTIAL_DESCRIPTION,
    SET_CREDENTIAL_SETTINGS,
    DELETE_CREDENTIAL,
)
