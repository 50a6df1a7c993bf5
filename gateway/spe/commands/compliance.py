"""Compliance settings, legal hold among them."""

from gateway.spe.command import CONFIG, INSTANCE_ID, Command, Effect, Evidence, Target

GET_COMPLIANCE_CONFIGURATION = Command(
    name="GetComplianceConfiguration",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
SET_COMPLIANCE_CONFIGURATION = Command(
    name="SetComplianceConfiguration",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, CONFIG),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)

COMMANDS = (
    GET_COMPLIANCE_CONFIGURATION,
    SET_COMPLIANCE_CONFIGURATION,
)
