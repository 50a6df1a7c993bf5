"""What is kept of an instance: for each reach what the database answered for it, and no longer."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.storage import instances
from gateway.storage.database import Database
from gateway.storage.known import Known
from gateway.storage.vault import Vault
from tests.storage.tree import Tree, plant, reaches, trees

ONE = Tree((0,), ("a",))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_what_is_tracked_is_reached_by_nobody_more(
    database: Database, vault: Vault, data: st.DataObject
) -> None:
    tree = data.draw(trees())
    reach, inside = data.draw(reaches(tree))
    with database.write() as connection:
        plant(connection, tree, vault)
    known, ids = Known(database), [f"ins_{name}" for name in tree.names]

    tracked = [known.tracked(each) for each in ids]
    reached = [known.instance(reach, each) for each in ids]
    again = [known.tracked(each) for each in ids]

    assert [each and each.id for each in tracked] == ids
    assert tracked == again
    assert [number for number, each in enumerate(reached) if each] == sorted(inside)


def test_what_is_tracked_is_looked_for_anew_when_it_has_changed(
    database: Database, vault: Vault
) -> None:
    with database.write() as connection:
        plant(connection, ONE, vault)
    known = Known(database)
    before = known.tracked("ins_a")
    with database.write() as connection:
        instances.change(connection, "ins_a", {"display_name": "Renamed"})

    after = known.tracked("ins_a")

    assert before is not None
    assert after is not None
    assert before.display_name != after.display_name == "Renamed"


def test_what_is_not_there_yet_is_looked_for_again(database: Database, vault: Vault) -> None:
    known = Known(database)
    assert known.tracked("ins_a") is None
    with database.write() as connection:
        plant(connection, ONE, vault)
    assert known.tracked("ins_a") is not None
