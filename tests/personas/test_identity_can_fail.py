"""What keeps tokens in bounds is broken on purpose once, and the tests that should see it do."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from gateway.access import networks
from gateway.broker import attendance, client_bounds, identity
from gateway.broker.revocations import Identified, Revocations
from gateway.storage import clients as rows
from gateway.storage import revoked_tokens
from gateway.web.oauth import grants
from gateway.web.oauth.tokens import Narrowing
from tests.personas import test_assertions as assertions
from tests.personas import test_client_limits as limits
from tests.personas import test_exchange as exchanges
from tests.personas import test_revocation as revocations
from tests.personas.oauth import jwk, new_key
from tests.world import World, world

Red = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose laws are broken one after the other."""
    home = tmp_path_factory.mktemp("gateway")
    with world(home) as made:
        yield made


def client(broken: World, **body: object) -> dict[str, object]:
    return broken.new_client("A", **{"roles": ["reseller-admin"], **body})


def test_a_revocation_that_is_kept_for_a_minute_is_seen(broken: World, monkeypatch: Red) -> None:
    looked: dict[str, float] = {}
    look = Revocations.require_live

    def cached(self: Revocations, token: Identified) -> None:
        if time.monotonic() - looked.get(token.token_id, -60) >= 60:
            look(self, token)
            looked[token.token_id] = time.monotonic()

    revocations.test_a_revoked_token_is_refused_at_once(broken, client(broken))
    monkeypatch.setattr(Revocations, "require_live", cached)
    for seen in (
        revocations.test_a_revoked_token_is_refused_at_once,
        revocations.test_it_is_refused_on_another_worker_and_after_a_restart,
    ):
        with pytest.raises(AssertionError):
            seen(broken, client(broken))


def test_a_revocation_that_forgets_the_origin_is_seen(broken: World, monkeypatch: Red) -> None:
    look = Revocations.require_live

    def alone(self: Revocations, token: Identified) -> None:
        look(self, replace(token, origin=None))  # type: ignore[type-var] # claims are a dataclass

    monkeypatch.setattr(Revocations, "require_live", alone)
    with pytest.raises(AssertionError):
        revocations.test_what_came_of_it_ends_too_and_what_it_came_of_does_not(
            broken, client(broken)
        )


def test_a_revocation_without_its_fact_is_seen(broken: World, monkeypatch: Red) -> None:
    monkeypatch.setattr("gateway.broker.revocations.facts.note", lambda *_: 0)
    with pytest.raises(ValueError, match="not enough values"):
        revocations.test_a_revocation_is_a_fact_and_is_audited(broken, client(broken))


def test_an_exchange_that_forgets_the_instances_is_seen(broken: World, monkeypatch: Red) -> None:
    portal, second = client(broken), str(broken.new_instance("A")["id"])
    exchanges.test_a_portal_gets_one_instance_to_read(broken, portal, second)

    def forgetful(
        instances: frozenset[str] | None = None, origin: str | None = None, ends: int | None = None
    ) -> Narrowing:
        del instances
        return Narrowing(None, origin, ends)

    monkeypatch.setattr(grants, "Narrowing", forgetful)
    with pytest.raises((AssertionError, KeyError)):
        exchanges.test_a_portal_gets_one_instance_to_read(broken, portal, second)


def test_an_exchange_that_widens_is_seen(broken: World, monkeypatch: Red) -> None:
    portal, second = client(broken), str(broken.new_instance("A")["id"])
    exchanges.test_no_bad_subject_gives_a_token(broken, portal, second)
    granted = grants.granted
    monkeypatch.setattr(grants, "granted", lambda asked, whose, _: granted(asked, whose, None))
    with pytest.raises(AssertionError):
        exchanges.test_no_bad_subject_gives_a_token(broken, portal, second)


def test_an_exchange_for_anybodys_instance_is_seen(broken: World, monkeypatch: Red) -> None:
    portal, foreign = client(broken), str(broken.new_instance("B")["id"])
    monkeypatch.setattr(identity.RegisteredClients, "reaches", lambda *_: True)
    with pytest.raises((AssertionError, KeyError)):
        exchanges.test_foreign_and_absent_instances_are_the_same_answer(broken, portal, foreign)


def test_an_assertion_that_counts_twice_is_seen(broken: World, monkeypatch: Red) -> None:
    key = new_key()
    signer = assertions.Signer(broken, broken.new_client("A", publicKeys=[jwk(key)]), key)
    assertions.test_an_assertion_counts_once(signer)
    monkeypatch.setattr(revoked_tokens, "use_assertion", lambda *_: True)
    with pytest.raises(AssertionError):
        assertions.test_an_assertion_counts_once(signer)


def test_a_client_that_calls_from_anywhere_is_seen(broken: World, monkeypatch: Red) -> None:
    made = client(broken, allowedIps=["192.0.2.0/24"])
    limits.test_a_client_calls_from_its_networks_only(broken, made, "192.0.3.1")
    monkeypatch.setattr(attendance, "admits", lambda *_: True)
    with pytest.raises(AssertionError):
        limits.test_a_client_calls_from_its_networks_only(broken, made, "192.0.3.1")
    monkeypatch.setattr(attendance, "admits", networks.admits)
    monkeypatch.setattr(identity, "admits", lambda *_: True)
    with pytest.raises(AssertionError):
        limits.test_a_client_calls_from_its_networks_only(broken, made, "192.0.3.1")


def test_a_client_that_outlives_its_maker_is_seen(broken: World, monkeypatch: Red) -> None:
    monkeypatch.setattr(client_bounds, "_excess_of", lambda *_: iter(()))
    with pytest.raises(AssertionError):
        limits.test_no_client_makes_one_that_outlives_it(broken)


def test_a_change_that_overwrites_another_is_refused(broken: World, monkeypatch: Red) -> None:
    made = client(broken)
    find = rows.find

    def stale(*given: object) -> object:
        found = find(*given)  # type: ignore[arg-type] # passed on
        return found and replace(found, update_time=found.create_time.replace(year=2001))

    monkeypatch.setattr(rows, "find", stale)
    refused = broken.operator.patch(f"/clients/{made['id']}", json={"name": "y"})
    assert refused.status_code == 409
