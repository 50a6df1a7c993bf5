"""Archive stores of an instance."""

from gateway.spe.command import (
    CONFIG,
    INSTANCE_ID,
    Command,
    Effect,
    Evidence,
    Param,
    ParamType,
    Target,
)

_NAME = Param("name", ParamType.STRING)
_DATABASE_PATH = Param("databasePath", ParamType.STRING)
_CONTENT_PATH = Param("contentPath", ParamType.STRING, required=False)
_INDEX_PATH = Param("indexPath", ParamType.STRING, required=False)
_REQUESTED_STATE = Param(
    "requestedState",
    ParamType.STRING,
    required=False,
    values=("current", "normal", "writeProtected", "disabled"),
)
_ID = Param("id", ParamType.NUMBER)
_INCLUDE_INDEXES = Param("includeIndexes", ParamType.BOOL)

GET_STORES = Command(
    name="GetStores",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID, Param("includeSize", ParamType.BOOL, required=False)),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)
CREATE_STORE = Command(
    name="CreateStore",
    target=Target.INSTANCE,
    effect=Effect.CREATE_NUMBERED,
    params=(INSTANCE_ID, _NAME, _DATABASE_PATH, _CONTENT_PATH, _INDEX_PATH, _REQUESTED_STATE),
    needs_service_provider_access=False,
    evidence=Evidence.BY_DIRECTORY,
)
ATTACH_STORE = Command(
    name="AttachStore",
    target=Target.INSTANCE,
    effect=Effect.CREATE_NUMBERED,
    params=(INSTANCE_ID, _NAME, _DATABASE_PATH, _CONTENT_PATH, _INDEX_PATH, _REQUESTED_STATE),
    needs_service_provider_access=False,
    evidence=Evidence.BY_DIRECTORY,
)
DETACH_STORE = Command(
    name="DetachStore",
    target=Target.INSTANCE,
    effect=Effect.DESTROY,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=False,
    evidence=Evidence.BY_LISTING,
)
RENAME_STORE = Command(
    name="RenameStore",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, _NAME),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
SET_STORE_REQUESTED_STATE = Command(
    name="SetStoreRequestedState",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _ID,
        Param(
            "requestedState",
            ParamType.STRING,
            values=("current", "normal", "writeProtected", "disabled"),
        ),
    ),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
SET_STORE_PATH = Command(
    name="SetStorePath",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, _DATABASE_PATH, _CONTENT_PATH, _INDEX_PATH),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
UNLOCK_STORE = Command(
    name="UnlockStore",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _ID, Param("passphrase", ParamType.STRING, secret=True)),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
GET_STORE_AUTO_CREATE_CONFIGURATION = Command(
    name="GetStoreAutoCreateConfiguration",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
SET_STORE_AUTO_CREATE_CONFIGURATION = Command(
    name="SetStoreAutoCreateConfiguration",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, CONFIG),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
RETRY_OPEN_STORES = Command(
    name="RetryOpenStores",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
REFRESH_ALL_STORE_STATISTICS = Command(
    name="RefreshAllStoreStatistics",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
MAINTAIN_FILE_SYSTEM_DATABASES = Command(
    name="MaintainFileSystemDatabases",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
COMPACT_STORE = Command(
    name="CompactStore",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
VERIFY_STORE = Command(
    name="VerifyStore",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID, _INCLUDE_INDEXES),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
VERIFY_STORES = Command(
    name="VerifyStores",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _INCLUDE_INDEXES),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
UPGRADE_STORE = Command(
    name="UpgradeStore",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
UPGRADE_STORES = Command(
    name="UpgradeStores",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
RECOVER_STORE = Command(
    name="RecoverStore",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(
        INSTANCE_ID,
        _ID,
        Param("encryptionKey", ParamType.STRING, required=False, secret=True),
        Param("recoverDeletedMessages", ParamType.BOOL, required=False),
    ),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)
RECREATE_RECOVERY_RECORDS = Command(
    name="RecreateRecoveryRecords",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
REPAIR_STORE_DATABASE = Command(
    name="RepairStoreDatabase",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID),
    needs_service_provider_access=False,
    evidence=Evidence.UNKNOWABLE,
)
MERGE_STORE = Command(
    name="MergeStore",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _ID, Param("sourceId", ParamType.NUMBER)),
    needs_service_provider_access=False,
    evidence=Evidence.BY_LISTING,
)
TRANSFER_STORES = Command(
    name="TransferStores",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(
        INSTANCE_ID,
        Param("sourceStores", ParamType.STRING, is_list=True),
        Param("targetStore", ParamType.NUMBER, required=False),
        Param("startIndex", ParamType.STRING, required=False),
    ),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)

COMMANDS = (
    GET_STORES,
    CREATE_STORE,
    ATTACH_STORE,
    DETACH_STORE,
    RENAME_STORE,
    SET_STORE_REQUESTED_STATE,
    SET_STORE_PATH,
    UNLOCK_STORE,
    GET_STORE_AUTO_CREATE_CONFIGURATION,
    SET_STORE_AUTO_CREATE_CONFIGURATION,
    RETRY_OPEN_STORES,
    REFRESH_ALL_STORE_STATISTICS,
    MAINTAIN_FILE_SYSTEM_DATABASES,
    COMPACT_STORE,
    VERIFY_STORE,
    VERIFY_STORES,
    UPGRADE_STORE,
    UPGRADE_STORES,
    RECOVER_STORE,
    RECREATE_RECOVERY_RECORDS,
    REPAIR_STORE_DATABASE,
    MERGE_STORE,
    TRANSFER_STORES,
)
