"""A database that goes back in time, and what is done so that nobody comes back with it.

Whether it came from a backup of ours or was restored by other means: it is held against the
witness, in the transaction that fills it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from gateway.broker import telling
from gateway.broker.bootstrap import FirstOperator, add_operator
from gateway.broker.engine.problems import problem_of
from gateway.broker.ledger import conclude
from gateway.errors import AnswerLost, ConfigurationError
from gateway.model import OperationStatus, StepStatus, now
from gateway.storage import event_log, facts, operations, resellers, restoration, schema, upgrading
from gateway.storage.backup import Advance, Archive
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.vault import Vault
from gateway.storage.witness import Attested, Witness
from gateway.tenancy import audit

CUT_OFF = (
    "The gateway was restored from a time at which this was not finished. What was sent since is "
    "not known: look at the deployment."
)


@dataclass
class Report:
    """What was done.

    Attributes:
        facts: how many the witness knew more.
        epoch: tokens issued up to then, in seconds since 1970, are void.
        clients_deleted: those that were deleted since, and are again.
        clients_disabled: those that changed since.
        webhooks_deleted: those that were deleted since, and are gone again.
        webhooks_disabled: those that changed since.
        tokens_revoked: how many.
        resellers_changed: those with other bounds, or suspended, or resumed.
        resellers_limited: those whose quotas are those that they had last.
        resellers_made: owners that the backup did not know: suspended, below the root.
        instances_moved: those with another owner than in the backup.
        instances_changed: those in another state.
        names_kept: how many names keep their last owner.
        names_lost: names on deployments that the backup does not know.
        operations_ended: those that were unfinished; they are ``unknown`` now.
        operator: a new one, where no other was left.
        witness_aside: where the former witness lies, if it was not followed.
    """

    facts: int = 0
    epoch: int = 0
    clients_deleted: Sequence[str] = ()
    clients_disabled: Sequence[str] = ()
    webhooks_deleted: Sequence[str] = ()
    webhooks_disabled: Sequence[str] = ()
    tokens_revoked: int = 0
    resellers_changed: Sequence[str] = ()
    resellers_limited: Sequence[str] = ()
    resellers_made: Sequence[str] = ()
    instances_moved: Sequence[str] = ()
    instances_changed: Sequence[str] = ()
    names_kept: int = 0
    names_lost: Sequence[str] = ()
    operations_ended: Sequence[str] = ()
    operator: FirstOperator | None = field(default=None, repr=False)
    witness_aside: Path | None = None

    def counts(self) -> dict[str, int]:
        """Return how many there are of each list."""
        lists = {name: value for name, value in vars(self).items() if isinstance(value, list)}
        return {name: len(value) for name, value in lists.items()}


@dataclass(frozen=True)
class Recovery:
    """Fills and reconciles a database that no gateway serves.

    Attributes:
        database: empty, or to be replaced, or restored by other means.
        vault: has the master keys of that time.
        witness: of this host.
        grace: from deleting an instance to its purge.
    """

    database: Database
    vault: Vault
    witness: Witness
    grace: timedelta

    def restore(self, archive: Archive, advance: Advance, *, follow: bool) -> Report:
        """Fill an empty database from an archive that was found whole.

        Args:
            archive: what is written.
            advance: is told of the progress.
            follow: apply the witness; else nobody but a new operator may come in.

        Raises:
            ConfigurationError: the database is not empty, the archive is of a newer version, or
                the witness does not reach back to it; nothing is changed.
        """
        with self.database.write() as connection:
            if schema.revision_of(connection) is not None:
                raise ConfigurationError(
                    "The database is not empty: restore into an empty one, or say '--replace'."
                )
            archive.load(connection, advance)
            report = self._reconciled(connection, follow=follow)
        return self._witnessed(report, follow=follow)

    def replace(self, archive: Archive, advance: Advance, *, follow: bool) -> Report:
        """Remove what is in the database, and fill it from an archive, or leave all as it is."""
        with self.database.write() as connection:
            upgrading.clear(connection)
            archive.load(connection, advance)
            report = self._reconciled(connection, follow=follow)
        return self._witnessed(report, follow=follow)

    def reconcile(self, *, follow: bool) -> Report:
        """Hold a database against the witness that was restored by other means."""
        schema.require_current(self.database)
        with self.database.write() as connection:
            report = self._reconciled(connection, follow=follow)
        return self._witnessed(report, follow=follow)

    def _reconciled(self, connection: Connection, *, follow: bool) -> Report:
        known, report = facts.last(connection), Report()
        later: Sequence[Attested] = self.witness.since(connection) if follow else ()
        facts.take_over(connection, [fact.columns() for fact in later])
        report.facts = len(later)
        report.operations_ended = _end_operations(connection, self.vault)
        _apply(connection, report, later, self.grace)
        if not follow:
            report.clients_disabled = restoration.disable_all_clients(connection)
            report.webhooks_disabled = restoration.disable_all_webhooks(connection)
        report.epoch = restoration.raise_epoch(connection, later, int(now().timestamp()))
        facts.note(connection, Fact.EPOCH, "tokens", {"epoch": report.epoch})
        facts.note(connection, Fact.RESTORE, "database", {"after": known})
        event_log.leap(connection)
        self._tell(connection, report)
        return report

    def _tell(self, connection: Connection, report: Report) -> None:
        """Make an operator if none is left, and write it all into the operators' audit."""
        root = resellers.root(connection)
        if root is None:
            raise ConfigurationError("The database has no operators: it was never set up.")
        if not restoration.has_operator(connection):
            report.operator = add_operator(connection, root)
        gone, out = report.clients_deleted, report.clients_disabled
        audit.restored(connection, root.id, report.counts(), gone, out)
        telling.restored(connection, root)

    def _witnessed(self, report: Report, *, follow: bool) -> Report:
        """Bring the witness up to the database, once that is committed."""
        if not follow:
            report.witness_aside = self.witness.set_aside()
        self.witness.flush()
        return report


def _apply(
    connection: Connection, report: Report, later: Sequence[Attested], grace: timedelta
) -> None:
    report.clients_deleted = restoration.remove_deleted_clients(connection, later)
    restoration.remove_former_secrets(connection, later)
    report.clients_disabled = restoration.disable_changed_clients(connection, later)
    report.webhooks_deleted = restoration.remove_deleted_webhooks(connection, later)
    report.webhooks_disabled = restoration.disable_changed_webhooks(connection, later)
    report.tokens_revoked = restoration.revoke_tokens(connection, later)
    report.resellers_changed = restoration.bound_resellers(connection, later)
    report.resellers_made = restoration.remake_owners(connection, later)
    report.resellers_limited = restoration.limit_resellers(connection, later)
    placed = restoration.place_instances(connection, later, grace)
    report.instances_moved, report.instances_changed = placed
    report.names_kept, report.names_lost = restoration.keep_names(connection, later)


def _end_operations(connection: Connection, vault: Vault) -> list[str]:
    """End what was under way: whether it was carried out since, nobody here can know."""
    ended = list(operations.every_unfinished(connection))
    for number in ended:
        operation = operations.get(connection, number, vault)
        operation.status = OperationStatus.UNKNOWN
        operation.problem = problem_of(AnswerLost(CUT_OFF))
        conclude(operation)
        for step in operation.steps:
            if step.status in {StepStatus.SENDING, StepStatus.RUNNING, StepStatus.SETTLING}:
                step.status = StepStatus.UNKNOWN
        operations.save(connection, operation, vault)
        if audit.concerns(operation):
            audit.ended(connection, operation)
        telling.ended(connection, operation)
    return ended
