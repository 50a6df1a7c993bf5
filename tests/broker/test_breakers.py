"""Breakers of deployments: when they open, who tries again, and what logins are let through."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
import structlog
import time_machine

from gateway.broker.engine import breakers as module
from gateway.broker.engine.breakers import (
    LOGIN_SECONDS,
    LOGINS,
    Breaker,
    Breakers,
    BreakerState,
    DeploymentPaused,
    Reading,
)
from gateway.errors import (
    CertificateExpired,
    CertificateRejected,
    ConnectionLost,
    CredentialsRefused,
    DeploymentUnreachable,
    PinMismatch,
    ReplyInvalid,
    TokenLost,
    UpstreamError,
    UpstreamTimeout,
)
from gateway.model import now
from gateway.spe.guard import Admission
from gateway.spe.mapping import DeploymentBusy
from gateway.storage.breakers import Lines

MOST = 3
SECONDS = 30


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """Where lines are kept, in each of the two ways."""
    return "" if request.param == "memory" else str(request.getfixturevalue("redis_url"))


@pytest.fixture
def breakers(url: str) -> Iterator[Breakers]:
    made = Breakers(Lines(url), MOST, SECONDS)
    yield made
    made.close()


@pytest.fixture
def breaker(breakers: Breakers) -> Breaker:
    return breakers.of("dep_1", 1)


def call(breaker: Breaker, error: UpstreamError | None = None) -> Admission:
    """Make a call that ends so."""
    admission = breaker.admit()
    breaker.note(admission, error)
    return admission


def fail(breaker: Breaker, times: int = MOST, error: UpstreamError | None = None) -> None:
    for _ in range(times):
        call(breaker, error or DeploymentUnreachable())


def state(breaker: Breaker) -> BreakerState:
    return breaker.read().state


def test_a_line_that_is_well_shows_nothing(breaker: Breaker) -> None:
    call(breaker)

    assert breaker.read() == Reading(BreakerState.CLOSED, 0, None, None)


def test_a_breaker_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    fail(breaker, MOST - 1)
    assert state(breaker) is BreakerState.CLOSED
    fail(breaker, 1)
    shown = breaker.read()

    with pytest.raises(DeploymentPaused) as caught:
        breaker.admit()
    assert (shown.state, shown.failures) == (BreakerState.OPEN, MOST)
    assert shown.last_problem == "DEPLOYMENT_UNREACHABLE"
    assert shown.open_until is not None
    assert shown.open_until - now() <= timedelta(seconds=SECONDS)
    assert 1 <= caught.value.seconds <= SECONDS
    assert caught.value.retryable
    assert str(caught.value.seconds) in caught.value.detail
    assert "DEPLOYMENT_UNREACHABLE" in caught.value.detail


def test_an_answer_in_between_begins_anew(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker, MOST - 1)
        call(breaker)

    assert breaker.read().failures == 0


@pytest.mark.parametrize(
    "kind", [DeploymentUnreachable, CertificateRejected, ConnectionLost, UpstreamTimeout]
)
def test_what_speaks_against_the_line_is_counted(
    breaker: Breaker, kind: type[UpstreamError]
) -> None:
    fail(breaker, 2, kind())

    assert breaker.read().failures == 2


@pytest.mark.parametrize(
    "kind", [CredentialsRefused, PinMismatch, CertificateExpired, TokenLost, DeploymentBusy]
)
def test_what_has_a_rule_of_its_own_is_not(breaker: Breaker, kind: type[UpstreamError]) -> None:
    fail(breaker, LOGINS, kind())

    assert (breaker.read().failures, state(breaker)) == (0, BreakerState.CLOSED)


@pytest.mark.parametrize("kind", [UpstreamTimeout, ConnectionLost, ReplyInvalid])
def test_what_may_be_one_command_alone_lets_a_ping_decide_at_once(
    breaker: Breaker, kind: type[UpstreamError]
) -> None:
    fail(breaker, MOST, kind())
    assert state(breaker) is BreakerState.HALF_OPEN

    admission = breaker.admit()
    assert admission.probes
    breaker.note(admission, None)
    assert state(breaker) is BreakerState.CLOSED


def test_while_one_probes_the_others_wait(breaker: Breaker) -> None:
    fail(breaker, MOST, UpstreamTimeout())
    breaker.admit()

    with pytest.raises(DeploymentPaused) as caught:
        breaker.admit()
    assert caught.value.seconds <= module.PROBING_SECONDS


def test_a_probe_without_an_answer_opens_again(breaker: Breaker) -> None:
    fail(breaker, MOST, UpstreamTimeout())
    assert call(breaker, UpstreamTimeout()).probes

    assert (state(breaker), breaker.read().failures) == (BreakerState.OPEN, MOST + 1)


def test_a_probe_that_finds_another_certificate_closes_so_that_calls_say_so(
    breaker: Breaker,
) -> None:
    fail(breaker, MOST, UpstreamTimeout())
    call(breaker, PinMismatch())

    assert state(breaker) is BreakerState.CLOSED


def test_what_was_sent_before_it_opened_neither_closes_nor_prolongs(breaker: Breaker) -> None:
    late = [breaker.admit() for _ in range(3)]
    fail(breaker)
    shown = breaker.read()
    breaker.note(late[0], UpstreamTimeout())
    breaker.note(late[1], PinMismatch())
    breaker.note(late[2], None)

    assert breaker.read() == shown


def test_twenty_callers_of_two_processes_send_one_probe(url: str) -> None:
    processes = [Breakers(Lines(url), MOST, SECONDS) for _ in range(2 if url else 1)]
    fail(processes[0].of("dep_1", 1), MOST, UpstreamTimeout())

    def admitted(number: int) -> bool:
        with suppress(DeploymentPaused):
            return processes[number % len(processes)].of("dep_1", 1).admit().probes
        return False

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(admitted, range(20))) == 1
    for each in processes:
        each.close()


def test_processes_that_share_a_redis_see_one_breaker(redis_url: str) -> None:
    one, other = (Breakers(Lines(redis_url), MOST, SECONDS) for _ in range(2))
    fail(one.of("dep_1", 1))

    assert other.of("dep_1", 1).read() == one.of("dep_1", 1).read()
    with pytest.raises(DeploymentPaused):
        other.of("dep_1", 1).admit()
    other.of("dep_1", 1).reset()
    assert call(one.of("dep_1", 1)) == Admission(is_calm=True)
    for each in (one, other):
        each.close()


def test_deployments_and_revisions_have_breakers_of_their_own(breakers: Breakers) -> None:
    fail(breakers.of("dep_1", 1))

    assert state(breakers.of("dep_2", 1)) is BreakerState.CLOSED
    assert state(breakers.of("dep_1", 2)) is BreakerState.CLOSED


def test_a_name_is_not_looked_up_for_an_open_breaker(breaker: Breaker) -> None:
    breaker.require_closed()
    fail(breaker)

    with pytest.raises(DeploymentPaused):
        breaker.require_closed()


def test_every_change_of_state_is_logged_once(breaker: Breaker) -> None:
    with structlog.testing.capture_logs() as logs:
        fail(breaker, MOST, UpstreamTimeout())
        call(breaker, DeploymentUnreachable())
        breaker.reset()
        call(breaker)

    assert [(each["event"], each["deployment"]) for each in logs] == [
        ("deployment.paused", "dep_1"),
        ("deployment.still_paused", "dep_1"),
        ("deployment.resumed", "dep_1"),
    ]
    assert (logs[0]["failures"], logs[0]["problem"]) == (MOST, "UPSTREAM_TIMEOUT")


# time, in memory


@pytest.fixture
def own() -> Breaker:
    """A breaker of this process alone, whose clock a test may move."""
    return Breakers(Lines(""), MOST, SECONDS).of("dep_1", 1)


def test_an_open_breaker_lets_a_probe_through_when_its_time_is_over(own: Breaker) -> None:
    begin = now()
    with time_machine.travel(begin, tick=False):
        fail(own)
    with time_machine.travel(begin + timedelta(seconds=SECONDS - 1), tick=False):
        assert state(own) is BreakerState.OPEN
    with time_machine.travel(begin + timedelta(seconds=SECONDS), tick=False):
        assert state(own) is BreakerState.HALF_OPEN
        assert own.admit().probes


def test_who_died_probing_holds_the_others_up_for_moments_only(own: Breaker) -> None:
    begin = now()
    with time_machine.travel(begin, tick=False):
        fail(own, MOST, UpstreamTimeout())
        assert own.admit().probes
    with time_machine.travel(begin + timedelta(seconds=module.PROBING_SECONDS), tick=False):
        assert own.admit().probes


def test_a_clock_that_is_put_back_keeps_no_breaker_open(own: Breaker) -> None:
    begin = now()
    with time_machine.travel(begin + timedelta(days=1), tick=False):
        fail(own)
    with time_machine.travel(begin, tick=False):
        assert own.admit().probes


# logins


def refuse(breaker: Breaker, times: int) -> None:
    fail(breaker, times, CredentialsRefused())


def test_a_few_refused_logins_stop_nothing(breaker: Breaker) -> None:
    refuse(breaker, LOGINS - 1)
    breaker.admit()


def test_after_some_refused_logins_one_a_minute_goes_through(own: Breaker) -> None:
    begin = now()
    with time_machine.travel(begin, tick=False):
        refuse(own, LOGINS)
    for minute in range(3):
        with time_machine.travel(
            begin + timedelta(seconds=LOGIN_SECONDS * (minute + 1)), tick=False
        ):
            refuse(own, 1)
            with pytest.raises(CredentialsRefused, match="once a minute"):
                own.admit()


def test_an_accepted_login_lets_everything_through_again(breaker: Breaker) -> None:
    refuse(breaker, LOGINS - 1)
    call(breaker)
    refuse(breaker, LOGINS - 1)
    call(breaker)


def test_logins_under_way_are_counted_while_some_are_refused(breaker: Breaker) -> None:
    refuse(breaker, 1)
    under_way = [breaker.admit() for _ in range(LOGINS - 1)]

    with pytest.raises(CredentialsRefused):
        breaker.admit()
    for each in under_way:
        breaker.note(each, None)
    breaker.admit()


def test_a_new_password_is_tried_at_once(breakers: Breakers) -> None:
    refuse(breakers.of("dep_1", 1), LOGINS)

    assert breakers.of("dep_1", 2).admit().is_calm


def test_processes_that_share_a_redis_share_the_logins(redis_url: str) -> None:
    processes = [Breakers(Lines(redis_url), MOST, SECONDS) for _ in range(4)]
    sent = 0
    for _ in range(3):
        for each in processes:
            with suppress(CredentialsRefused):
                call(each.of("dep_1", 1), CredentialsRefused())
                sent += 1

    assert sent == LOGINS
    for each in processes:
        each.close()


def test_refused_logins_are_logged_once(breaker: Breaker) -> None:
    with structlog.testing.capture_logs() as logs:
        refuse(breaker, LOGINS)

    assert [each["event"] for each in logs] == ["deployment.credentials_refused"]
