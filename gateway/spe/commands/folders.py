"""Folders of an archive."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

_FOLDER = Param("folder", ParamType.STRING, required=False)

GET_CHILD_FOLDERS = Command(
    name="GetChildFolders",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID, _FOLDER, Param("maxLevels", ParamType.NUMBER, required=False)),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
GET_FOLDER_STATISTICS = Command(
    name="GetFolderStatistics",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)
MOVE_FOLDER = Command(
    name="MoveFolder",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        Param("fromFolder", ParamType.STRING),
        Param("toFolder", ParamType.STRING),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.BY_STATE,
)
DELETE_EMPTY_FOLDERS = Command(
    name="DeleteEmptyFolders",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _FOLDER),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)

COMMANDS = (
    GET_CHILD_FOLDERS,
    GET_FOLDER_STATISTICS,
    MOVE_FOLDER,
    DELETE_EMPTY_FOLDERS,
)
