from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
import structlog
import time_machine

from deploy.servers import RedisServer, started
from gateway.errors import ConfigurationError
from gateway.model import now
from gateway.storage import rates as module
from gateway.storage.rates import Rates


def limited(url: str, client: str = "3/minute", reseller: str = "5/minute") -> Rates:
    return Rates(url, client=client, reseller=reseller, address="2/minute")


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """Where it is counted, in each of the two ways."""
    return "" if request.param == "memory" else str(request.getfixturevalue("redis_url"))


@pytest.fixture
def rates(url: str) -> Iterator[Rates]:
    made = limited(url)
    yield made
    made.close()


def passed(rates: Rates, client: str = "cli_1", reseller: str = "res_1") -> bool:
    return all(standing.passed for standing in rates.of_client(client, reseller))


def test_a_client_has_its_quota_and_no_more(rates: Rates) -> None:
    standings = [rates.of_client("cli_1", "res_1")[0] for _ in range(4)]

    assert [each.passed for each in standings] == [True, True, True, False]
    assert [each.remaining for each in standings] == [2, 1, 0, 0]
    assert {(each.policy, each.quota, each.window) for each in standings} == {("client", 3, 60)}
    assert all(1 <= each.reset <= 60 for each in standings)


def test_the_clients_of_a_reseller_share_its_quota(rates: Rates) -> None:
    assert all(passed(rates, client) for client in ("a", "a", "a", "b", "b"))
    *_, reseller = rates.of_client("b", "res_1")

    assert (reseller.policy, reseller.passed, reseller.remaining) == ("reseller", False, 0)
    assert passed(rates, "c", "res_2")


def test_what_a_client_is_refused_is_not_its_resellers(rates: Rates) -> None:
    for _ in range(50):
        rates.of_client("cli_1", "res_1")

    assert passed(rates, "cli_2")


def test_the_window_moves_with_every_call() -> None:
    rates = limited("")
    start = now().replace(microsecond=0)
    for second in (0, 20, 40):
        with time_machine.travel(start + timedelta(seconds=second), tick=False):
            assert passed(rates)
    with time_machine.travel(start + timedelta(seconds=59), tick=False):
        assert rates.of_client("cli_1", "res_1")[0].reset == 1
        assert not passed(rates)
    with time_machine.travel(start + timedelta(seconds=61), tick=False):
        assert passed(rates)
        assert not passed(rates)


def test_an_address_has_a_quota_of_its_own(rates: Rates) -> None:
    address = "203.0.113.7"

    assert [rates.of_address(address)[0].passed for _ in range(3)] == [True, True, False]
    assert rates.of_address("198.51.100.9")[0].passed


def test_processes_that_share_a_redis_share_the_count(redis_url: str) -> None:
    one, other = limited(redis_url), limited(redis_url)

    assert [passed(one), passed(other), passed(one), passed(other)] == [True, True, True, False]

    restarted = limited(redis_url)
    assert not passed(restarted)
    for each in (one, other, restarted):
        each.close()


def test_processes_whose_clocks_differ_share_the_count(redis_url: str) -> None:
    rates = limited(redis_url)
    shares = []
    for hours in (0, 9, -9, 0):
        with time_machine.travel(now() + timedelta(hours=hours), tick=False):
            shares.append(rates.of_client("cli_1", "res_1")[0])
    rates.close()

    assert [each.remaining for each in shares] == [2, 1, 0, 0]
    assert [each.passed for each in shares] == [True, True, True, False]
    assert all(30 <= each.reset <= 60 for each in shares)


def test_a_call_asks_redis_once(redis_url: str) -> None:
    rates = limited(redis_url)
    passed(rates)  # teaches Redis the script
    with redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()
        for _ in range(5):
            rates.of_client("cli_1", "res_1")
        asked = client.info("commandstats")["cmdstat_evalsha"]
    rates.close()

    assert asked["calls"] == 5


def test_a_redis_that_was_restarted_counts_again(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    del redis_server  # to be left out with the others where there is none
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)
    with started(RedisServer()) as mortal:
        rates = limited(mortal.url)
        assert passed(rates)
        mortal.stop()
        assert passed(rates)
        mortal.start()
        while not counted(mortal):
            rates.of_client("cli_1", "res_1")
        with structlog.testing.capture_logs() as logs:
            rates.of_client("cli_1", "res_1")
        rates.close()

    assert logs == []


def counted(server: RedisServer) -> int:
    """Return how many windows there are in a Redis."""
    with redis.Redis.from_url(server.url) as client:
        return len(client.keys())


def read_only(client: redis.Redis) -> None:
    client.replicaof("127.0.0.1", "1")


def full(client: redis.Redis) -> None:
    client.config_set("maxmemory", "1")


def hanging(client: redis.Redis) -> None:
    client.client_pause(60_000, all=False)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param(read_only, "ReadOnlyError", id="read-only"),
        pytest.param(full, "OutOfMemoryError", id="full"),
        pytest.param(hanging, "TimeoutError", id="hanging"),
    ],
)
def test_a_redis_that_does_not_count_stops_no_call_and_lifts_no_limit(
    fault: Callable[[redis.Redis], None], error: str, redis_server: RedisServer
) -> None:
    del redis_server  # likewise
    with started(RedisServer()) as mortal:
        rates = limited(mortal.url)
        with redis.Redis.from_url(mortal.url) as client:
            fault(client)
        with structlog.testing.capture_logs() as logs:
            assert [passed(rates) for _ in range(4)] == [True, True, True, False]
        rates.close()

    assert [(entry["event"], entry["error"]) for entry in logs] == [
        ("rates.redis_unavailable", error)
    ]


def test_without_redis_each_process_limits_for_itself(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    del redis_server  # likewise
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.0)
    with started(RedisServer()) as mortal:
        rates = limited(mortal.url)
        assert [passed(rates) for _ in range(4)] == [True, True, True, False]
        mortal.stop()
        with structlog.testing.capture_logs() as logs:
            assert [passed(rates) for _ in range(4)] == [True, True, True, False]
        assert {entry["event"] for entry in logs} == {"rates.redis_unavailable"}
        mortal.start()
        assert passed(rates)
        rates.close()


def test_a_redis_that_is_gone_is_not_asked_at_every_call(redis_server: RedisServer) -> None:
    del redis_server  # likewise
    with started(RedisServer()) as mortal:
        rates = limited(mortal.url, client="100/minute", reseller="100/minute")
        mortal.stop()
        with structlog.testing.capture_logs() as logs:
            assert all(passed(rates) for _ in range(20))
        rates.close()

    assert len(logs) == 1


def test_a_url_of_something_else_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="SPE_GATEWAY_REDIS_URL"):
        limited("ftp://127.0.0.1")
