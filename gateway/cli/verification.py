"""What the commands that verify have in common: settings, database, witness, output, status."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

import rich_click as click
from rich.console import Console
from sqlalchemy import Connection, Table, func, select

from gateway.billing import verification
from gateway.cli.rows import rows_bar
from gateway.errors import StorageUnavailable
from gateway.settings import Settings
from gateway.storage import audit_verification, schema
from gateway.storage.database import Database, unusable
from gateway.storage.witness import Attested, Witness

BROKEN = 1
"""The status when something is wrong."""


V = TypeVar("V", audit_verification.Verdict, verification.Verdict)
"""What was found."""

Walk = Callable[[Connection, Sequence[Attested], Callable[[int], None]], V]


@dataclass(frozen=True)
class Verification(Generic[V]):
    """Something that can be verified.

    Attributes:
        title: of the progress bar.
        table: whose rows are counted beforehand.
        walk: finds what is wrong.
        said: puts what was found into lines.
        without_witness: what cannot be told without one, with a place for its path.
    """

    title: str
    table: Table
    walk: Walk[V]
    said: Callable[[V], Iterable[str]]
    without_witness: str

    def run(self, *, as_json: bool) -> None:
        """Verify, print what was found, and end the process if something is wrong."""
        settings = Settings.from_environment()
        database = Database(settings.database)
        try:
            schema.require_usable(database)
            verdict = self._verdict(database, Witness(settings.witness_file, database), as_json)
        except StorageUnavailable as error:
            raise unusable(settings.database, error) from error
        finally:
            database.close()
        witness = settings.witness_file if settings.witness_file.exists() else None
        told = {**asdict(verdict), "witness": witness and str(witness)}
        click.echo(json.dumps(told) if as_json else "\n".join(self.said(verdict)))
        if witness is None and not as_json:
            click.echo(self.without_witness.format(settings.witness_file), err=True)
        if verdict.findings:
            sys.exit(BROKEN)

    def _verdict(self, database: Database, witness: Witness, quiet: bool) -> V:  # noqa: FBT001 - goes on to the bar
        witnessed = list(witness.read())  # before the database, which then knows all of it
        with database.snapshot() as connection, rows_bar(Console(stderr=True), quiet=quiet) as bar:
            total = connection.execute(select(func.count()).select_from(self.table)).scalar_one()
            task = bar.add_task(self.title, total=total)
            return self.walk(connection, witnessed, lambda done: bar.advance(task, done))


def restored(times: int, what: str) -> str:
    """Say how often the database was restored, and what that took away."""
    often = "once" if times == 1 else f"{times} times"
    return f"The database was restored {often}; {what}."
