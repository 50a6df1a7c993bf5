"""The windows in Redis: they stand as those in memory do, and take no more room than they need."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import redis
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from deploy.servers import RedisServer
from gateway.storage.rate_windows import OwnWindows, Rate, Standing, Window
from gateway.storage.shared_windows import SharedWindows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)
LATER = "local now = tonumber(redis.call('GET', 'clock'))\n"
STEPS = st.sampled_from(
    [0, 1, 20_000_000, 59_999_999, 60_000_000, 60_000_001, 90_000_000, -1, -20_000_000]
)
CLIENTS = st.sampled_from(["cli_1", "cli_2", "cli_3"])


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """An empty Redis."""
    with redis.Redis.from_url(redis_url) as made:
        yield made


def call_of(client: str, amount: int = 2) -> tuple[Window, Window]:
    """Return the windows that a call is counted in."""
    return (
        Window("client", client, Rate(amount, 60), "res_1"),
        Window("reseller", "res_1", Rate(4, 60), "res_1"),
    )


class Both:
    """The windows in Redis and those in memory, by one clock."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._own, self._shared = OwnWindows(), SharedWindows(client, clock=LATER)
        self._at = START

    def count(self, client: str, microseconds: int) -> tuple[list[Standing], list[Standing]]:
        """Let time go by, and count a call in both."""
        self._at += timedelta(microseconds=microseconds)
        self._client.set("clock", (self._at - EPOCH) // timedelta(microseconds=1))
        shared = self._shared.count(*call_of(client))
        with time_machine.travel(self._at, tick=False):
            return self._own.count(*call_of(client)), shared


@given(st.lists(st.tuples(CLIENTS, STEPS), max_size=25))
def test_windows_in_redis_stand_as_those_in_memory(
    redis_server: RedisServer, calls: list[tuple[str, int]]
) -> None:
    redis_server.empty()
    with redis.Redis.from_url(redis_server.url) as client:
        both = Both(client)
        for who, microseconds in calls:
            own, shared = both.count(who, microseconds)
            assert shared == own


def test_a_clock_that_is_set_back_lets_nobody_wait_for_longer_than_the_window(
    client: redis.Redis,
) -> None:
    both = Both(client)
    for _ in range(3):
        both.count("cli_1", 0)

    for standings in both.count("cli_1", -3_600_000_000):
        assert [(each.passed, each.reset) for each in standings] == [(True, 60), (True, 60)]


def test_a_call_is_timed_by_the_clock_of_redis(client: redis.Redis) -> None:
    before = client.time()
    SharedWindows(client).count(*call_of("cli_1"))
    after = client.time()

    for key in client.scan_iter():
        seconds, microseconds = divmod(int(client.lindex(key, 0) or 0), 1_000_000)
        assert before <= (seconds, microseconds) <= after


def test_a_window_is_no_longer_than_its_rate_and_goes_by_itself(client: redis.Redis) -> None:
    windows = SharedWindows(client)
    for _ in range(20):
        windows.count(*call_of("cli_1"))

    keys = list(client.scan_iter())
    assert [client.llen(key) for key in keys] == [2, 2]
    assert all(1 <= client.ttl(key) <= 61 for key in keys)


def test_a_rate_that_was_lowered_counts_what_was_allowed_before(client: redis.Redis) -> None:
    windows = SharedWindows(client)
    for _ in range(3):
        windows.count(*call_of("cli_1", amount=3))

    (standing,) = windows.count(*call_of("cli_1", amount=1))
    assert (standing.passed, standing.remaining) == (False, 0)


def test_the_script_is_taught_again_to_a_redis_that_forgot_it(client: redis.Redis) -> None:
    windows = SharedWindows(client)
    windows.count(*call_of("cli_1"))
    client.script_flush()

    assert [each.remaining for each in windows.count(*call_of("cli_1"))] == [0, 2]


def test_what_one_call_is_counted_in_lies_in_one_slot(client: redis.Redis) -> None:
    SharedWindows(client).count(*call_of("cli_1"))

    assert len({key_slot(key) for key in client.scan_iter()}) == 1
