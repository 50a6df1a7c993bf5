"""A client's line of resellers, whose suspension counts, and who took part in a transfer."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model import Reach, Transfer, now
from gateway.storage import clients, resellers, transfers
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.tree import Tree, plant, reaches, trees

few = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def above(tree: Tree, number: int) -> list[str]:
    """Return the ids of a reseller and all above it, the root first, by the parents alone."""
    own = [f"res_{tree.names[number]}"]
    return own if number == 0 else above(tree, tree.parents[number]) + own


@few
@given(tree=trees())
def test_a_client_comes_with_the_whole_line_of_its_reseller(
    database: Database, vault: Vault, tree: Tree
) -> None:
    with database.write() as connection:
        plant(connection, tree, vault)
    with database.read() as connection:
        for number, name in enumerate(tree.names):
            known = clients.authenticate(connection, f"cli_{name}")
            assert known is not None
            client, line = known
            assert (client.id, client.reseller_path) == (f"cli_{name}", tree.path(number))
            assert [each.id for each in line] == above(tree, number)
            assert resellers.lineage(connection, client.reseller) == line
        assert clients.authenticate(connection, "cli_nobody") is None


@few
@given(tree=trees(), data=st.data())
def test_a_client_is_suspended_with_any_reseller_of_its_line(
    database: Database, vault: Vault, tree: Tree, data: st.DataObject
) -> None:
    paused = data.draw(st.sampled_from(tree.names))
    with database.write() as connection:
        plant(connection, tree, vault)
        resellers.change(connection, f"res_{paused}", {"suspend_time": now()})
    with database.read() as connection:
        for number, name in enumerate(tree.names):
            counts = f"res_{paused}" in above(tree, number)
            first = f"res_{tree.names[0]}"
            assert resellers.is_suspended(connection, f"cli_{name}", first) == counts
            assert resellers.is_suspended(connection, "cli_gone", f"res_{name}") == counts


@few
@given(tree=trees(), data=st.data())
def test_a_transfer_shows_a_side_to_whoever_reaches_it(
    database: Database, vault: Vault, tree: Tree, data: st.DataObject
) -> None:
    former, owner = (data.draw(st.sampled_from(range(len(tree.names)))) for _ in range(2))
    reach, _ = data.draw(reaches(tree))
    inside = tree.below(next(n for n in range(len(tree.names)) if tree.path(n) == reach.path))
    instance = f"ins_{tree.names[owner]}"
    ids = [f"res_{tree.names[number]}" for number in (former, owner)]
    with database.write() as connection:
        plant(connection, tree, vault)
        row = Transfer("trf_1", instance, ids[0], ids[1], "cli_1", "req-1", now())
        transfers.add(connection, row)
    with database.read() as connection:
        found = transfers.page(connection, Reach(reach.path), instance, "", 10)
    shown = [
        one if number in inside else None for one, number in zip(ids, (former, owner), strict=True)
    ]
    assert [(one.former, one.owner) for one in found] == ([tuple(shown)] if any(shown) else [])
