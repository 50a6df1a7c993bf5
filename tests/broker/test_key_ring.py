"""Keys rotate without a gap: known before they sign, accepted until their last token ends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from gateway.broker.key_ring import CACHE_SECONDS, LEAD, TOKENS_END, KeyRing
from gateway.broker.revocations import Revocations
from gateway.broker.token_chores import chores_of_the_tokens
from gateway.errors import Unauthenticated
from gateway.web.oauth.tokens import MAX_LIFETIME_SECONDS, TokenIssuer, TokenVerifier
from tests.core import Core
from tests.web.toy import ToyClient

ISSUER = "https://gateway.example"
CLIENT = ToyClient("cli_1", "res_1", frozenset())
START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ring(core: Core, clock: time_machine.Traveller) -> KeyRing:
    """The keys of a gateway that was set up just now."""
    del clock
    found = KeyRing(core.database, core.vault)
    found.replace()
    return found


def kids(ring: KeyRing) -> set[str]:
    return {key.kid for key in ring.verification_keys()}


def another(core: Core) -> KeyRing:
    """The keys as another worker sees them."""
    return KeyRing(core.database, core.vault)


def test_a_new_key_is_published_before_it_signs(
    core: Core, ring: KeyRing, clock: time_machine.Traveller
) -> None:
    old = ring.signing_key().kid
    new = ring.rotate()
    assert new.activate_time == START + LEAD
    for each in (ring, another(core)):
        assert kids(each) == {old, new.key.kid}
        assert each.signing_key().kid == old
    clock.move_to(START + LEAD - timedelta(seconds=1))
    assert another(core).signing_key().kid == old
    clock.move_to(START + LEAD)
    for each in (ring, another(core)):
        assert each.signing_key().kid == new.key.kid


def test_it_is_known_for_longer_than_anybody_keeps_the_key_set() -> None:
    kept, longest = timedelta(seconds=CACHE_SECONDS), timedelta(seconds=MAX_LIFETIME_SECONDS)
    assert kept < LEAD
    assert longest < TOKENS_END


def test_at_no_time_is_a_valid_token_refused(
    core: Core, ring: KeyRing, clock: time_machine.Traveller
) -> None:
    issuer = TokenIssuer(ISSUER, ring, MAX_LIFETIME_SECONDS)
    verifier = TokenVerifier(ISSUER, another(core))
    first, issued = ring.signing_key().kid, list[str]()
    ring.rotate()
    for _ in range(24):
        issued.append(issuer.issue(CLIENT, ""))
        clock.shift(timedelta(minutes=1))
        for token in issued[-14:]:
            assert verifier.verify(token).client == "cli_1"
        if len(issued) >= 15:
            with pytest.raises(Unauthenticated):
                verifier.verify(issued[-15])
    assert first not in kids(ring)


def test_the_last_token_of_the_old_key_lives_its_whole_life(
    ring: KeyRing, clock: time_machine.Traveller
) -> None:
    issuer = TokenIssuer(ISSUER, ring, MAX_LIFETIME_SECONDS)
    ring.rotate()
    clock.move_to(START + LEAD - timedelta(seconds=1))
    last = issuer.issue(CLIENT, "")
    clock.shift(timedelta(seconds=MAX_LIFETIME_SECONDS - 1))
    assert TokenVerifier(ISSUER, ring).verify(last).client == "cli_1"


def test_two_rotations_in_a_row_leave_no_gap(ring: KeyRing, clock: time_machine.Traveller) -> None:
    old = ring.signing_key().kid
    second = ring.rotate()
    clock.shift(timedelta(seconds=10))
    third = ring.rotate()
    assert kids(ring) == {old, second.key.kid, third.key.kid}
    assert ring.signing_key().kid == old
    clock.move_to(second.activate_time)
    assert ring.signing_key().kid == second.key.kid
    clock.move_to(third.activate_time)
    assert ring.signing_key().kid == third.key.kid
    clock.shift(TOKENS_END)
    assert kids(ring) == {third.key.kid}


def test_a_compromised_key_ends_at_once(ring: KeyRing, clock: time_machine.Traveller) -> None:
    token = TokenIssuer(ISSUER, ring, MAX_LIFETIME_SECONDS).issue(CLIENT, "")
    ring.rotate()
    new = ring.replace()
    assert kids(ring) == {new.key.kid}
    assert ring.signing_key().kid == new.key.kid
    with pytest.raises(Unauthenticated):
        TokenVerifier(ISSUER, ring).verify(token)
    clock.shift(LEAD + TOKENS_END)
    assert ring.signing_key().kid == new.key.kid


def test_keys_rotate_by_themselves_after_some_days(
    core: Core, ring: KeyRing, clock: time_machine.Traveller
) -> None:
    chores = {c.name: c for c in chores_of_the_tokens(ring, Revocations(core.database), 90)}
    old = ring.signing_key().kid
    clock.shift(timedelta(days=90, seconds=-1))
    chores["keys.rotate"].run()
    assert kids(ring) == {old}
    clock.shift(timedelta(seconds=1))
    chores["keys.rotate"].run()
    chores["keys.rotate"].run()
    assert len(kids(ring)) == 2
    clock.shift(LEAD + TOKENS_END)
    chores["keys.tidy"].run()
    with core.database.read() as connection:
        stored = connection.exec_driver_sql("SELECT count(*) FROM signing_keys").scalar_one()
    assert (stored, old in kids(ring)) == (1, False)


def test_zero_days_mean_never(core: Core, ring: KeyRing, clock: time_machine.Traveller) -> None:
    (rotate, *_) = chores_of_the_tokens(ring, Revocations(core.database), 0)
    clock.shift(timedelta(days=4000))
    rotate.run()
    assert len(kids(ring)) == 1
    assert ring.rotate_if_older(0) is None


def test_of_many_workers_one_rotates(
    core: Core, ring: KeyRing, clock: time_machine.Traveller
) -> None:
    clock.shift(timedelta(days=100))
    rings = [another(core) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda each: each.rotate_if_older(90), rings))
    assert len([each for each in made if each is not None]) == 1
    assert len(kids(ring)) == 2
