"""Keys of outside issuers are kept; nobody makes us ask for them again and again."""

from collections.abc import Mapping, Sequence
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from gateway.web.oauth.jwts import NotAccepted
from gateway.web.oauth.key_fetcher import KeysUnavailable
from gateway.web.oauth.outside_keys import (
    FRESH_SECONDS,
    LEAST_SECONDS,
    MOST_SECONDS,
    STALE_SECONDS,
    OutsideKeys,
)
from tests.web.oauth.outside import ISSUER, KEY, NEXT_KEY, RSA, SHARED


class Issuer:
    """Serves keys, and counts how often."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fetches = 0
        self.served: list[Mapping[str, Any]] | None = [KEY.as_dict(private=False)]
        self.keys = OutsideKeys(ISSUER, self.fetch, lambda: self.now)

    def fetch(self) -> Sequence[Mapping[str, Any]]:
        self.fetches += 1
        if self.served is None:
            raise KeysUnavailable("down")
        return self.served

    def refuses(self, kid: str, algorithm: str = "ES256") -> bool:
        try:
            self.keys.key(kid, algorithm)
        except NotAccepted:
            return True
        return False


def test_a_known_key_is_fetched_once() -> None:
    issuer = Issuer()
    for _ in range(5):
        assert issuer.keys.key("one", "ES256").thumbprint() == KEY.thumbprint()
    assert issuer.fetches == 1


def test_a_new_key_is_found_at_once_and_strange_ones_cost_little() -> None:
    issuer = Issuer()
    assert issuer.refuses("two")
    issuer.served = [key.as_dict(private=False) for key in (KEY, NEXT_KEY)]
    for strange in range(50):
        assert issuer.refuses(f"strange-{strange}")
    assert issuer.fetches == 1
    issuer.now += LEAST_SECONDS
    assert not issuer.refuses("two")
    assert issuer.fetches == 2


def test_a_withdrawn_key_ends() -> None:
    issuer = Issuer()
    assert not issuer.refuses("one")
    issuer.served = [NEXT_KEY.as_dict(private=False)]
    issuer.now += FRESH_SECONDS - 1
    assert not issuer.refuses("one")
    issuer.now += 1
    assert issuer.refuses("one")
    assert not issuer.refuses("two")


def test_while_the_issuer_is_down_known_keys_count_for_an_hour() -> None:
    issuer = Issuer()
    assert not issuer.refuses("one")
    issuer.served = None
    issuer.now += STALE_SECONDS - 1
    assert not issuer.refuses("one")
    issuer.now += 1
    assert issuer.refuses("one")
    issuer.served = [KEY.as_dict(private=False)]
    issuer.now += MOST_SECONDS
    assert not issuer.refuses("one")


def test_a_failure_doubles_the_pause() -> None:
    issuer = Issuer()
    issuer.served = None
    for _ in range(600):
        assert issuer.refuses("one")
        issuer.now += 1
    # at 0, 20, 60, 140, 300 and 600 seconds, less the last
    assert issuer.fetches == 5


@pytest.mark.parametrize(
    ("served", "kid", "algorithm"),
    [
        (RSA.as_dict(private=False), "rsa", "ES256"),
        (KEY.as_dict(private=False), "one", "RS256"),
        (SHARED.as_dict(private=True), "shared", "ES256"),
        ({**KEY.as_dict(private=False), "use": "enc"}, "one", "ES256"),
        ({**KEY.as_dict(private=False), "alg": "ES384"}, "one", "ES256"),
        ({**KEY.as_dict(private=False), "x": "AAAA"}, "one", "ES256"),
        ({**KEY.as_dict(private=False), "x": 1}, "one", "ES256"),
        ({"kid": "one"}, "one", "ES256"),
        ({"kid": "one", "kty": ["EC"]}, "one", "ES256"),
        ({"kid": "one", "kty": "RSA", "n": "\u00e9", "e": "AQAB"}, "one", "RS256"),
        ({**KEY.as_dict(private=False), "kid": ["one"]}, "one", "ES256"),
    ],
)
def test_a_key_of_another_kind_is_none(served: Mapping[str, Any], kid: str, algorithm: str) -> None:
    issuer = Issuer()
    issuer.served = [served]
    assert issuer.refuses(kid, algorithm)


def test_two_keys_of_one_name_are_none() -> None:
    issuer = Issuer()
    issuer.served = [KEY.as_dict(private=False), {**NEXT_KEY.as_dict(private=False), "kid": "one"}]
    assert issuer.refuses("one")


def test_while_one_asks_the_others_go_on_with_what_they_know() -> None:
    issuer = Issuer()
    assert not issuer.refuses("one")
    asked, answer = Event(), Event()

    def slow() -> Sequence[Mapping[str, Any]]:
        asked.set()
        assert answer.wait(10)
        return [KEY.as_dict(private=False)]

    issuer.keys.fetch = slow
    issuer.now += FRESH_SECONDS
    first = Thread(target=issuer.refuses, args=("one",))
    first.start()
    assert asked.wait(10)
    assert not issuer.refuses("one")
    answer.set()
    first.join()


def test_the_first_ones_wait_for_one_fetch() -> None:
    issuer = Issuer()
    barrier = Barrier(4)
    refused: list[bool] = []

    def ask() -> None:
        barrier.wait()
        refused.append(issuer.refuses("one"))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (refused, issuer.fetches) == ([False] * 4, 1)
