"""Whoever began a long operation is let go before it ends (F28).

What is sent goes on to its end and is audited; who is revoked hears no more of it.
"""

from collections.abc import Callable, Iterator, Mapping

import pytest
from sqlalchemy import select

from gateway.model import Resource
from gateway.storage import quotas
from gateway.storage.tables import audit_log, outbox
from tests.answers import JSON
from tests.personas.oauth import post, sign_in, token_of
from tests.served import assert_problem
from tests.world import World

Revoke = Callable[[World, JSON, str], None]


def _token(world: World, client: JSON, token: str) -> None:
    answer = post(world, "/oauth/revoke", {"token": token, **sign_in(client)})
    assert answer.status_code == 200


def _client(world: World, client: JSON, token: str) -> None:
    del token
    world.call("DELETE", f"/clients/{client['id']}", status=204)


def _disabled(world: World, client: JSON, token: str) -> None:
    del token
    world.call("PATCH", f"/clients/{client['id']}", {"disabled": True})


def _right(world: World, client: JSON, token: str) -> None:
    """Its right is gone, not itself."""
    del token
    world.call("PATCH", f"/clients/{client['id']}", {"roles": ["billing"]})


def _reseller(world: World, client: JSON, token: str) -> None:
    del token
    world.call("POST", f"/resellers/{client['reseller']}/suspend")


REVOKED: Mapping[str, tuple[Revoke, int]] = {
    "token": (_token, 401),
    "client deleted": (_client, 401),
    "client disabled": (_disabled, 401),
    "right taken away": (_right, 403),
    "reseller suspended": (_reseller, 403),
}


@pytest.fixture
def begun(own_world: World) -> Iterator[tuple[JSON, str, JSON, JSON]]:
    """A client of a reseller of its own, its token, its instance, and what it has begun."""
    owner = own_world.new_reseller("root")
    own_world.resellers["mine"] = owner["id"]
    client = own_world.new_client("mine", roles=["reseller-admin"])
    token = token_of(own_world, client)
    site = own_world.sites["alpha"]
    made = own_world.call(
        "POST",
        "/instances",
        {
            "instanceID": f"midway-{next(own_world.numbers)}",
            "displayName": "x",
            "reseller": owner["id"],
            "deployment": site.id,
            "archiveAdmin": True,
            "store": {"name": "Mail"},
        },
        201,
    )
    site.control.pause()
    own_world.forget()
    answer = own_world.served.client(token).post(
        f"/instances/{made['id']}/stores/verify",
        json={"includeIndexes": False},
        headers={"Prefer": "wait=0"},
    )
    assert answer.status_code == 202, answer.text
    own_world.await_command("VerifyStores")
    yield client, token, made, answer.get_json()
    own_world.release()


@pytest.mark.parametrize("way", REVOKED)
def test_what_was_begun_goes_on_and_who_began_it_hears_no_more(
    own_world: World, begun: tuple[JSON, str, JSON, JSON], way: str
) -> None:
    revoke, status = REVOKED[way]
    client, token, instance, operation = begun
    path = f"/operations/{operation['id']}"
    theirs = own_world.served.client(token)
    assert theirs.get(path, headers={"Prefer": "wait=0"}).status_code == 200

    revoke(own_world, client, token)
    polled = theirs.get(path, headers={"Prefer": "wait=0"})
    again = theirs.post(f"/instances/{instance['id']}/stop", json={})
    running = own_world.operator.get(path, headers={"Prefer": "wait=0"}).get_json()
    own_world.release()
    ended = own_world.call("GET", path)

    assert_problem(polled, status)
    assert_problem(again, status)
    assert running["status"] == "running"
    assert ended["status"] == "succeeded"
    assert own_world.sent().count("VerifyStores") == 1
    assert "StopInstances" not in own_world.sent()
    assert "cancel-async" not in own_world.sent()
    assert _phases(own_world, operation["id"]) == ["intent", "outcome"]
    with own_world.served.gateway.services.database.read() as connection:
        assert quotas.used(connection, "/", Resource.CONCURRENT_OPERATIONS) == 0


def _phases(own_world: World, operation: str) -> list[str]:
    """Return the phases of an operation's rows, numbered ones and others."""
    with own_world.served.gateway.services.database.read() as connection:
        rows = [
            *connection.execute(select(audit_log.c.payload).order_by(audit_log.c.number)).scalars(),
            *connection.execute(select(outbox.c.payload).order_by(outbox.c.id)).scalars(),
        ]
    return [row["phase"] for row in rows if row.get("operation") == operation]
