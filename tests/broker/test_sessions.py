"""What a token was found to be is remembered, and forgotten when anything of it changes."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from time import time

import pytest
import time_machine

from gateway.broker.clients import Clients
from gateway.broker.principals import Principals
from gateway.broker.revocations import Revocations
from gateway.broker.sessions import Session, Sessions, session_of
from gateway.errors import Unauthenticated
from gateway.model import Client, now
from gateway.storage import generations
from gateway.web.oauth.tokens import Claims
from tests.broker.test_clients import made
from tests.core import Core

TOKEN = "a.token.of-ours"


class Gate:
    """Judges one token as the gateway does, and counts how often it has to.

    Attributes:
        judged: how often.
    """

    def __init__(self, core: Core, client: Client) -> None:
        self.core = core
        self.client = client
        self.judged = 0
        self.claims = Claims(
            client.id, client.reseller, "stores:read", "jti", int(time()), int(time()) + 900
        )
        self._sessions = Sessions(core.database.generations)

    def judge(self) -> Session:
        self.judged += 1
        Revocations(self.core.database).require_live(self.claims)
        known = Principals(self.core.database)
        claims = self.claims
        found = known.of(claims.client, claims.reseller, claims.scope, claims.token_id)
        return session_of(found, claims.expires)

    def opens(self) -> bool:
        """Whether the token is accepted, with the one permission that it asks for."""
        try:
            return bool(self._sessions.of(TOKEN, self.judge).permissions)
        except Unauthenticated:
            return False


def revoke(gate: Gate) -> None:
    Revocations(gate.core.database).revoke(gate.core.caller(), gate.claims)


def disable(gate: Gate) -> None:
    Clients(gate.core.database).change(gate.core.caller(), gate.claims.client, {"disabled": True})


def remove(gate: Gate) -> None:
    Clients(gate.core.database).remove(gate.core.caller(), gate.claims.client)


def take_the_permission(gate: Gate) -> None:
    values = {"roles": ["billing"]}
    Clients(gate.core.database).change(gate.core.caller(), gate.claims.client, values)


ENDS = (revoke, disable, remove, take_the_permission)


@pytest.fixture
def beside(core: Core) -> Iterator[Core]:
    """Another process on the same database."""
    with closing(Core(core.home)) as made_beside:
        yield made_beside


def test_a_token_is_judged_once(core: Core) -> None:
    gate = Gate(core, made(core, roles=["read-only"])[0])
    assert all(gate.opens() for _ in range(5))
    assert gate.judged == 1


def test_a_change_of_somebody_else_is_felt_and_harmless(core: Core) -> None:
    gate = Gate(core, made(core, roles=["read-only"])[0])
    assert gate.opens()
    made(core)
    assert gate.opens()
    assert gate.judged == 2


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("end", ENDS, ids=lambda each: each.__name__)
def test_whatever_ends_it_is_seen_within_half_a_second(
    core: Core, beside: Core, end: Callable[[Gate], None], *, elsewhere: bool
) -> None:
    gate = Gate(core, made(core, roles=["read-only"])[0])
    assert gate.opens()
    if not elsewhere:
        end(gate)
        assert not gate.opens()
        return
    there = Gate(beside, gate.client)
    there.claims = gate.claims
    end(there)
    with pytest.MonkeyPatch.context() as patch:
        later = generations.monotonic() + generations.EVERY
        patch.setattr(generations, "monotonic", lambda: later)
        assert not gate.opens()


@pytest.mark.parametrize("of", ["token", "client"])
def test_it_ends_with_the_token_or_with_the_client(core: Core, of: str) -> None:
    gate = Gate(core, made(core, roles=["read-only"])[0])
    if of == "client":
        values = {"expire_time": now() + timedelta(seconds=600)}
        Clients(core.database).change(core.caller(), gate.claims.client, values)
    assert gate.opens()
    with time_machine.travel(now() + timedelta(seconds=599), tick=False):
        assert gate.opens()
    assert gate.judged == 1
    with time_machine.travel(now() + timedelta(seconds=901), tick=False):
        assert gate.opens() == (of == "token")  # whose signature is none of this judge's business
    assert gate.judged > 1
