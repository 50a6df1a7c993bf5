"""Chooses the deployment and the host of a new instance, and says why the others were not taken."""

from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from gateway.broker.placement import fleet
from gateway.broker.placement.explanation import (
    Choice,
    NoPlacement,
    PlacementUnreachable,
    Verdict,
)
from gateway.broker.placement.hosts import Lodging, lodging, reason_of
from gateway.broker.placement.rules import Candidate, Code, Reason, rank, reasons_against
from gateway.broker.placement.survey import Survey
from gateway.broker.placement.wish import Wish
from gateway.errors import UpstreamError
from gateway.model import Reseller
from gateway.storage.database import Database

NO_ANSWER = Reason(Code.NO_ANSWER, "It did not say in time which hosts it has.")
IN_THE_WAY = frozenset({Code.UNREACHABLE, Code.NO_ANSWER})
"""Reasons that may be gone the next time."""

log = structlog.get_logger()


class Placement:
    """Least-loaded placement under rules.

    Args:
        database: the registry and how full everything is.
        survey: asks the deployments for their hosts.
    """

    def __init__(self, database: Database, survey: Survey) -> None:
        self._database = database
        self._survey = survey

    def choose(self, reseller: Reseller, wish: Wish) -> Choice:
        """Find a place for an instance of a reseller.

        Raises:
            NoPlacement: no deployment can take it.
            UpstreamError: the only one that fits cannot be asked for its hosts.
            PlacementUnreachable: none of several that fit can be asked.
        """
        with self._database.read() as connection:
            every = fleet.candidates(connection, reseller, wish)
        return self.among(every, wish)

    def among(self, every: Sequence[Candidate], wish: Wish) -> Choice:
        """Find a place on one of some deployments, whatever their order.

        Raises:
            GatewayError: as ``choose`` does.
        """
        judged = [Verdict(each, reasons_against(each, wish)) for each in every]
        unfit = [verdict for verdict in judged if verdict.reasons]
        fitting = sorted(
            (verdict.candidate for verdict in judged if not verdict.reasons),
            key=partial(rank, wish=wish),
        )
        return self._first_that_can(fitting, unfit, wish)

    def _first_that_can(
        self, fitting: Sequence[Candidate], unfit: Sequence[Verdict], wish: Wish
    ) -> Choice:
        """Pass over a deployment that is down or has no host to offer (law 8)."""
        passed: dict[str, Reason] = {}
        for candidate, answer in self._survey.answers(fitting):
            if isinstance(answer, UpstreamError):
                if len(fitting) == 1:
                    raise answer
                reason = Reason(Code.UNREACHABLE, f"It could not be asked: {answer.code}.")
            else:
                found = self._lodging(candidate, answer, wish)
                if found.spot is not None:
                    others = _others(candidate, fitting, passed)
                    return Choice(found.spot, candidate, [*unfit, *others], found.not_taken)
                reason = reason_of(found)
            log.warning(
                "placement.passed_over", deployment=candidate.deployment.id, code=reason.code
            )
            passed[candidate.deployment.id] = reason
        raise _none(fitting, unfit, passed)

    def _lodging(
        self, candidate: Candidate, rows: Sequence[Mapping[str, object]], wish: Wish
    ) -> Lodging:
        with self._database.read() as connection:
            known = fleet.premises(connection, candidate.deployment.id)
        return lodging(candidate, rows, known, wish)

    def close(self) -> None:
        """Let the questions under way end."""
        self._survey.close()


def _others(
    chosen: Candidate, fitting: Sequence[Candidate], passed: Mapping[str, Reason]
) -> list[Verdict]:
    """Return the others that fit: passed over, too late with their answer, or not as good."""
    place = fitting.index(chosen)
    better, worse = fitting[:place], fitting[place + 1 :]
    lower = f"The one that was taken is emptier, or has the smaller id: {chosen.figures}."
    reason = Reason(Code.RANKED_LOWER, lower)
    return [*_passed(better, passed), *(_verdict(each, passed, reason) for each in worse)]


def _passed(candidates: Sequence[Candidate], passed: Mapping[str, Reason]) -> list[Verdict]:
    return [_verdict(each, passed, NO_ANSWER) for each in candidates]


def _verdict(candidate: Candidate, passed: Mapping[str, Reason], otherwise: Reason) -> Verdict:
    return Verdict(candidate, (passed.get(candidate.deployment.id, otherwise),))


def _none(
    fitting: Sequence[Candidate], unfit: Sequence[Verdict], passed: Mapping[str, Reason]
) -> NoPlacement | PlacementUnreachable:
    """Say that there is no place: for good, or because those that fit could not be asked."""
    verdicts = _passed(fitting, passed)
    for verdict in verdicts:
        if verdict.reasons[0].code in IN_THE_WAY:
            return PlacementUnreachable([*unfit, *verdicts])
    return NoPlacement([*unfit, *verdicts])
