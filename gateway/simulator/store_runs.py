"""The long-running commands of archive stores: verify, compact and their kin."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .commands import command
from .deployment import Deployment
from .failures import Failure
from .operations import LongRun, Step
from .state import Instance, Store
from .stores import files, find
from .wire import Arguments

BATCH = 100
LINE_END = "\r\n"


@command("VerifyStore", "run")
def verify_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Verify one archive store."""
    return _verification(deployment, *_one(deployment, arguments))


@command("VerifyStores", "run")
def verify_stores(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Verify all archive stores that are in use."""
    return _verification(deployment, *_all(deployment, arguments))


@command("CompactStore", "run")
def compact_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Optimise the data structures of an archive store."""
    return _work(deployment, *_one(deployment, arguments), "Compacting", _nothing)


@command("RecreateRecoveryRecords", "run")
def recreate_recovery_records(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Recreate the recovery records of an archive store."""
    chosen = _one(deployment, arguments)
    return _work(deployment, *chosen, "Recreating recovery records of", _nothing)


@command("RecoverStore", "run")
def recover_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Recreate the database of a store that is out of use or broken."""
    instance = deployment.running_instance(arguments["instanceID"])
    store = find(deployment.archive(instance), arguments["id"])
    if files(deployment, instance, store):
        raise Failure(f"The archive store '{store.name}' must be disabled or in error state.")
    return _work(deployment, instance, [store], "Recovering", _nothing)


@command("RepairStoreDatabase", "run")
def repair_store_database(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Repair the database of an archive store."""
    return _work(deployment, *_one(deployment, arguments), "Repairing", _nothing)


@command("UpgradeStore", "run")
def upgrade_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Upgrade an archive store to the current format."""
    return _work(deployment, *_one(deployment, arguments), "Upgrading", _upgraded)


@command("UpgradeStores", "run")
def upgrade_stores(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Upgrade all archive stores to the current format."""
    return _work(deployment, *_all(deployment, arguments), "Upgrading", _upgraded)


@command("MaintainFileSystemDatabases", "run")
def maintain_file_system_databases(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Maintain the databases of all archive stores."""
    return _work(deployment, *_all(deployment, arguments), "Maintaining", _nothing)


@command("RefreshAllStoreStatistics", "run")
def refresh_all_store_statistics(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Count the messages of all archive stores again."""
    return _work(deployment, *_all(deployment, arguments), "Refreshing statistics of", _nothing)


@command("RetryOpenStores", "run")
def retry_open_stores(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Try again to open the archive stores that failed."""
    return _work(deployment, *_all(deployment, arguments), "Opening", _nothing)


@command("SelectAllStoreIndexesForRebuild", "change")
def select_all_store_indexes_for_rebuild(deployment: Deployment, arguments: Arguments) -> None:
    """Mark the search indexes of all archive stores for a rebuild."""
    instance = deployment.running_instance(arguments["instanceID"])
    for store in deployment.archive(instance).stores:
        store.search_indexes_need_rebuild = True


@command("RebuildSelectedStoreIndexes", "run")
def rebuild_selected_store_indexes(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Rebuild the search indexes that are marked."""
    instance, stores = _all(deployment, arguments)
    marked = [store for store in stores if store.search_indexes_need_rebuild]
    return _work(deployment, instance, marked, "Rebuilding search indexes of", _rebuilt)


def _nothing(_store: Store) -> None:
    """Leave a store as it is: the work does not show in what can be read."""


def _upgraded(store: Store) -> None:
    store.needs_upgrade = False


def _rebuilt(store: Store) -> None:
    store.search_indexes_need_rebuild = False


def _one(deployment: Deployment, arguments: Arguments) -> tuple[Instance, list[Store]]:
    instance = deployment.running_instance(arguments["instanceID"])
    store = find(deployment.archive(instance), arguments["id"])
    if store.requested_state == "disabled":
        raise Failure(f"The archive store '{store.name}' is disabled.")
    return instance, [store]


def _all(deployment: Deployment, arguments: Arguments) -> tuple[Instance, list[Store]]:
    instance = deployment.running_instance(arguments["instanceID"])
    stores = deployment.archive(instance).stores
    return instance, [store for store in stores if store.requested_state != "disabled"]


def _counted(
    deployment: Deployment, instance: Instance, stores: Iterable[Store]
) -> list[tuple[Store, int]]:
    found = [(store, files(deployment, instance, store)) for store in stores]
    return [(store, data.messages if data else 0) for store, data in found]


def _verification(deployment: Deployment, instance: Instance, stores: list[Store]) -> LongRun:
    counted = _counted(deployment, instance, stores)
    total = sum(messages for _, messages in counted)
    rate = deployment.scenario.verify_rate
    steps = tuple(
        Step(done / rate, text + LINE_END, 100 * done // max(total, 1))
        for done, text in _verification_log(counted)
    )
    return LongRun(steps, total / rate, lambda: None)


def _verification_log(counted: list[tuple[Store, int]]) -> Iterator[tuple[int, str]]:
    """Yield the vendor's lines, each with the number of messages done before it appears."""
    done = 0
    for store, messages in counted:
        yield done, f"Verifying file group #{store.id}..."
        yield done, "Creating a list of messages to be verified..."
        yield done, f"{messages} messages are about to be verified."
        yield done, "Verifying..."
        for count in range(BATCH, messages, BATCH):
            yield done + count, f"  {count} messages verified..."
        done += messages
        yield done, f"  {messages} messages verified."
    yield done, "Finished. No errors have been found."


def _work(
    deployment: Deployment,
    instance: Instance,
    stores: list[Store],
    word: str,
    outcome: Callable[[Store], None],
) -> LongRun:
    counted = _counted(deployment, instance, stores)
    rate = deployment.scenario.verify_rate
    steps, done = [], 0
    total = max(sum(messages for _, messages in counted), 1)
    for store, messages in counted:
        line = f"{word} file group #{store.id}..." + LINE_END
        steps.append(Step(done / rate, line, 100 * done // total))
        done += messages
    steps.append(Step(done / rate, "Finished." + LINE_END, 100))

    def finish() -> Any:  # noqa: ANN401 - the result of these commands is null
        deployment.archive(instance)  # says that it is touched
        for store in stores:
            outcome(store)

    return LongRun(tuple(steps), done / rate, finish)
