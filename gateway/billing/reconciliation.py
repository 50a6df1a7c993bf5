"""What we count on each deployment against what it reports for licensing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from gateway.access.scope import Unrestricted
from gateway.billing.answers import licences_of
from gateway.billing.asking import Asking, Said
from gateway.errors import NotFound, UpstreamError
from gateway.model import Deployment, Figure, Measure, now
from gateway.spe.commands.licenses import CREATE_LICENSE_REQUEST
from gateway.storage import deployments, figures, readings, tenures
from gateway.storage.database import Database
from gateway.storage.tenures import Tenure
from gateway.tenancy.authorise import denied, permit
from gateway.tenancy.caller import Caller


class ReconciliationIncomplete(UpstreamError):
    """A deployment could not be asked, and the caller wants all or nothing."""

    status = 503
    code = "RECONCILIATION_INCOMPLETE"
    title = "A deployment could not be asked"
    retryable = True


class DifferenceKind(StrEnum):
    """Why an instance is counted otherwise than reported."""

    UNOWNED = "unowned"
    """The deployment reports it, and nobody owns it."""

    UNCOUNTED = "uncounted"
    """It is reported and owned, and has no figure yet."""

    CHANGED = "changed"
    """The figure in force is another one than is reported now."""

    MISSING = "missing"
    """It is owned and counted, and not reported."""

    GONE = "gone"
    """It was purged or released, has a figure in force still, and is not reported."""


@dataclass(frozen=True)
class Difference:
    """An instance that is counted otherwise than reported.

    Attributes:
        kind: why.
        instance_id: the name that SPE knows.
        instance: its opaque id; None where nobody owns it.
        reseller: its owner, or its last one.
        reported: licences as the deployment has it; None where it does not name the instance.
        counted: licences as we have it; None where there is no figure in force.
    """

    kind: DifferenceKind
    instance_id: str
    instance: str | None
    reseller: str | None
    reported: int | None
    counted: int | None


@dataclass(frozen=True)
class Comparison:
    """A deployment as it reports, and as we count.

    Attributes:
        deployment: its id.
        as_of: when it reported that; None where it never did.
        reported: licences of all its instances; None where it never told.
        counted: licences of all figures in force.
        owners: the part of each reseller.
        differences: instances that differ.
        problem: the code of the error that it answered with now; then the report is the last one.
    """

    deployment: str
    as_of: datetime | None
    reported: int | None
    counted: int
    owners: Mapping[str, int]
    differences: Sequence[Difference]
    problem: str | None

    @property
    def difference(self) -> int | None:
        """What is reported more than counted; None where nothing is reported."""
        return None if self.reported is None else self.reported - self.counted


class Reconciliation:
    """Compares, for operators.

    Args:
        database: our figures.
        asking: asks the deployments.
        patience: how many seconds they may take.
    """

    def __init__(self, database: Database, asking: Asking, patience: float) -> None:
        self._database = database
        self._asking = asking
        self.patience = patience

    def page(
        self, caller: Caller, deployment: str | None, after: str, limit: int
    ) -> Sequence[Deployment]:
        """Return some deployments, in the order of ids.

        Raises:
            NotFound: there is no such deployment.
        """
        permit(self._database, caller, "reconciliation")
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, "reconciliation")
        with self._database.read() as connection:
            if deployment is None:
                return deployments.page(connection, after, limit)
            found = deployments.find(connection, deployment)
        if found is None:
            raise NotFound
        return [found]

    def compared(
        self, among: Sequence[str], seconds: float, *, complete: bool
    ) -> Sequence[Comparison]:
        """Ask deployments now, and hold what they report against the figures in force.

        Args:
            among: ids.
            seconds: how long they may take altogether.
            complete: one that does not answer fails the call, in place of its last report.

        Raises:
            ReconciliationIncomplete: one does not, and the caller wants all or nothing.
        """
        said = self._asking.licences(among, seconds)
        silent = [name for name in among if said[name].problem is not None]
        if silent and complete:
            raise ReconciliationIncomplete(
                f"{len(silent)} of {len(among)} deployments could not be asked.",
                deployment=", ".join(silent),
            )
        with self._database.snapshot() as connection:
            return [_compared(connection, name, said[name]) for name in among]


def _compared(connection: Connection, deployment: str, said: Said) -> Comparison:
    report = said if said.problem is None else _last(connection, deployment)
    reported = None if report is None else report.licences
    counted = _counted(connection, deployment)
    owners: dict[str, int] = defaultdict(int)
    for figure in counted.values():
        owners[figure.reseller] += figure.value or 0
    return Comparison(
        deployment,
        None if report is None else report.time,
        None if reported is None else sum(reported.values()),
        sum(owners.values()),
        dict(sorted(owners.items())),
        [] if reported is None else list(_differences(connection, deployment, reported, counted)),
        said.problem,
    )


def _last(connection: Connection, deployment: str) -> Said | None:
    """Return the last answer that was kept, if any."""
    present = now()
    command = CREATE_LICENSE_REQUEST.name
    for reading in readings.around(connection, deployment, command, present, present):
        if reading.raw is not None:  # the first one is the last that succeeded
            return Said(licences_of(readings.answer_of(connection, reading.raw)), reading.time)
    return None


def _counted(connection: Connection, deployment: str) -> Mapping[str, Figure]:
    """Return the figures in force that have a value, by instances."""
    found = figures.current_on(connection, deployment, Measure.LICENCES)
    return {name: figure for name, figure in found.items() if figure.value is not None}


def _differences(
    connection: Connection,
    deployment: str,
    reported: Mapping[str, int],
    counted: Mapping[str, Figure],
) -> Iterator[Difference]:
    """Yield them by the names of the instances, those that nobody has at the end."""
    last = {tenure.instance: tenure for tenure in tenures.on(connection, deployment)}
    owned = {each.instance_id for each in last.values() if each.until is None}
    for tenure in sorted(last.values(), key=lambda each: (each.instance_id, each.instance)):
        found = _difference(tenure, reported.get(tenure.instance_id), counted.get(tenure.instance))
        if found is not None:
            yield found
    for name in sorted(reported.keys() - owned):
        yield Difference(DifferenceKind.UNOWNED, name, None, None, reported[name], None)


def _difference(tenure: Tenure, reported: int | None, figure: Figure | None) -> Difference | None:
    """Return how one of our instances differs, if it does."""
    counted = figure.value if figure else None
    is_gone = tenure.until is not None
    listed = None if is_gone else reported  # what is listed under the name of one gone is another
    if counted == listed:
        return None
    return Difference(
        _kind(listed, counted, is_gone=is_gone),
        tenure.instance_id,
        tenure.instance,
        tenure.reseller,
        listed,
        counted,
    )


def _kind(reported: int | None, counted: int | None, *, is_gone: bool) -> DifferenceKind:
    if is_gone:
        return DifferenceKind.GONE
    if reported is None:
        return DifferenceKind.MISSING
    return DifferenceKind.UNCOUNTED if counted is None else DifferenceKind.CHANGED
