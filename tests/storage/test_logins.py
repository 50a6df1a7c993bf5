from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from gateway.broker.logins import (
    ADDRESS_FAILURES,
    CLIENT_FAILURES,
    LONGEST,
    Logins,
    delay,
)
from gateway.model import now
from gateway.storage.database import Database
from gateway.storage.logins import KEPT
from gateway.storage.tables import login_failures

HOME, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def logins(database: Database) -> Logins:
    return Logins(database)


def fail(logins: Logins, times: int, client: str = "cli_1", address: str = HOME) -> None:
    for _ in range(times):
        logins.failed(client, address)


def rows(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(login_failures)).scalar_one()


def waits(free: int, failures: Sequence[int]) -> list[float]:
    return [delay(free, each).total_seconds() for each in failures]


def test_the_wait_begins_late_grows_and_has_an_end() -> None:
    assert waits(5, range(4, 9)) == [0, 1, 2, 4, 8]
    assert waits(5, [14, 15, 10**6]) == [512, 900, 900]


def test_a_few_failures_cost_nothing(logins: Logins) -> None:
    fail(logins, CLIENT_FAILURES - 1)

    assert logins.wait("cli_1", HOME) == 0


def test_each_further_failure_doubles_the_wait(logins: Logins) -> None:
    with time_machine.travel(now(), tick=False):
        fail(logins, CLIENT_FAILURES)
        first = logins.wait("cli_1", HOME)
        fail(logins, 3)

        assert (first, logins.wait("cli_1", HOME)) == (1, 8)


def test_a_stranger_locks_no_client_out(logins: Logins) -> None:
    fail(logins, ADDRESS_FAILURES + 9, address=ELSEWHERE)

    assert logins.wait("cli_1", ELSEWHERE) > 0
    assert logins.wait("cli_1", HOME) == 0


def test_guessing_at_many_clients_is_counted_for_the_address(logins: Logins) -> None:
    for number in range(ADDRESS_FAILURES):
        logins.failed(f"cli_{number}", HOME)

    assert logins.wait("cli_new", HOME) > 0
    assert logins.wait("cli_new", ELSEWHERE) == 0


def test_a_success_forgets_the_clients_failures_and_not_the_addresses(logins: Logins) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        fail(logins, ADDRESS_FAILURES - 1)
        clock.shift(LONGEST)
        logins.succeeded("cli_1", HOME)
        fail(logins, 1)

        assert logins.wait("cli_1", HOME) == 1  # the address's twentieth
        assert logins.wait("cli_2", HOME) == 1


def test_failures_are_forgotten_after_an_hour_of_peace(logins: Logins) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        fail(logins, CLIENT_FAILURES + 4)
        clock.shift(KEPT + timedelta(seconds=1))
        fail(logins, 1)

        assert logins.wait("cli_1", HOME) == 0


def test_old_failures_leave_no_rows(logins: Logins, database: Database) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        fail(logins, 1)
        logins.tidy()
        kept = rows(database)
        clock.shift(KEPT + timedelta(seconds=1))
        logins.tidy()

    assert (kept, rows(database)) == (2, 0)


def test_a_restart_forgets_nothing(url: str) -> None:
    first = Database(url)
    fail(Logins(first), CLIENT_FAILURES + 4)
    first.close()
    second = Database(url)

    assert Logins(second).wait("cli_1", HOME) > 0
    second.close()


def test_failures_at_the_same_moment_are_all_counted(logins: Logins, database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: logins.failed("cli_1", HOME), range(16)))
    with database.read() as connection:
        counted = connection.execute(select(login_failures.c.failures)).scalars().all()

    assert counted == [16, 16]


def test_whatever_a_client_claims_to_be_fits(logins: Logins) -> None:
    claimed = "\ud800" + "x" * 10_000
    fail(logins, CLIENT_FAILURES, client=claimed)

    assert logins.wait(claimed, HOME) > 0


def test_a_failure_without_a_wait_holds_up_nobody_who_came_a_moment_before(
    logins: Logins,
) -> None:
    moment = now()
    with time_machine.travel(moment, tick=False):
        fail(logins, CLIENT_FAILURES - 1)
    with time_machine.travel(moment - timedelta(milliseconds=5), tick=False):
        assert logins.wait("cli_1", HOME) == 0
