"""Archiving and exporting profiles."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

_RAW = Param("raw", ParamType.BOOL)
_PROPERTIES = Param("properties", ParamType.JSON, secret=True)
_ID = Param("id", ParamType.NUMBER)

GET_PROFILES = Command(
    name="GetProfiles",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID, _RAW),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_PROFILE = Command(
    name="CreateProfile",
    target=Target.INSTANCE,
    effect=Effect.CREATE_NUMBERED,
    params=(INSTANCE_ID, _PROPERTIES, _RAW),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
DELETE_PROFILE = Command(
    name="DeleteProfile",
    target=Target.INSTANCE,
    effect=Effect.DESTROY,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
SET_PROFILE_SERVER_SIDE_EXECUTION = Command(
    name="SetProfileServerSideExecution",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _ID,
        Param("automatic", ParamType.BOOL),
        Param("automaticPauseBetweenExecutions", ParamType.NUMBER, required=False),
        Param("automaticMaintenanceWindows", ParamType.STRING, required=False),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
RUN_PROFILE = Command(
    name="RunProfile",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
RUN_TEMPORARY_PROFILE = Command(
    name="RunTemporaryProfile",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _PROPERTIES, _RAW),
    needs_service_provider_access=True,
    evidence=Evidence.BY_LISTING,
)
CAN_RUN_ARCHIVE_PROFILES = Command(
    name="CanRunArchiveProfiles",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)

COMMANDS = (
    GET_PROFILES,
    CREATE_PROFILE,
    DELETE_PROFILE,
    SET_PROFILE_SERVER_SIDE_EXECUTION,
    RUN_PROFILE,
    RUN_TEMPORARY_PROFILE,
    CAN_RUN_ARCHIVE_PROFILES,
)
