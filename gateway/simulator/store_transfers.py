"""Moving and copying messages from one archive store into another."""

import re
from dataclasses import dataclass, replace

from .archive import Archive, Store
from .commands import command
from .deployment import Deployment
from .failures import Failure, out_of_range
from .operations import LongRun, Step
from .state import Instance, StoreFiles
from .store_runs import require_open
from .stores import find
from .wire import Arguments

START = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")
NUMBERS = re.compile(r"[0-9]{1,9}(\s*,\s*[0-9]{1,9})*")


@dataclass(frozen=True)
class Share:
    """How many messages of a store are taken."""

    store: Store
    files: StoreFiles
    messages: int

    @property
    def size(self) -> int:
        """The bytes of these messages."""
        return self.files.size * self.messages // max(self.files.messages, 1)


@command("MergeStore", "run")
def merge_store(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Move all messages of one archive store into another; the first is empty then."""
    instance, archive = _instance(deployment, arguments)
    target = find(archive, arguments["id"])
    source = find(archive, arguments["sourceId"])
    into = _writable(deployment, instance, target)
    taken = _writable(deployment, instance, source)
    if source is target:
        raise out_of_range()

    run = _transfer(deployment, [Share(source, taken, taken.messages)], into, "Merging")

    def finish() -> None:
        run.finish()
        taken.messages = taken.size = 0

    return replace(run, finish=finish)


@command("TransferStores", "run")
def transfer_stores(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Copy the messages of archive stores into another one, the current one unless told."""
    instance, archive = _instance(deployment, arguments)
    if not NUMBERS.fullmatch(arguments["sourceStores"]):
        raise out_of_range()
    sources = [find(archive, int(number)) for number in arguments["sourceStores"].split(",")]
    target = _target(archive, arguments["targetStore"])
    into = _writable(deployment, instance, target)
    if target in sources:
        raise out_of_range()
    opened = [(store, require_open(deployment, instance, store)) for store in sources]
    shares = _from(arguments["startIndex"], [Share(*pair, pair[1].messages) for pair in opened])
    return _transfer(deployment, shares, into, "Transferring")


def _instance(deployment: Deployment, arguments: Arguments) -> tuple[Instance, Archive]:
    instance = deployment.running_instance(arguments["instanceID"])
    return instance, deployment.archive(instance)


def _target(archive: Archive, store_id: int | None) -> Store:
    if store_id is not None:
        return find(archive, store_id)
    for store in archive.stores:
        if store.requested_state == "current":
            return store
    raise Failure("There is no archive store in the state 'current'.")


def _writable(deployment: Deployment, instance: Instance, store: Store) -> StoreFiles:
    if store.requested_state == "writeProtected":
        raise Failure(f"The archive store '{store.name}' is write protected.")
    return require_open(deployment, instance, store)


def _from(start: str | None, shares: list[Share]) -> list[Share]:
    """Leave out what lies before a message, which is named as `storeId:messageId`."""
    if start is None:
        return shares
    found = START.fullmatch(start)
    ids = [share.store.id for share in shares]
    if not found or int(found[1]) not in ids:
        raise out_of_range()
    first, *rest = shares[ids.index(int(found[1])) :]
    left = max(first.messages - max(int(found[2]) - 1, 0), 0)
    return [Share(first.store, first.files, left), *rest]


def _transfer(deployment: Deployment, shares: list[Share], into: StoreFiles, word: str) -> LongRun:
    rate, done = deployment.scenario.verify_rate, 0
    total = sum(share.messages for share in shares)
    steps = []
    for share in shares:
        line = f"{word} {share.messages} messages of file group #{share.store.id}...\r\n"
        steps.append(Step(done / rate, line, 100 * done // max(total, 1)))
        done += share.messages
    steps.append(Step(total / rate, "Finished.\r\n", 100))

    def finish() -> None:
        into.messages += total
        into.size += sum(share.size for share in shares)

    return LongRun(tuple(steps), total / rate, finish)
