"""Instances: their configuration and their life cycle."""

from gateway.spe.command import (
    CONFIG,
    INSTANCE_FILTER,
    INSTANCE_ID,
    Command,
    Effect,
    Evidence,
    Param,
    ParamType,
    Target,
)

GET_INSTANCES = Command(
    name="GetInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.READ,
    params=(INSTANCE_FILTER,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
GET_INSTANCE_CONFIGURATION = Command(
    name="GetInstanceConfiguration",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_INSTANCE = Command(
    name="CreateInstance",
    target=Target.CONFIG,
    effect=Effect.CREATE_NAMED,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_DIRECTORY,
)
SET_INSTANCE_CONFIGURATION = Command(
    name="SetInstanceConfiguration",
    target=Target.CONFIG,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(CONFIG,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
DELETE_INSTANCES = Command(
    name="DeleteInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.DESTROY,
    params=(INSTANCE_FILTER,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_NAME,
)
START_INSTANCES = Command(
    name="StartInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_FILTER, Param("safeMode", ParamType.BOOL, required=False)),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
STOP_INSTANCES = Command(
    name="StopInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_FILTER,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
RESTART_INSTANCES = Command(
    name="RestartInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.RUN,
    params=(INSTANCE_FILTER,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
FREEZE_INSTANCES = Command(
    name="FreezeInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_FILTER,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
THAW_INSTANCES = Command(
    name="ThawInstances",
    target=Target.INSTANCE_FILTER,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_FILTER,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)

COMMANDS = (
    GET_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    CREATE_INSTANCE,
    SET_INSTANCE_CONFIGURATION,
    DELETE_INSTANCES,
    START_INSTANCES,
    STOP_INSTANCES,
    RESTART_INSTANCES,
    FREEZE_INSTANCES,
    THAW_INSTANCES,
)
