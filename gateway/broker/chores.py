"""What the worker does beside tracking operations, each in its own time."""

from gateway.model import Chore
from gateway.storage import audit_log, outbox
from gateway.storage.database import Database
from gateway.storage.witness import Witness

SEQUENCE_SECONDS = 1.0
ANCHOR_SECONDS = 60.0
WITNESS_SECONDS = 5.0


def chores_of_the_audit(database: Database, witness: Witness) -> tuple[Chore, ...]:
    """Return what keeps the audit log: numbers, anchors, and the copy of the facts."""

    def sequence() -> None:
        outbox.drain(database, audit_log.is_waiting, audit_log.sequence)

    def anchor() -> None:
        with database.read() as connection:
            done = audit_log.is_anchored(connection)
        if not done:
            with database.write() as connection:
                audit_log.anchor(connection)

    return (
        Chore("audit.sequence", SEQUENCE_SECONDS, sequence),
        Chore("audit.anchor", ANCHOR_SECONDS, anchor),
        Chore("witness.flush", WITNESS_SECONDS, witness.flush, everywhere=True),
    )
