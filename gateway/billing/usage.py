"""What the instances use, for whoever may know it: now, or in a period of days."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from gateway.access.principal import Principal
from gateway.billing import usage_watch
from gateway.billing.usage_items import Grouping, Items
from gateway.billing.usage_periods import Granularity, Period
from gateway.billing.usage_tallies import Chart
from gateway.billing.usage_watch import Watch
from gateway.errors import Unauthenticated, UpstreamError
from gateway.model import Gap, now
from gateway.storage import deployments, resellers, usage
from gateway.storage.database import Database
from gateway.storage.usage import Scope
from gateway.tenancy.authorise import absent, permit
from gateway.tenancy.caller import Caller

EVER: Final = datetime.min.replace(tzinfo=UTC)
NAMED: Final = 5
"""Gaps that are named in words."""


class UsageIncomplete(UpstreamError):
    """Readings are missing, and the caller wants figures without a hole or none.

    Args:
        gaps: by deployment, where.
    """

    status = 503
    code = "USAGE_INCOMPLETE"
    title = "Readings are missing"

    def __init__(self, gaps: Mapping[str, Sequence[Gap]]) -> None:
        self.gaps = [(name, gap) for name, some in sorted(gaps.items()) for gap in some]
        super().__init__(f"Readings are missing: {_told(self.gaps)}.", deployment=", ".join(gaps))


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        period: None for the last reading of each instance.
        granularity: how the period is divided.
        grouping: what an item is about.
        reseller: only under this owner.
        deployment: only there.
        instance: only this one.
        complete: whether a gap fails the call.
    """

    period: Period | None = None
    granularity: Granularity = Granularity.TOTAL
    grouping: Grouping = Grouping.INSTANCE
    reseller: str | None = None
    deployment: str | None = None
    instance: str | None = None
    complete: bool = False


@dataclass(frozen=True)
class Answer:
    """What is known.

    Attributes:
        watch: how well the deployments concerned were watched.
        items: what was used.
    """

    watch: Watch
    items: Items


class Usage:
    """Usage by the owner at the time of each reading, of the caller's reseller and those below.

    Args:
        database: the tables.
        seconds: from one reading of the licences of a deployment to the next.
    """

    def __init__(self, database: Database, seconds: int) -> None:
        self._database = database
        self._seconds = seconds

    def ask(self, caller: Caller, question: Question) -> Answer:
        """Return what the instances use, or used.

        What happened before a transfer stays with the former owner (decision 20); a client that
        is restricted to instances learns of these alone (decision 21).

        Raises:
            NotFound: what it is to be narrowed to is absent, or none of the caller's.
            UsageIncomplete: readings are missing, and the question allows for none.
        """
        self._require_seen(caller, question)
        self.permit(caller)
        moment, reach = now(), caller.principal.reach
        since, until = _bounds(question.period, moment)
        filters = (question.reseller, question.deployment, question.instance)
        scope = Scope(reach, since, until, *filters)
        watch = self._watch(scope, question.period, moment)
        if question.complete and watch.gaps:
            raise UsageIncomplete(watch.gaps)
        chart = None
        if question.period is not None:
            parts = question.period.parts(question.granularity)
            chart = Chart(question.period, parts, watch)
        return Answer(watch, Items(self._database, scope, question.grouping, watch, chart))

    def permit(self, caller: Caller) -> None:
        """Demand that the caller may read usage.

        Raises:
            PermissionMissing: it may not.
        """
        permit(self._database, caller, "usage")

    def permit_still(self, caller: Caller, before: Principal) -> None:
        """Demand, of a caller that is judged once more, that it still reaches what it did.

        Raises:
            PermissionMissing: it may not read usage any more.
            Unauthenticated: it reaches something else by now.
        """
        self.permit(caller)
        if caller.principal.reach != before.reach:
            raise Unauthenticated

    def _watch(self, scope: Scope, period: Period | None, moment: datetime) -> Watch:
        with self._database.read() as connection:
            among = usage.deployments_of(connection, scope)
            if period is None:
                return usage_watch.at_present(connection, among, moment, self._seconds)
            return usage_watch.of_period(connection, among, period, moment, self._seconds)

    def _require_seen(self, caller: Caller, question: Question) -> None:
        """Judge what is asked of before anything is told of it.

        Raises:
            NotFound: it is absent, or none of the caller's.
        """
        with self._database.read() as connection:
            for target, is_seen in _targets(caller.principal, question):
                if not is_seen(connection):
                    raise absent(self._database, caller, target)


def _targets(
    principal: Principal, question: Question
) -> Iterator[tuple[str, Callable[[Connection], bool]]]:
    """Yield what is asked of, and how to find out whether the principal sees it."""
    reach = principal.reach
    ever = Scope(reach, EVER, now() + timedelta(seconds=1))
    reseller, deployment, instance = question.reseller, question.deployment, question.instance
    if reseller is not None:
        yield reseller, lambda connection: resellers.find(connection, reach, reseller) is not None
    if deployment is not None and principal.is_operator and reach.instances is None:
        yield deployment, lambda connection: deployments.find(connection, deployment) is not None
    elif deployment is not None:
        yield deployment, partial(usage.is_held, scope=replace(ever, deployment=deployment))
    if instance is not None:
        yield instance, partial(usage.is_held, scope=replace(ever, instance=instance))


def _bounds(period: Period | None, moment: datetime) -> tuple[datetime, datetime]:
    return (moment, moment) if period is None else (period.begin, period.end)


def _told(gaps: Sequence[tuple[str, Gap]]) -> str:
    """Return the first gaps in words."""
    named = [
        f"{deployment} from {gap.since:%Y-%m-%dT%H:%M:%SZ} to {gap.until:%Y-%m-%dT%H:%M:%SZ} "
        f"({gap.problem})"
        for deployment, gap in gaps[:NAMED]
    ]
    more = [f"{len(gaps) - NAMED} more"] if len(gaps) > NAMED else []
    return ", ".join([*named, *more])
