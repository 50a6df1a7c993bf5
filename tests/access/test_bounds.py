"""What a line of resellers leaves of a client's rights."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.access.bounds import Lineage, bound_of
from gateway.access.permissions import ROLES, ROOT_ONLY, Permission
from gateway.access.principal import permissions_of, void_grants
from gateway.model import Client, Reseller, now

BOUNDS = st.tuples(
    st.none() | st.lists(st.sampled_from(sorted(ROLES)), max_size=3).map(tuple),
    st.lists(st.sampled_from(sorted(Permission)), max_size=5).map(tuple),
)
LINES = st.lists(BOUNDS, min_size=1, max_size=4)
GRANTS = st.lists(st.sampled_from(sorted(Permission)), max_size=8).map(tuple)


def line(bounds: Sequence[tuple[tuple[str, ...] | None, tuple[str, ...]]]) -> Lineage:
    """Return a line of resellers with some bounds, the root first."""
    made: list[Reseller] = []
    for number, (roles, disabled) in enumerate(bounds):
        path = f"{made[-1].path if made else '/'}res_{number}/"
        parent = made[-1].id if made else None
        whole = Reseller(f"res_{number}", "x", path, parent, None, None, now(), now())
        made.append(replace(whole, roles=roles, disabled_permissions=disabled))
    return Lineage(made)


def client(*permissions: str, roles: Sequence[str] = ()) -> Client:
    """Return a client with some grants."""
    return Client(
        id="cli_1",
        name="x",
        reseller="res_0",
        reseller_path="/res_0/",
        roles=tuple(roles),
        permissions=permissions,
        instances=None,
        disabled=False,
        expire_time=None,
        create_time=now(),
        update_time=now(),
    )


@given(LINES, GRANTS)
def test_a_right_is_in_effect_when_every_reseller_of_the_line_leaves_it(
    bounds: list[tuple[tuple[str, ...] | None, tuple[str, ...]]], grants: tuple[str, ...]
) -> None:
    below = len(bounds) > 1
    left = {
        name
        for name in grants
        if all(roles is None or any(name in ROLES[role] for role in roles) for roles, _ in bounds)
        and all(name not in disabled for _, disabled in bounds)
        and not (below and name in ROOT_ONLY)
    }
    assert permissions_of(client(*grants), line(bounds)) == left
    assert void_grants(client(*grants), line(bounds)) == set(grants) - left


@given(LINES, BOUNDS)
def test_a_further_reseller_widens_nothing(
    bounds: list[tuple[tuple[str, ...] | None, tuple[str, ...]]],
    further: tuple[tuple[str, ...] | None, tuple[str, ...]],
) -> None:
    assert line([*bounds, further]).most <= line(bounds).most


def test_a_reseller_without_bounds_inherits() -> None:
    assert line([(None, ())]).most == set(Permission)
    assert line([(None, ()), (("support",), ()), (None, ())]).most == ROLES["support"]


def test_a_reseller_bound_to_no_role_leaves_nothing() -> None:
    assert line([(None, ()), ((), ())]).most == frozenset()


def test_names_that_no_longer_exist_grant_and_take_nothing() -> None:
    reseller = replace(line([(None, ())]).own, roles=("gone", "billing"))
    assert bound_of(reseller) == ROLES["billing"]
    assert bound_of(replace(reseller, disabled_permissions=("gone:read",))) == ROLES["billing"]


def test_a_line_is_suspended_with_any_of_its_resellers() -> None:
    lineage = line([(None, ())] * 3)
    assert not lineage.is_suspended
    for place in range(3):
        resellers = list(lineage.resellers)
        resellers[place] = replace(resellers[place], suspend_time=now())
        assert Lineage(resellers).is_suspended
