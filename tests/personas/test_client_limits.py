"""From where, until when, as whom: what a client is limited to, and nobody widens for itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from gateway.broker.clients import MOST
from gateway.storage import facts
from tests.answers import JSON
from tests.personas.oauth import jwk, new_key, post, sign_in, token_of
from tests.served import assert_problem, served
from tests.world import World

HERE = "127.0.0.1"


def get(world: World, token: str, address: str, **headers: str) -> int:
    """Call from an address; return the status."""
    client = world.served.client(token)
    environment = {"REMOTE_ADDR": address}
    answer = client.get("/me", headers=headers, environ_overrides=environment)
    return answer.status_code


def later(**span: float) -> str:
    """Return a time to come."""
    return (datetime.now(UTC) + timedelta(**span)).isoformat().replace("+00:00", "Z")


@pytest.fixture
def made(own_world: World) -> Iterator[JSON]:
    """A client of A's that calls from two networks only."""
    client = own_world.new_client(
        "A", roles=["read-only"], allowedIps=["192.0.2.0/24", "2001:db8::/32"]
    )
    yield client
    own_world.call("DELETE", f"/clients/{client['id']}", status=204)


ADDRESSES = {
    "192.0.2.1": True,
    "192.0.2.255": True,
    "::ffff:192.0.2.7": True,
    "2001:db8::1": True,
    "192.0.3.1": False,
    "127.0.0.1": False,
    "::ffff:192.0.3.1": False,
    "2001:db9::1": False,
    "": False,
    "unknown": False,
    "192.0.2.1:443": False,
    "192.0.2.1, 203.0.113.9": False,
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_client_calls_from_its_networks_only(own_world: World, made: JSON, address: str) -> None:
    form = {"grant_type": "client_credentials", **sign_in(made)}
    good = post(own_world, "/oauth/token", form, "192.0.2.9").get_json()["access_token"]
    asked = post(own_world, "/oauth/token", form, address)
    if ADDRESSES[address]:
        assert (asked.status_code, get(own_world, good, address)) == (200, 200)
        return
    assert (asked.status_code, get(own_world, good, address)) == (401, 401)
    assert asked.get_json()["error_description"] == "The client is unknown or its secret is wrong."
    for path in ("/oauth/revoke", "/oauth/introspect"):
        refused = post(own_world, path, {"token": good, **sign_in(made)}, address)
        assert refused.status_code == 401
    assert get(own_world, good, "192.0.2.9") == 200


def test_a_narrower_network_counts_for_tokens_that_are_out(own_world: World, made: JSON) -> None:
    form = {"grant_type": "client_credentials", **sign_in(made)}
    token = post(own_world, "/oauth/token", form, "192.0.2.9").get_json()["access_token"]
    own_world.call("PATCH", f"/clients/{made['id']}", {"allowedIps": ["192.0.2.10"]})
    assert get(own_world, token, "192.0.2.9") == 401
    assert get(own_world, token, "192.0.2.10") == 200
    own_world.call("PATCH", f"/clients/{made['id']}", {"allowedIps": None})
    assert get(own_world, token, HERE) == 200


@pytest.mark.parametrize(
    "networks",
    [["192.0.2.1/24"], ["*"], ["0.0.0.0/33"], ["example.com"], [""], ["192.0.2"], [], "0.0.0.0/0"],
)
def test_what_is_no_network_is_refused(own_world: World, networks: object) -> None:
    body = {"name": "x", "allowedIps": networks}
    assert_problem(own_world.operator.post("/clients", json=body), 422, "INVALID_INPUT")


def test_spoofed_headers_have_no_effect_without_proxies(own_world: World, made: JSON) -> None:
    form = {"grant_type": "client_credentials", **sign_in(made)}
    token = post(own_world, "/oauth/token", form, "192.0.2.9").get_json()["access_token"]
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "X-Client-Ip"):
        said = {name: "for=192.0.2.9" if name == "Forwarded" else "192.0.2.9"}
        assert get(own_world, token, "203.0.113.5", **said) == 401


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("192.0.2.9, 10.0.0.1", 200),
        ("203.0.113.5, 192.0.2.9, 10.0.0.1", 200),
        ("192.0.2.9, 203.0.113.5, 10.0.0.1", 401),
        ("192.0.2.9, unknown, 10.0.0.1", 401),
        ("192.0.2.9", 401),
        ("", 401),
    ],
)
def test_behind_two_proxies_the_second_from_the_right_counts(
    two_proxies: tuple[World, JSON], forwarded: str, status: int
) -> None:
    world, made = two_proxies
    form = {"grant_type": "client_credentials", **sign_in(made)}
    spoofed = {"X-Forwarded-For": forwarded, "X-Forwarded-Host": "evil.example"}
    answer = world.served.client().post(
        "/oauth/token", data=form, headers=spoofed, environ_overrides={"REMOTE_ADDR": "10.0.0.2"}
    )
    assert answer.status_code == status


@pytest.fixture(scope="module")
def two_proxies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, JSON]]:
    """A gateway behind two proxies, and a client that is limited to a network."""
    home = tmp_path_factory.mktemp("proxied")
    with served(home, proxies=2) as gateway:
        operator = gateway.operator
        world = World(gateway, gateway.log_in(operator.client_id, operator.client_secret))
        body = {"name": "x", "allowedIps": ["192.0.2.0/24"]}
        yield world, world.call("POST", "/clients", body, 201)


def bounded(world: World, **limits: object) -> JSON:
    """Make a client of A's with all rights and some limits."""
    return world.new_client("A", roles=["reseller-admin"], **limits)


def refusal(world: World, client: JSON, method: str, path: str, body: JSON | None) -> str:
    """Let a bounded client call, and return where the fault lies; empty when there is none."""
    answer = world.served.client(token_of(world, client)).open(path, method=method, json=body)
    if answer.status_code < 300:
        return ""
    problem = assert_problem(answer, 422, "INVALID_INPUT")
    assert problem["errors"][0]["code"] == "BEYOND_CALLER"
    return str(problem["errors"][0]["pointer"])


def test_no_client_makes_one_that_outlives_it(own_world: World) -> None:
    short = bounded(own_world, expireTime=later(hours=1))
    body: JSON = {"name": "x"}
    assert refusal(own_world, short, "POST", "/clients", body) == "/expireTime"
    body["expireTime"] = later(hours=2)
    assert refusal(own_world, short, "POST", "/clients", body) == "/expireTime"
    body["expireTime"] = later(minutes=59)
    assert refusal(own_world, short, "POST", "/clients", body) == ""


def test_no_client_lifts_the_end_of_another_beyond_its_own(own_world: World) -> None:
    short = bounded(own_world, expireTime=later(hours=1))
    other = own_world.new_client("A", expireTime=later(minutes=30))
    lasting = own_world.new_client("A")
    path = f"/clients/{other['id']}"
    for end in (None, later(days=1)):
        assert refusal(own_world, short, "PATCH", path, {"expireTime": end}) == "/expireTime"
    assert refusal(own_world, short, "PATCH", path, {"name": "y"}) == ""
    rotation = f"/clients/{lasting['id']}/rotate-secret"
    assert refusal(own_world, short, "POST", rotation, None) == "/expireTime"


@pytest.mark.parametrize(
    ("networks", "fault"),
    [
        (None, "/allowedIps"),
        (["0.0.0.0/0"], "/allowedIps"),
        (["126.0.0.0/7"], "/allowedIps"),
        (["127.0.0.1", "192.0.2.1"], "/allowedIps"),
        (["::/0"], "/allowedIps"),
        (["127.0.0.1"], ""),
        (["127.0.0.0/9", "127.0.0.5"], ""),
    ],
)
def test_no_client_makes_one_that_calls_from_elsewhere(
    own_world: World, networks: list[str] | None, fault: str
) -> None:
    limited = bounded(own_world, allowedIps=["127.0.0.0/8"])
    body = {"name": "x"} if networks is None else {"name": "x", "allowedIps": networks}
    assert refusal(own_world, limited, "POST", "/clients", body) == fault
    for client in own_world.call("GET", "/clients")["items"]:
        if client["name"] == "x" or client["id"] == limited["id"]:
            own_world.call("DELETE", f"/clients/{client['id']}", status=204)


def test_the_last_use_is_noted_once_a_minute(own_world: World) -> None:
    made = own_world.new_client("A", roles=["read-only"])
    path = f"/clients/{made['id']}"
    assert made["lastUseTime"] is None
    token = token_of(own_world, made)
    first = own_world.call("GET", path)["lastUseTime"]
    assert first is not None
    tag = own_world.operator.get(path).headers["ETag"]
    assert get(own_world, token, HERE) == 200
    assert own_world.call("GET", path)["lastUseTime"] == first
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61), tick=True):
        assert get(own_world, token, HERE) == 200
    assert own_world.call("GET", path)["lastUseTime"] > first
    assert own_world.operator.get(path).headers["ETag"] == tag
    own_world.call("DELETE", path, status=204)


def test_the_ages_of_the_live_secrets_are_shown(own_world: World) -> None:
    made = own_world.new_client("A")
    path = f"/clients/{made['id']}"
    rotated = [own_world.call("POST", f"{path}/rotate-secret")["secrets"] for _ in range(2)]
    times = [made["secrets"], *rotated]
    assert [len(each) for each in times] == [1, 2, 2]
    assert times[1][1:] == times[2][:1]
    assert own_world.call("GET", path)["secrets"] == times[2]
    own_world.call("DELETE", path, status=204)


def test_every_change_that_a_backup_does_not_know_is_a_fact(own_world: World) -> None:
    made = own_world.new_client("A")
    path = f"/clients/{made['id']}"
    database = own_world.served.gateway.services.database
    with database.read() as connection:
        before = facts.last(connection)
    own_world.call("PATCH", path, {"name": "y"})
    own_world.call("PATCH", path, {"roles": ["billing"]})
    own_world.call("PATCH", path, {"allowedIps": ["192.0.2.1"]})
    own_world.call("POST", f"{path}/rotate-secret")
    own_world.call("PATCH", path, {"publicKeys": [jwk(new_key())]})
    own_world.call("DELETE", path, status=204)
    with database.read() as connection:
        found = facts.after(connection, before, 100)
    changes = [row.state["change"] for row in found if row.object == made["id"]]
    assert changes == ["rights", "rights", "secret", "rights", "deleted"]


def test_of_many_at_once_the_twentieth_is_the_last(own_world: World) -> None:
    owner = own_world.new_reseller("B")["id"]
    body = {"name": "x", "reseller": owner}

    def create(_: int) -> int:
        client = own_world.served.client(own_world.operator.token)
        return client.post("/clients", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(create, range(MOST + 8)))
    assert sorted(statuses) == [201] * MOST + [409] * 8


def test_of_two_changes_at_once_none_is_judged_on_what_the_other_left(own_world: World) -> None:
    made = own_world.new_client("A")
    path = f"/clients/{made['id']}"

    def rename(number: int) -> int:
        client = own_world.served.client(own_world.operator.token)
        return client.patch(path, json={"name": f"n{number}"}).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = set(pool.map(rename, range(12)))
    assert statuses <= {200, 409}
    assert 200 in statuses
    own_world.call("DELETE", path, status=204)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"issuer": "https://login.example"}, "REQUIRED"),
        ({"subject": "portal"}, "REQUIRED"),
        ({"issuer": "https://evil.example", "subject": "portal"}, "NOT_TRUSTED"),
    ],
)
def test_an_outside_identity_is_one_of_a_trusted_issuer(
    own_world: World, body: JSON, code: str
) -> None:
    refused = own_world.operator.post("/clients", json={"name": "x", **body})
    codes = [fault["code"] for fault in assert_problem(refused, 422)["errors"]]
    assert code in codes


def test_only_operators_say_who_outside_is_which_client(own_world: World) -> None:
    body = {"name": "x", "issuer": "https://login.example", "subject": "portal"}
    refused = own_world.personas["a_admin"].post("/clients", json=body)
    assert_problem(refused, 403, permission="clients:federate")
