"""Outgoing mail of the deployment and of an instance."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

GET_SYSTEM_SMTP_CONFIGURATION = Command(
    name="GetSystemSmtpConfiguration",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
SET_SYSTEM_SMTP_CONFIGURATION = Command(
    name="SetSystemSmtpConfiguration",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(Param("config", ParamType.JSON, secret=True),),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
TEST_SYSTEM_SMTP_CONFIGURATION = Command(
    name="TestSystemSmtpConfiguration",
    target=Target.DEPLOYMENT,
    effect=Effect.RUN,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
GET_SMTP_SETTINGS = Command(
    name="GetSmtpSettings",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
SET_SMTP_SETTINGS = Command(
    name="SetSmtpSettings",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, Param("settings", ParamType.JSON, secret=True)),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
TEST_SMTP_SETTINGS = Command(
    name="TestSmtpSettings",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.UNKNOWABLE,
)

COMMANDS = (
    GET_SYSTEM_SMTP_CONFIGURATION,
    SET_SYSTEM_SMTP_CONFIGURATION,
    TEST_SYSTEM_SMTP_CONFIGURATION,
    GET_SMTP_SETTINGS,
    SET_SMTP_SETTINGS,
    TEST_SMTP_SETTINGS,
)
