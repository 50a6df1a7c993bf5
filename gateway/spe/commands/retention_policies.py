"""Retention policies, which delete mail that is old enough."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

GET_RETENTION_POLICIES = Command(
    name="GetRetentionPolicies",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
SET_RETENTION_POLICIES = Command(
    name="SetRetentionPolicies",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, Param("config", ParamType.JSON, takes_array=True)),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
PROCESS_RETENTION_POLICIES = Command(
    name="ProcessRetentionPolicies",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.UNKNOWABLE,
)

COMMANDS = (
    GET_RETENTION_POLICIES,
    SET_RETENTION_POLICIES,
    PROCESS_RETENTION_POLICIES,
)
