"""Search indexes: what they hold, and their rebuild."""

from typing import Any

from .archive import Store
from .commands import command
from .deployment import Deployment
from .documents import FLAG, read_document
from .operations import LongRun
from .store_runs import in_use, work
from .wire import Arguments

MEMBERS = {
    "attachmentExtensions": (str, list, type(None)),
    "includeAttachmentsOfPDFs": FLAG,
}
DEFAULTS = {"attachmentExtensions": None, "includeAttachmentsOfPDFs": False}


@command("GetIndexConfiguration", "read")
def get_index_configuration(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return which attachments are indexed; their extensions are separated by blanks."""
    archive = deployment.archive(deployment.running_instance(arguments["instanceID"]))
    return {**DEFAULTS, **archive.configuration.get("indexes", {})}


@command("SetIndexConfiguration", "change")
def set_index_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the configuration; it counts for what is indexed from now on."""
    archive = deployment.archive(deployment.running_instance(arguments["instanceID"]))
    archive.configuration["indexes"] = read_document(arguments["config"], "config", MEMBERS)


@command("SelectAllStoreIndexesForRebuild", "change")
def select_all_store_indexes_for_rebuild(deployment: Deployment, arguments: Arguments) -> None:
    """Mark the search indexes of all archive stores for a rebuild."""
    instance = deployment.running_instance(arguments["instanceID"])
    for store in deployment.archive(instance).stores:
        store.search_indexes_need_rebuild = True


@command("RebuildSelectedStoreIndexes", "run")
def rebuild_selected_store_indexes(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Rebuild the search indexes that are marked."""
    instance, stores = in_use(deployment, arguments)
    marked = [store for store in stores if store.search_indexes_need_rebuild]
    return work(deployment, instance, marked, "Rebuilding search indexes of", _rebuilt)


def _rebuilt(store: Store) -> None:
    store.search_indexes_need_rebuild = False
