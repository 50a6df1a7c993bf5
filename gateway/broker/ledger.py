"""The ledger of operations: intent before, outcome after, and who may write.

Whatever ends an operation ends it here, in one transaction with its audit row and with its
effect on our own tables (laws 4 and 7).
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy import Connection, RowMapping

from gateway.broker import admission, parts, telling
from gateway.broker.departure import Departure
from gateway.broker.engine.pace import watched_interval
from gateway.broker.leases import LeaseLost, Leases
from gateway.broker.onlookers import Onlookers
from gateway.broker.recollection import Recollection
from gateway.errors import StorageUnavailable
from gateway.model import Operation, Share, StepStatus, now
from gateway.storage import idempotency_keys, operations, polls, queues, resellers
from gateway.storage.database import Database
from gateway.storage.revisions import WrittenByNewer
from gateway.storage.vault import Vault
from gateway.tenancy import audit

Ending = Callable[[Connection, Operation], None]
READS_KEPT = timedelta(hours=1)
SECRETS_KEPT = timedelta(minutes=5)
UNREADABLE = timedelta(minutes=1)
"""After which an operation is looked at again whose row cannot be read."""

GLANCE_SECONDS = 0.25

log = structlog.get_logger()


class Ledger:
    """Opens, saves and watches operations.

    Args:
        database: where the rows lie.
        vault: encrypts arguments and results.
        endings: what the end of an operation does to our own tables, by its kind.
    """

    def __init__(self, database: Database, vault: Vault, endings: Mapping[str, Ending]) -> None:
        self.database = database
        self.vault = vault
        self.leases = Leases(database)
        self.departure = Departure()
        self.recollection = Recollection()
        self.knows: Callable[[Operation], bool] = lambda _operation: True
        """Whether this version can carry an operation on."""
        self._endings = endings
        self._onlookers = Onlookers()

    def open(self, operation: Operation, *preparations: Callable[[Connection], None]) -> None:
        """Commit the intent, together with what it reserves (law 4).

        Raises:
            OperationInProgress: another operation holds the lock.
            GatewayError: whatever a preparation raises; nothing is written then.
        """
        end = self.leases.end()
        with self.database.write() as connection:
            self._intend(connection, operation, preparations)
        self.leases.note(operation, end)

    def rehearse(self, operation: Operation, *preparations: Callable[[Connection], None]) -> None:
        """Try whether the intent could be committed, and leave nothing of it behind.

        Raises:
            GatewayError: what ``open`` would raise.
        """
        with self.database.write() as connection:
            attempt = connection.begin_nested()
            self._intend(connection, operation, preparations)
            attempt.rollback()

    def _intend(
        self,
        connection: Connection,
        operation: Operation,
        preparations: Iterable[Callable[[Connection], None]],
    ) -> None:
        operations.add(connection, operation, self.vault, self.leases.owner)
        for prepare in preparations:  # under the lock: what they read stays true
            prepare(connection)
        if operation.changes:
            audit.intended(connection, operation)
        telling.started(connection, operation)

    def announce(self, operation: Operation) -> None:
        """Commit the intent of a read that shows what is secret; other reads have none."""
        if audit.concerns(operation):
            with self.database.write() as connection:
                audit.intended(connection, operation)

    def pass_by(self, operation: Operation) -> None:
        """Commit the outcome of such a read that has no row."""
        if audit.concerns(operation):
            with self.database.write() as connection:
                audit.ended(connection, operation)

    def save(self, operation: Operation) -> None:
        """Commit progress, or the outcome with all that it brings about.

        Raises:
            LeaseLost: another worker has the operation now; nothing is written.
        """
        if operation.status.is_final:
            conclude(operation)
        end = self.leases.end()
        with self.database.write() as connection:
            if operation.status.is_final:
                parts.hold(connection, operation)
                self._end(connection, operation)
            if not operations.save(connection, operation, self.vault):
                raise LeaseLost
            if operation.status.is_final:
                parts.ended(connection, operation, self.vault)
                self.recollection.forget(operation.id)
        self.leases.note(operation, end)
        self._onlookers.tell(operation.id, operation.parent)

    def require_lease(self, operation: Operation) -> None:
        """Make sure that nobody else can have the operation while something is sent for it.

        Raises:
            LeaseLost: somebody may have it, or soon.
        """
        self.leases.require(operation)

    def _end(self, connection: Connection, operation: Operation) -> None:
        admission.settle(connection, operation)
        ending = self._endings.get(operation.kind)
        if ending is not None:
            ending(connection, operation)
        if audit.concerns(operation):
            audit.ended(connection, operation)
        telling.ended(connection, operation)

    def is_halted(self, operation: Operation) -> bool:
        """Whether what is not sent yet stays unsent: its client's reseller is suspended.

        A deleted client is judged as if it were of the operation's reseller.
        """
        with self.database.read() as connection:
            return resellers.is_suspended(connection, operation.client, operation.reseller)

    def resolve(self, operation: Operation, *consequences: Ending) -> bool:
        """Commit a person's word on an unknown outcome, with what it brings about.

        Returns:
            False when the operation is not unknown any more; nothing is written then.
        """
        with self.database.write() as connection:
            parts.hold(connection, operation)
            if not operations.resolve(connection, operation, self.vault):
                return False
            parts.ended(connection, operation, self.vault)
            admission.resettle(connection, operation)
            for bring_about in consequences:
                bring_about(connection, operation)
            telling.resolved(connection, operation)
        self._onlookers.tell(operation.id, operation.parent)
        return True

    def ending_of(self, kind: str) -> Ending | None:
        """Return what the end of an operation of a kind does to our own tables, if anything."""
        return self._endings.get(kind)

    def stays(self) -> bool:
        """Whether the sender itself keeps polling: never, the tracker does (decision 2)."""
        return False

    def release(self, operation: Operation) -> None:
        """Let anybody make the next poll."""
        with self.database.write() as connection:
            operations.release(connection, operation)

    def shares(self, wanted: Collection[str]) -> Mapping[str, Share]:
        """Return whose places operations take, by their ids: known ones, and unfinished ones."""
        known = {each: share for each in wanted if (share := self.recollection.share(each))}
        rest = [each for each in wanted if each not in known]
        if not rest:
            return known
        with self.database.read() as connection:
            return {**known, **queues.shares(connection, rest)}

    def claim(self, operation: str) -> Operation | None:
        """Take over an operation whose poll is due.

        Returns:
            None when it has ended, is not due, or somebody has it: we, though the clock jumped;
            or when only a newer version can carry it on.

        Raises:
            StorageUnavailable: also when only its row cannot be read, which is left for a while.
        """
        if self.leases.carries(operation):
            return None
        end = self.leases.end()
        try:
            with self.database.write() as connection:
                if not operations.claim(connection, operation, self.leases.owner, now()):
                    return None
                claimed = self._known(connection, operation)
        except WrittenByNewer:
            return None
        except StorageUnavailable:
            with self.database.write() as connection:
                polls.postpone(connection, operation, now() + UNREADABLE)
            raise
        self.leases.note(claimed, end)
        return claimed

    def take(self, due: Collection[str]) -> list[Operation]:
        """Take over what ``claim`` would of many, by one transaction.

        Raises:
            StorageUnavailable: nothing is taken.
        """
        free = [each for each in due if not self.leases.carries(each)]
        end = self.leases.end()
        with self.database.write() as connection:
            marked = polls.take(connection, free, self.leases.owner, now())
            rows = {each.id: each for each in marked}
            found = {each.id: self.recollection.recall(each) for each in marked}
            unknown = [each for each, operation in found.items() if operation is None]
            news = polls.read(connection, unknown)
        for row in news:
            found[row["id"]] = self._learn(rows[row["id"]], row)
        taken = [each for each in found.values() if each is not None]
        for operation in taken:
            self.leases.note(operation, end)
        unread = [each for each, operation in found.items() if operation is None]
        return taken + self._take_singly(unread)

    def _learn(self, taken: polls.Taken, row: RowMapping) -> Operation | None:
        """Read a row that is not known, or says something new, and keep what it says in mind."""
        operation = self._read(row)
        if operation is not None:
            self.recollection.keep(taken, operation)
        return operation

    def _read(self, row: RowMapping) -> Operation | None:
        try:
            found = operations.operation_of(row, self.vault)
        except StorageUnavailable:
            return None
        return found if self.knows(found) else None

    def _take_singly(self, unread: Collection[str]) -> list[Operation]:
        """Free what was taken in vain, and claim each alone, which says what is wrong with it."""
        if not unread:
            return []
        with self.database.write() as connection:
            operations.give_back(connection, self.leases.owner, unread)
        claimed = []
        for operation in unread:
            try:
                claimed.append(self.claim(operation))
            except StorageUnavailable as error:
                log.warning("operation.not_claimed", operation=operation, detail=error.detail)
        return [each for each in claimed if each is not None]

    def put_back(self, same: Sequence[Operation], further: Sequence[Operation]) -> Collection[str]:
        """Commit when the next polls are due, and how far their operations are; free them.

        Args:
            same: of which nothing else is new.
            further: whose commands have told how far they are.

        Returns:
            The ids of those whose rows are free to be written at the moment.
        """
        with self.database.write() as connection:
            mine = polls.unlocked(connection, [each.id for each in (*same, *further)])
            polls.put_back(connection, [each for each in same if each.id in mine])
            written = [each for each in further if each.id in mine]
            polls.put_forward(connection, written)
        for operation in written:
            self.recollection.advance(operation)
        return mine

    def _known(self, connection: Connection, operation: str) -> Operation:
        found = operations.get(connection, operation, self.vault)
        if self.knows(found):
            return found
        raise WrittenByNewer  # takes the claim back

    def due(self, limit: int) -> list[str]:
        """Return the operations whose next poll is due and which nobody holds.

        Those of one deployment come together, since their polls share turns of its lane; the
        deployment that waits for the longest time comes first.

        Args:
            limit: for each deployment and urgency.
        """
        self.recollection.fade()
        with self.database.read() as connection:
            found = queues.due(connection, now(), limit)
        first = {place: number for number, place in enumerate(dict.fromkeys(found.values()))}
        return sorted(found, key=lambda each: first[found[each]])

    def tidy(self) -> None:
        """Forget reads after an hour, secrets that nobody came for, and expired keys."""
        with self.database.write() as connection:
            idempotency_keys.tidy(connection, now())
            operations.expired_reads(connection, now() - READS_KEPT)
            for operation in operations.unclaimed(connection, now() - SECRETS_KEPT):
                operations.forget(connection, operation, self.vault)

    def hand_out(self, operation: Operation) -> None:
        """Erase a one-time result that is being answered; whoever comes second gets none."""
        if not operation.one_time or not operation.status.is_final:
            return
        with self.database.write() as connection:
            first = operations.forget(connection, operation.id, self.vault)
            if first:
                audit.disclosed(connection, operation)
        operation.one_time = first
        for step in operation.steps:
            step.result = step.result if first else None

    def wait(self, operation: str, seconds: float) -> None:
        """Wait until an operation is final, at most for some seconds; its polls come faster.

        A process that departs waits no longer.
        """
        end = monotonic() + seconds
        with self._onlookers.of(operation) as news:
            while not self._is_final(operation) and (left := end - monotonic()) > 0:
                if self.departure.is_begun:
                    return
                news.wait(min(GLANCE_SECONDS, left))
                news.clear()

    def _is_final(self, operation: str) -> bool:
        """Look, and have an unfinished one polled soon, since somebody waits for it."""
        with self.database.read() as connection:
            status, age, next_poll_time = operations.outlook(connection, operation)
        soon = now() + watched_interval(age)
        if not status.is_final and next_poll_time > soon:
            with self.database.write() as connection:
                operations.hurry(connection, operation, soon)
        return status.is_final


def conclude(operation: Operation) -> None:
    """Set the end, skip what was not sent, and erase the arguments.

    Secrets live no longer than they are needed.
    """
    operation.end_time = now()
    operation.lock = None
    operation.next_poll_time = None
    for step in operation.steps:
        step.arguments = {}
        step.before = None
        if step.status is StepStatus.QUEUED:
            step.status = StepStatus.SKIPPED
