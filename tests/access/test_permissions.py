from hypothesis import given
from hypothesis import strategies as st

from gateway.access.bounds import Lineage
from gateway.access.permissions import DESCRIPTIONS, ROLES, ROOT_ONLY, Permission
from gateway.access.principal import narrowed, permissions_of
from gateway.model import Client, Reseller, now

ROLE_NAMES = st.lists(st.sampled_from([*ROLES, "owner", ""]), max_size=4)
PERMISSION_NAMES = st.lists(st.sampled_from([*Permission, "*", "users:*", "root"]), max_size=8)
SCOPES = st.lists(st.sampled_from([*Permission, "openid", "*", "stores"]), max_size=8).map(" ".join)

OPERATORS = Reseller("res_0", "root", "/res_0/", None, None, None, now(), now())
OTHERS = Reseller("res_1", "below", "/res_0/res_1/", "res_0", None, None, now(), now())
ROOT, BELOW = Lineage([OPERATORS]), Lineage([OPERATORS, OTHERS])


def client(roles: list[str], permissions: list[str]) -> Client:
    return Client(
        id="cli_1",
        name="portal",
        reseller="res_1",
        reseller_path="/res_0/res_1/",
        roles=tuple(roles),
        permissions=tuple(permissions),
        instances=None,
        disabled=False,
        expire_time=None,
        create_time=now(),
        update_time=now(),
    )


@given(ROLE_NAMES, PERMISSION_NAMES)
def test_a_resellers_client_never_reaches_a_whole_deployment(
    roles: list[str], permissions: list[str]
) -> None:
    assert not permissions_of(client(roles, permissions), BELOW) & ROOT_ONLY


@given(ROLE_NAMES, PERMISSION_NAMES)
def test_an_operator_has_what_roles_and_grants_say_and_nothing_else(
    roles: list[str], permissions: list[str]
) -> None:
    said = {p for role in roles for p in ROLES.get(role, ())} | set(permissions)
    found = permissions_of(client(roles, permissions), ROOT)
    assert found == said & set(Permission)


@given(ROLE_NAMES, PERMISSION_NAMES)
def test_a_reseller_has_what_an_operator_would_have_but_for_whole_deployments(
    roles: list[str], permissions: list[str]
) -> None:
    judged = client(roles, permissions)
    whole = permissions_of(judged, ROOT)
    assert permissions_of(judged, BELOW) == whole - ROOT_ONLY


def test_names_that_do_not_exist_grant_nothing() -> None:
    judged = client(["root", "OPERATOR"], ["users:*", "*", "Users:Create"])
    assert permissions_of(judged, ROOT) == frozenset()


@given(st.frozensets(st.sampled_from(Permission)), SCOPES)
def test_a_scope_only_narrows(held: frozenset[Permission], scope: str) -> None:
    assert narrowed(held, scope) == held & set(scope.split())


@given(st.frozensets(st.sampled_from(Permission)))
def test_no_scope_leaves_everything_and_an_empty_one_nothing(held: frozenset[Permission]) -> None:
    assert narrowed(held, None) == held
    assert narrowed(held, "") == frozenset()


def test_every_permission_is_described() -> None:
    assert set(DESCRIPTIONS) == set(Permission)


def test_reading_roles_change_nothing() -> None:
    for role in ("read-only", "billing", "portal"):
        assert all(permission.endswith(":read") for permission in ROLES[role])


def test_only_the_operator_role_reaches_a_whole_deployment() -> None:
    assert [role for role in ROLES if ROLES[role] & ROOT_ONLY] == ["operator"]
