"""The long-running commands of archive stores: verify, compact and their kin."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .archive import Store
from .commands import command
from .deployment import Deployment
from .failures import Failure
from .operations import LongRun, Step
from .state import Instance, StoreFiles
from .stores import files, find, on_disk
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
    return _verification(deployment, *in_use(deployment, arguments))


@command("CompactStore", "run")
def compact_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Optimise the data structures of an archive store."""
    return work(deployment, *_one(deployment, arguments), "Compacting", _nothing)


@command("RecreateRecoveryRecords", "run")
def recreate_recovery_records(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Recreate the recovery records of an archive store."""
    chosen = _one(deployment, arguments)
    return work(deployment, *chosen, "Recreating recovery records of", _nothing)


@command("RecoverStore", "run")
def recover_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Recreate the database of a store that is out of use or broken; no key is kept."""
    instance = deployment.running_instance(arguments["instanceID"])
    store = find(deployment.archive(instance), arguments["id"])
    if files(deployment, instance, store):
        raise Failure(f"The archive store '{store.name}' must be disabled or in error state.")
    if store.needs_upgrade:
        raise Failure(f"The archive store '{store.name}' must be upgraded first.")

    def recovered(store: Store) -> None:
        found = on_disk(deployment, instance, store)
        if found is None:
            raise Failure(f"The recovery records of '{store.name}' cannot be found.")
        found.broken, found.damaged, store.error = False, 0, None

    return work(deployment, instance, [store], "Recovering", recovered)


@command("RepairStoreDatabase", "run")
def repair_store_database(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Repair the database of an archive store."""
    instance, stores = _one(deployment, arguments)

    def repaired(store: Store) -> None:
        require_open(deployment, instance, store).damaged = 0

    return work(deployment, instance, stores, "Repairing", repaired)


@command("UpgradeStore", "run")
def upgrade_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Upgrade an archive store to the current format."""
    return work(deployment, *_one(deployment, arguments), "Upgrading", _upgraded)


@command("UpgradeStores", "run")
def upgrade_stores(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Upgrade all archive stores to the current format."""
    return work(deployment, *in_use(deployment, arguments), "Upgrading", _upgraded)


@command("MaintainFileSystemDatabases", "run")
def maintain_file_system_databases(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Maintain the databases of all archive stores."""
    return work(deployment, *in_use(deployment, arguments), "Maintaining", _nothing)


@command("RefreshAllStoreStatistics", "run")
def refresh_all_store_statistics(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Count the messages of all archive stores again."""
    return work(deployment, *in_use(deployment, arguments), "Refreshing statistics of", _nothing)


@command("RetryOpenStores", "run")
def retry_open_stores(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Try again to open the archive stores that failed; passing trouble has passed."""
    instance = deployment.running_instance(arguments["instanceID"])
    stores = deployment.archive(instance).stores
    wanted = [store for store in stores if store.requested_state != "disabled"]
    return work(deployment, instance, wanted, "Opening", _opened)


def _nothing(_store: Store) -> None:
    """Leave a store as it is: the work does not show in what can be read."""


def _opened(store: Store) -> None:
    store.error = None


def _upgraded(store: Store) -> None:
    store.needs_upgrade = False


def _one(deployment: Deployment, arguments: Arguments) -> tuple[Instance, list[Store]]:
    instance = deployment.running_instance(arguments["instanceID"])
    store = find(deployment.archive(instance), arguments["id"])
    require_open(deployment, instance, store)
    return instance, [store]


def require_open(deployment: Deployment, instance: Instance, store: Store) -> StoreFiles:
    """Return the files of a store that can be worked on.

    Raises:
        Failure: the store is disabled or could not be opened.
    """
    if store.requested_state == "disabled":
        raise Failure(f"The archive store '{store.name}' is disabled.")
    found = files(deployment, instance, store)
    if found is None:
        raise Failure(f"The archive store '{store.name}' is not open.")
    return found


def in_use(deployment: Deployment, arguments: Arguments) -> tuple[Instance, list[Store]]:
    """Return an instance and those of its stores that are open."""
    instance = deployment.running_instance(arguments["instanceID"])
    stores = deployment.archive(instance).stores
    return instance, [store for store in stores if files(deployment, instance, store)]


def _counted(
    deployment: Deployment, instance: Instance, stores: Iterable[Store]
) -> list[tuple[Store, int]]:
    found = [(store, files(deployment, instance, store)) for store in stores]
    return [(store, data.messages if data else 0) for store, data in found]


def _verification(deployment: Deployment, instance: Instance, stores: list[Store]) -> LongRun:
    counted = _counted(deployment, instance, stores)
    total = sum(messages for _, messages in counted)
    rate = deployment.scenario.verify_rate
    damaged = {store.id: require_open(deployment, instance, store).damaged for store in stores}
    steps = tuple(
        Step(done / rate, text + LINE_END, 100 * done // max(total, 1))
        for done, text in _verification_log(counted, damaged)
    )

    def finish() -> None:
        if errors := sum(damaged.values()):
            raise Failure(_errors(errors))

    return LongRun(steps, total / rate, finish)


def _errors(number: int) -> str:
    return f"{number} errors have been found (see above)."


def _verification_log(
    counted: list[tuple[Store, int]], damaged: Mapping[int, int]
) -> Iterator[tuple[int, str]]:
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
        if errors := damaged.get(store.id):
            yield done, f"  {errors} messages of file group #{store.id} are damaged."
    errors = sum(damaged.values())
    yield done, f"Finished. {_errors(errors) if errors else 'No errors have been found.'}"


def work(
    deployment: Deployment,
    instance: Instance,
    stores: list[Store],
    word: str,
    outcome: Callable[[Store], None],
) -> LongRun:
    """Return a run over stores that takes as long as they have messages.

    Args:
        deployment: theirs.
        instance: theirs.
        stores: in the order of the work.
        word: what the log says is done to each.
        outcome: what is done to each, at the end.
    """
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
