"""Archive stores: what an instance knows of them, and their files on disk."""

from hmac import compare_digest
from typing import Any

from .archive import Archive, Store
from .commands import command
from .deployment import Deployment
from .documents import OPTIONAL_TEXT, digest, read_document
from .failures import Failure
from .state import Instance, StoreFiles, disk_key
from .wire import Arguments

AUTO_CREATE_DEFAULTS = {
    "sizeThreshold": None,
    "baseDirectory": "~\\",
    "contentBaseDirectory": "~\\",
    "indexBaseDirectory": "~\\",
}


@command("GetStores", "read")
def get_stores(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the archive stores, with their size unless `includeSize` is false."""
    instance = deployment.running_instance(arguments["instanceID"])
    with_size = arguments["includeSize"] is not False
    return [
        _view(deployment, instance, store, with_size=with_size)
        for store in deployment.archive(instance).stores
    ]


@command("CreateStore", "change")
def create_store(deployment: Deployment, arguments: Arguments) -> None:
    """Make an archive store in an empty directory and attach it."""
    instance = deployment.running_instance(arguments["instanceID"])
    archive = deployment.archive(instance)
    where = place(instance, arguments["databasePath"])
    if where in deployment.state.disk:
        raise Failure(f"The directory '{arguments['databasePath']}' already contains a store.")
    scenario = deployment.scenario
    size = scenario.messages_per_store * scenario.bytes_per_message
    deployment.state.disk[where] = StoreFiles(scenario.messages_per_store, size)
    _attach(archive, arguments)


@command("AttachStore", "change")
def attach_store(deployment: Deployment, arguments: Arguments) -> None:
    """Attach an archive store that lies on disk; it gets a new ID."""
    instance = deployment.running_instance(arguments["instanceID"])
    archive = deployment.archive(instance)
    where = place(instance, arguments["databasePath"])
    if where in {place(instance, store.database_path) for store in archive.stores}:
        raise Failure(f"The archive store '{arguments['databasePath']}' is already attached.")
    files = deployment.state.disk.get(where)
    if files is None:
        raise Failure(f"Unable to open the archive store {arguments['name']}. File not found.")
    if files.old_format:
        raise Failure(
            f"Unable to open the archive store {arguments['name']}."
            " Unsupported Firebird Database file detected."
        )
    _attach(archive, arguments)


@command("DetachStore", "change")
def detach_store(deployment: Deployment, arguments: Arguments) -> None:
    """Forget an archive store; its files stay."""
    archive = _archive(deployment, arguments)
    archive.stores.remove(find(archive, arguments["id"]))


@command("RenameStore", "change")
def rename_store(deployment: Deployment, arguments: Arguments) -> None:
    """Give an archive store another name."""
    find(_archive(deployment, arguments), arguments["id"]).name = arguments["name"]


@command("SetStoreRequestedState", "change")
def set_store_requested_state(deployment: Deployment, arguments: Arguments) -> None:
    """Set the state of an archive store; only one can be the current one."""
    archive = _archive(deployment, arguments)
    _request(archive, find(archive, arguments["id"]), arguments["requestedState"])


@command("SetStorePath", "change")
def set_store_path(deployment: Deployment, arguments: Arguments) -> None:
    """Tell a disabled archive store where its files are; moves nothing."""
    store = find(_archive(deployment, arguments), arguments["id"])
    if store.requested_state != "disabled":
        raise Failure(f"The archive store '{store.name}' must be disabled.")
    store.database_path, store.content_path, store.index_path = _paths(arguments)


@command("UnlockStore", "change")
def unlock_store(deployment: Deployment, arguments: Arguments) -> bool:
    """Open a store that came from another server with the recovery key of that server."""
    instance = deployment.running_instance(arguments["instanceID"])
    store = find(deployment.archive(instance), arguments["id"])
    found = on_disk(deployment, instance, store)
    if found is None or found.identifier is None:
        return True
    if not compare_digest(digest(arguments["passphrase"]), found.passphrase_sha256 or ""):
        raise Failure(f"Unable to unlock archive store (Identifier: {found.identifier})")
    found.identifier = found.passphrase_sha256 = None
    return True


@command("GetStoreAutoCreateConfiguration", "read")
def get_store_auto_create_configuration(
    deployment: Deployment, arguments: Arguments
) -> dict[str, Any]:
    """Return when and where archive stores come into being by themselves."""
    kept = _archive(deployment, arguments).configuration.get("storeAutoCreate", {})
    return {**AUTO_CREATE_DEFAULTS, **kept}


@command("SetStoreAutoCreateConfiguration", "change")
def set_store_auto_create_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the configuration; what is left out goes back to its default."""
    archive = _archive(deployment, arguments)
    members = dict.fromkeys(AUTO_CREATE_DEFAULTS, OPTIONAL_TEXT)
    config = read_document(arguments["config"], "config", members)
    archive.configuration["storeAutoCreate"] = config


def find(archive: Archive, store_id: int) -> Store:
    """Return an archive store by its ID.

    Raises:
        Failure: there is none.
    """
    for store in archive.stores:
        if store.id == store_id:
            return store
    raise Failure(f"The archive store with ID {store_id} does not exist.")


def place(instance: Instance, path: str) -> str:
    """Return the key on disk of a store's path, `~` being the base directory."""
    if path.startswith(("~\\", "~/")):
        path = f"{instance.base_directory}\\{path[2:]}"
    return disk_key(instance.instance_host, path)


def files(deployment: Deployment, instance: Instance, store: Store) -> StoreFiles | None:
    """Return the files of a store that is open, or None."""
    found = on_disk(deployment, instance, store)
    if store.requested_state == "disabled" or found is None or _trouble(store, found):
        return None
    return found


def on_disk(deployment: Deployment, instance: Instance, store: Store) -> StoreFiles | None:
    """Return the files of a store, open or not, or None where its directory has none."""
    return deployment.state.disk.get(place(instance, store.database_path))


def _archive(deployment: Deployment, arguments: Arguments) -> Archive:
    return deployment.archive(deployment.running_instance(arguments["instanceID"]))


def _attach(archive: Archive, arguments: Arguments) -> None:
    archive.last_store_id += 1
    store = Store(archive.last_store_id, arguments["name"], "normal", *_paths(arguments))
    archive.stores.append(store)
    _request(archive, store, arguments["requestedState"] or "normal")


def _paths(arguments: Arguments) -> tuple[str, str, str]:
    database = arguments["databasePath"].rstrip("\\/")
    content = arguments["contentPath"] or f"{database}\\Content"
    return database, content, arguments["indexPath"] or f"{database}\\Index"


def _request(archive: Archive, store: Store, state: str) -> None:
    if state == "current":
        for other in archive.stores:
            if other.requested_state == "current":
                other.requested_state = "normal"
    store.requested_state = state


def _trouble(store: Store, found: StoreFiles | None) -> str | None:
    """Return what keeps a store that is wanted from being open."""
    if found is None:
        return f"Unable to open the archive store {store.name}. File not found."
    if found.identifier:
        return f"Unable to unlock archive store (Identifier: {found.identifier})"
    if found.broken:
        return f"Unable to open the archive store {store.name}. Database file is corrupt."
    return store.error


def _error(deployment: Deployment, instance: Instance, store: Store) -> str | None:
    if store.requested_state == "disabled":
        return None
    return _trouble(store, on_disk(deployment, instance, store))


def _view(
    deployment: Deployment, instance: Instance, store: Store, *, with_size: bool
) -> dict[str, Any]:
    found = files(deployment, instance, store)
    return {
        "id": store.id,
        "name": store.name,
        "requestedState": store.requested_state,
        "error": _error(deployment, instance, store),
        "statisticsCount": found.messages if found else 0,
        "statisticsSize": (found.size if found else 0) if with_size else None,
        "needsUpgrade": store.needs_upgrade,
        "searchIndexesNeedRebuild": store.search_indexes_need_rebuild,
        "databasePath": store.database_path,
        "contentPath": store.content_path,
        "indexPath": store.index_path,
    }
