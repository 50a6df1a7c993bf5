"""Who lets calls to a deployment through: a breaker, shared by all processes.

It opens after some failures of the line in a row, and nothing is sent for a while. Then one
call, whosever it is, first tries a Ping; its answer closes the breaker. Refused logins are
bounded likewise, for SPE slows down whoever fails to log in. A registration with another
address, certificate or password begins anew.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from math import ceil
from typing import Final

import structlog

from gateway.errors import (
    AnswerLost,
    CertificateRejected,
    CredentialsRefused,
    DeploymentUnreachable,
    NotSent,
    TokenLost,
    UpstreamError,
)
from gateway.measures.meters import meters
from gateway.spe.channel import PROBE_SECONDS
from gateway.spe.guard import CALM, Admission
from gateway.spe.mapping import DeploymentBusy
from gateway.storage import lines
from gateway.storage.breakers import Lines
from gateway.storage.lines import Line

LOGINS: Final = 3
"""So many refusals in a row are no accident."""

LOGIN_SECONDS: Final = 60.0
"""Between two logins from then on."""

PROBING_SECONDS: Final = 2 * PROBE_SECONDS
"""How long others wait for who probes; a process that died probing holds nobody up for longer."""

log = structlog.get_logger()


class DeploymentPaused(NotSent):
    """The breaker is open: the line has failed too often to be tried by every call.

    Args:
        detail: why, and when it is worth trying again.
        seconds: until then.
    """

    code = "DEPLOYMENT_PAUSED"
    title = "Calls to the deployment are paused"

    def __init__(self, detail: str = "", *, seconds: int = 0) -> None:
        super().__init__(detail)
        self.seconds = seconds


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "halfOpen"


@dataclass(frozen=True)
class Reading:
    """What a breaker shows.

    Attributes:
        state: half-open means that the next call tries a Ping first.
        failures: of the line, in a row.
        open_until: when it is tried again; None while it is closed.
        last_problem: code of the last failure; None when none is left.
    """

    state: BreakerState
    failures: int
    open_until: datetime | None
    last_problem: str | None


Watch = Callable[[str, str | None], None]
"""Is told that nothing is sent to a deployment any more, with the code of why, or again."""


@dataclass(frozen=True)
class Policy:
    """When a breaker opens, for how long, and who is told; see ``Breakers``."""

    failures: int
    seconds: float
    watch: Watch


class Breakers:
    """Makes the breaker of each deployment.

    Args:
        lines: what is known of the lines.
        failures: so many in a row open a breaker.
        seconds: for which it is open then.
        watch: is told of each that opens, and of each that a call closes.
    """

    def __init__(
        self, lines: Lines, failures: int, seconds: float, watch: Watch = lambda *_: None
    ) -> None:
        self._lines = lines
        self._policy = Policy(failures, seconds, watch)

    def of(self, deployment: str, revision: int) -> "Breaker":
        """Return the breaker of a deployment, as it is registered in this revision."""
        return Breaker(self._lines, deployment, revision, self._policy)

    def close(self) -> None:
        """Close the connections to where the state is kept."""
        self._lines.close()


class Breaker:
    """Guards the line to one deployment; many may be made for the same one."""

    def __init__(self, lines: Lines, deployment: str, revision: int, policy: Policy) -> None:
        self._lines = lines
        self._deployment = deployment
        self._name = f"{deployment}:{revision}"
        self._policy = policy

    def admit(self) -> Admission:
        """Let a call through.

        Raises:
            DeploymentPaused: the breaker is open.
            CredentialsRefused: the login was refused too often just now.
        """
        line, time = self._lines.look(self._name)
        if line == lines.CALM:
            return CALM
        if self._admitted(line, time) == line:
            return Admission()
        change = self._lines.change(self._name, self._admitted)
        return Admission(
            probes=change.after.probe_until != change.before.probe_until,
            is_login_counted=change.after.refusals != change.before.refusals,
        )

    def require_closed(self) -> None:
        """Let nothing through to an open line, and leave the probing of it to who sends.

        Raises:
            DeploymentPaused: the breaker is open.
        """
        line, time = self._lines.look(self._name)
        if self._is_open(line, time):
            raise _paused(line, line.open_until - time)

    def note(self, admission: Admission, error: UpstreamError | None) -> None:
        """Note how a call ended; an answer to a calm line is no news."""
        if error is None and admission.is_calm:
            return
        line = self._change(partial(self._noted, admission, error))
        if error is None and not line.open_until:
            self._policy.watch(self._deployment, None)
        elif self.read().state is BreakerState.OPEN:
            self._policy.watch(self._deployment, line.problem)
        if isinstance(error, CredentialsRefused) and line.refusals == LOGINS:
            log.warning("deployment.credentials_refused", deployment=self._deployment)

    def read(self) -> Reading:
        """Return what it shows."""
        line, time = self._lines.look(self._name)
        until = datetime.fromtimestamp(line.open_until, UTC) if line.open_until else None
        return Reading(self._state(line, time), line.failures, until, line.problem or None)

    def reset(self) -> None:
        """Close it, whatever it has seen; logins begin anew, too."""
        self._change(lambda _line, _time: lines.CALM)

    def _is_open(self, line: Line, time: float) -> bool:
        """Whether nothing may be sent; a time that a clock put back has made far off is none."""
        return 0 < line.open_until - time <= self._policy.seconds

    def _state(self, line: Line, time: float) -> BreakerState:
        if not line.open_until:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._is_open(line, time) else BreakerState.HALF_OPEN

    def _admitted(self, line: Line, time: float) -> Line:
        """Return the line with what a call takes of it: a login, the turn to probe, or nothing."""
        if self._is_open(line, time):
            raise _paused(line, line.open_until - time)
        if line.open_until and 0 < line.probe_until - time <= PROBING_SECONDS:
            raise _paused(line, line.probe_until - time)
        tried = _with_login(line, time)
        return replace(tried, probe_until=time + PROBING_SECONDS) if line.open_until else tried

    def _noted(
        self, admission: Admission, error: UpstreamError | None, line: Line, time: float
    ) -> Line:
        line = _with_answer(line, admission, error, time)
        if isinstance(error, DeploymentBusy):
            return line
        if line.open_until and not admission.probes:
            return line  # it was sent before the breaker opened: only a probe closes it
        if error is None or not is_failure(error):
            return replace(line, failures=0, problem="", open_until=0.0, probe_until=0.0)
        return self._with_failure(line, error, time)

    def _with_failure(self, line: Line, error: UpstreamError, time: float) -> Line:
        """Count a failure; what was silent or garbled may be one command, so a Ping decides."""
        failed = replace(line, failures=line.failures + 1, problem=error.code, probe_until=0.0)
        if failed.failures < self._policy.failures and not line.open_until:
            return failed
        decided = bool(line.open_until) or isinstance(error, NotSent)
        return replace(failed, open_until=time + (self._policy.seconds if decided else 0.0))

    def _change(self, rule: Callable[[Line, float], Line]) -> Line:
        change = self._lines.change(self._name, rule)
        _tell(self._deployment, change.before, change.after)
        return change.after


def _with_login(line: Line, time: float) -> Line:
    """Count a login where some were refused.

    Raises:
        CredentialsRefused: there were too many just now.
    """
    if not line.refusals:
        return line
    if line.refusals < LOGINS:
        return replace(line, refusals=line.refusals + 1, login_time=time + LOGIN_SECONDS)
    if 0 < line.login_time - time <= LOGIN_SECONDS:
        raise CredentialsRefused(
            "The deployment has refused the gateway's user name or password; they are tried "
            "once a minute."
        )
    return replace(line, login_time=time + LOGIN_SECONDS)


def _with_answer(
    line: Line, admission: Admission, error: UpstreamError | None, time: float
) -> Line:
    """Note what the deployment said of the credentials."""
    if isinstance(error, CredentialsRefused):
        number = line.refusals if admission.is_login_counted else line.refusals + 1
        return replace(line, refusals=min(number, LOGINS), login_time=time + LOGIN_SECONDS)
    if error is None or isinstance(error, TokenLost):
        return replace(line, refusals=0, login_time=0.0)
    return line


def is_failure(error: UpstreamError) -> bool:
    """Whether it speaks against the line.

    A refused login, a lost token and another certificate are answers: they have rules of
    their own, and their own words are of more use to the caller.
    """
    if isinstance(error, AnswerLost):
        return not isinstance(error, TokenLost)
    return isinstance(error, DeploymentUnreachable) or type(error) is CertificateRejected


def _paused(line: Line, seconds: float) -> DeploymentPaused:
    wait = max(1, ceil(seconds))
    return DeploymentPaused(
        f"The deployment has failed {line.failures} times in a row ({line.problem}), so nothing "
        f"is sent to it for a while. Nothing of this call was carried out; try again in {wait} s.",
        seconds=wait,
    )


def _tell(deployment: str, before: Line, after: Line) -> None:
    """Log a change of state."""
    told = log.bind(deployment=deployment, failures=after.failures, problem=after.problem)
    if after.open_until and not before.open_until:
        told.warning("deployment.paused")
        meters().breaker_changed(deployment, "opened")
    elif after.open_until > before.open_until:
        told.warning("deployment.still_paused")
        meters().breaker_changed(deployment, "stayed_open")
    elif before.open_until and not after.open_until:
        told.info("deployment.resumed")
        meters().breaker_changed(deployment, "closed")
