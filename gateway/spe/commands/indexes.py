"""Search indexes of an instance."""

from gateway.spe.command import CONFIG, INSTANCE_ID, Command, Effect, Evidence, Target

GET_INDEX_CONFIGURATION = Command(
    name="GetIndexConfiguration",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
)
SET_INDEX_CONFIGURATION = Command(
    name="SetIndexConfiguration",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, CONFIG),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
SELECT_ALL_STORE_INDEXES_FOR_REBUILD = Command(
    name="SelectAllStoreIndexesForRebuild",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)
REBUILD_SELECTED_STORE_INDEXES = Command(
    name="RebuildSelectedStoreIndexes",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID,),
    needs_service_provider_access=False,
    evidence=Evidence.BY_STATE,
)

COMMANDS = (
    GET_INDEX_CONFIGURATION,
    SET_INDEX_CONFIGURATION,
    SELECT_ALL_STORE_INDEXES_FOR_REBUILD,
    REBUILD_SELECTED_STORE_INDEXES,
)
