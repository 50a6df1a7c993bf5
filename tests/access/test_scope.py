from hypothesis import given
from hypothesis import strategies as st

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.access.scope import Allowed, Covers, Denied, Holds, Reaches, Unrestricted
from gateway.model import Reach

IDS = st.text("ab1", min_size=1, max_size=3).map(lambda text: f"res_{text}")
PATHS = st.lists(IDS, min_size=1, max_size=4)
HELD = st.frozensets(st.sampled_from(Permission), max_size=6)


def principal(
    path: str = "/res_0/",
    permissions: frozenset[Permission] = frozenset(),
    instances: frozenset[str] | None = None,
) -> Principal:
    reach = Reach(path, instances)
    return Principal("cli_1", "res_0", reach, permissions, is_operator=False)


def joined(path: list[str]) -> str:
    return f"/{'/'.join(path)}/"


@given(PATHS, PATHS)
def test_a_reseller_is_reached_when_the_own_path_leads_to_it(
    own: list[str], other: list[str]
) -> None:
    verdict = Reaches(joined(other)).verify(principal(joined(own)))
    assert bool(verdict) == (other[: len(own)] == own)


def test_a_sibling_whose_id_begins_alike_is_not_reached() -> None:
    verdict = Reaches("/res_0/res_12/").verify(principal("/res_0/res_1/"))
    assert verdict == Denied("outside the tree")


@given(HELD, st.sampled_from(Permission))
def test_a_permission_is_held_or_named(held: frozenset[Permission], wanted: Permission) -> None:
    verdict = Holds(wanted).verify(principal(permissions=held))
    assert verdict == (Allowed() if wanted in held else Denied(f"needs {wanted}"))


@given(HELD, HELD)
def test_only_what_is_held_can_be_passed_on(
    held: frozenset[Permission], granted: frozenset[Permission]
) -> None:
    verdict = Covers(granted).verify(principal(permissions=held))
    assert bool(verdict) == (granted <= held)


def test_a_restriction_to_no_instance_is_a_restriction() -> None:
    assert Unrestricted().verify(principal())
    assert not Unrestricted().verify(principal(instances=frozenset()))
