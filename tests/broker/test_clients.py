"""Nobody grants more than they have; secrets rotate; whoever is gone is refused at once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.access.bounds import Lineage
from gateway.access.permissions import ROLES, ROOT_ONLY, Permission
from gateway.access.principal import permissions_of
from gateway.broker import clients as module
from gateway.broker.clients import MOST, Clients, NewClient
from gateway.broker.identity import RegisteredClients
from gateway.broker.principals import Principals
from gateway.errors import Conflict, NotFound, PermissionMissing, Unauthenticated
from gateway.model import Client, Reach, now
from gateway.storage import resellers
from tests.core import Core
from tests.hashing import EARNEST
from tests.simulated import Control

HELD = st.frozensets(st.sampled_from(Permission), max_size=12)
GRANTS = st.lists(st.sampled_from(Permission), max_size=4)
ROLE_NAMES = st.lists(st.sampled_from(sorted(ROLES)), max_size=2)


@pytest.fixture(autouse=True)
def _many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10_000)


def test_secrets_cost_in_earnest_what_owasp_says() -> None:
    assert EARNEST.hash("secret").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(held=HELD, grants=GRANTS, roles=ROLE_NAMES, below=st.booleans())
def test_nobody_grants_more_than_they_have(
    core: Core, held: frozenset[Permission], grants: list[str], roles: list[str], *, below: bool
) -> None:
    clients = Clients(core.database)
    caller = core.caller("createClient", permissions=held)
    said = {p for role in roles for p in ROLES[role]} | set(grants)
    granted = said - ROOT_ONLY if below else said
    void = below and bool(said & ROOT_ONLY)
    new = NewClient("made", core.reseller("Below").id if below else None, roles, grants)
    if void or not granted <= held:
        with pytest.raises(PermissionMissing):
            clients.create(caller, new)
        return
    made, _ = clients.create(caller, new)
    assert permissions_of(made, lineage(core, made.reseller)) == granted
    beyond = frozenset(Permission) - held - (ROOT_ONLY if below else frozenset())
    if beyond:
        with pytest.raises(PermissionMissing):
            clients.change(caller, made.id, {"permissions": sorted(beyond)})


def lineage(core: Core, reseller: str) -> Lineage:
    with core.database.read() as connection:
        return Lineage(resellers.lineage(connection, reseller))


@pytest.mark.parametrize("grant", [{"roles": ["operator"]}, {"permissions": ["commands:invoke"]}])
def test_a_client_below_the_root_is_not_given_what_only_operators_hold(
    core: Core, grant: dict[str, list[str]]
) -> None:
    below = core.reseller("Below").id
    with pytest.raises(PermissionMissing) as refusal:
        made(core, reseller=below, **grant)
    first = min(ROOT_ONLY) if "roles" in grant else Permission.COMMANDS_INVOKE
    assert refusal.value.permission == first
    client, _ = made(core, reseller=below)
    with pytest.raises(PermissionMissing):
        Clients(core.database).change(core.caller(), client.id, grant)


def made(core: Core, **values: object) -> tuple[Client, str]:
    new = NewClient("made", **values)  # type: ignore[arg-type] # members
    return Clients(core.database).create(core.caller(), new)


def test_a_restricted_client_makes_no_clients(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme")
    reach = Reach(core.root.path, frozenset({acme.id}))
    with pytest.raises(PermissionMissing):
        Clients(core.database).create(
            core.caller("createClient", reach=reach), NewClient("made", instances=[acme.id])
        )


def test_a_client_is_not_restricted_to_what_its_maker_does_not_reach(
    core: Core, control: Control
) -> None:
    acme = core.planted(control, "acme")
    stranger = core.caller("createClient", reseller=core.reseller("Stranger"))
    with pytest.raises(NotFound):
        Clients(core.database).create(stranger, NewClient("made", instances=[acme.id]))


def test_a_client_of_another_tree_is_absent(core: Core) -> None:
    operator, _ = made(core)
    stranger = core.caller("getClient", reseller=core.reseller("Stranger"))
    clients = Clients(core.database)
    for attempt in (clients.get, clients.remove, clients.rotate):
        with pytest.raises(NotFound):
            attempt(stranger, operator.id)


def test_a_reseller_has_so_many_clients_and_no_more(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", MOST)
    owner = core.reseller("Full")
    for _ in range(MOST):
        made(core, reseller=owner.id)
    with pytest.raises(Conflict):
        made(core, reseller=owner.id)


def checks(core: Core, client: Client, *secrets: str) -> list[bool]:
    found = RegisteredClients(core.database).find(client.id)
    assert found is not None
    return [found.check_secret(secret) for secret in secrets]


def test_two_secrets_live_and_the_third_ends_the_first(core: Core) -> None:
    client, first = made(core)
    clients = Clients(core.database)
    _, second = clients.rotate(core.caller(), client.id)
    assert checks(core, client, first, second, "", first + "x") == [True, True, False, False]
    _, third = clients.rotate(core.caller(), client.id)
    assert checks(core, client, first, second, third) == [False, True, True]


def test_whoever_lacks_a_right_of_a_client_gets_no_secret_of_it(core: Core) -> None:
    client, _ = made(core, roles=["operator"])
    update = Permission.CLIENTS_UPDATE
    weak = core.caller("rotateClientSecret", update, permissions=frozenset({update}))
    with pytest.raises(PermissionMissing):
        Clients(core.database).rotate(weak, client.id)
    assert core.audit()[-1]["phase"] == "refused"


def test_a_client_that_is_gone_disabled_or_over_is_refused_at_once(core: Core) -> None:
    clients = Clients(core.database)
    principals = Principals(core.database)
    gone, disabled, over, moved = (made(core)[0] for _ in range(4))
    for client in (gone, disabled, over, moved):
        assert principals.of(client.id, client.reseller, "", "jti").client == client.id
    clients.remove(core.caller(), gone.id)
    clients.change(core.caller(), disabled.id, {"disabled": True})
    clients.change(core.caller(), over.id, {"expire_time": now() - timedelta(seconds=1)})
    for client in (gone, disabled, over):
        with pytest.raises(Unauthenticated):
            principals.of(client.id, client.reseller, "", "jti")
    with pytest.raises(Unauthenticated):
        principals.of(moved.id, "res_other", "", "jti")
    assert RegisteredClients(core.database).find(gone.id) is None


def test_a_token_has_what_the_record_says_within_its_scope(core: Core) -> None:
    client, _ = made(core, roles=["read-only"])
    principals = Principals(core.database)
    scope = f"{Permission.STORES_READ} {Permission.USERS_CREATE}"
    held = principals.of(client.id, client.reseller, scope, "jti")
    assert held.permissions == {Permission.STORES_READ}
    assert held.is_operator
    Clients(core.database).change(core.caller(), client.id, {"roles": ["billing"]})
    assert not principals.of(client.id, client.reseller, scope, "jti").permissions


def test_a_client_changes_neither_its_own_rights_nor_removes_itself(core: Core) -> None:
    """The last operator could lock everybody out, itself included."""
    clients = Clients(core.database)
    caller = core.caller("updateClient")
    own = made(core)[0].id
    caller.principal = replace(caller.principal, client=own)
    with pytest.raises(Conflict):
        clients.change(caller, own, {"roles": ["read-only"]})
    with pytest.raises(Conflict):
        clients.remove(caller, own)
    assert clients.change(caller, own, {"name": "renamed"}).name == "renamed"
