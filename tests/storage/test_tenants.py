"""The tenant predicate: no query that takes a reach returns a row outside it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.model import Reach
from gateway.storage import clients, instances, operations, resellers
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.tree import plant, reaches, trees

QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@QUICK
@given(st.data())
def test_lists_and_single_rows_lie_within_the_reach(
    database: Database, vault: Vault, data: st.DataObject
) -> None:
    tree = data.draw(trees())
    reach, inside = data.draw(reaches(tree))
    below = {
        number for number in range(len(tree.names)) if tree.path(number).startswith(reach.path)
    }
    with database.write() as connection:
        plant(connection, tree, vault)
    with database.read() as connection:
        pages = {
            "ins": [x.id for x in instances.page(connection, reach, {}, "", 100).rows],
            "op": [x.id for x in operations.page(connection, reach, vault, {}, "", 100)],
            "cli": [x.id for x in clients.page(connection, reach, "", 100)],
            "res": [x.id for x in resellers.page(connection, reach, "", 100)],
        }
        single = {
            "ins": lambda opaque: instances.find(connection, reach, opaque),
            "op": lambda opaque: operations.find(connection, reach, opaque, vault),
            "cli": lambda opaque: clients.find(connection, reach, opaque),
            "res": lambda opaque: resellers.find(connection, reach, opaque),
        }
        unrestricted = below if reach.instances is None else set()  # as all planted clients are
        seen = {"ins": inside, "op": inside, "cli": unrestricted, "res": below}
        for prefix, page in pages.items():
            wanted = {f"{prefix}_{tree.names[number]}" for number in seen[prefix]}
            assert set(page) == wanted
            found = {f"{prefix}_{n}" for n in tree.names if single[prefix](f"{prefix}_{n}")}
            assert found == wanted


@QUICK
@given(st.data())
def test_filters_and_cursors_do_not_widen_the_reach(
    database: Database, vault: Vault, data: st.DataObject
) -> None:
    tree = data.draw(trees())
    reach, inside = data.draw(reaches(tree))
    wanted = {f"ins_{tree.names[number]}" for number in inside}
    after = data.draw(st.sampled_from(["", "ins", *(f"ins_{name}" for name in tree.names)]))
    filters = data.draw(
        st.sampled_from([{"external_id": "same"}, {"deployment": "dep_1"}, {"deployment": "dep_2"}])
    )
    with database.write() as connection:
        plant(connection, tree, vault)
    with database.read() as connection:
        rows = instances.page(connection, reach, filters, after, 100).rows
        work = operations.page(connection, reach, vault, {"kind": "test"}, "op_~", 100)
    matching = wanted if filters != {"deployment": "dep_2"} else set()
    assert {row.id for row in rows} == {one for one in matching if one > after}
    assert {f"ins_{row.id[3:]}" for row in work} == wanted


@QUICK
@given(st.data())
def test_instances_may_lie_where_no_reseller_above_is_closed_to(
    database: Database, vault: Vault, data: st.DataObject
) -> None:
    tree = data.draw(trees())
    allowed = st.none() | st.lists(st.sampled_from(["dep_1", "dep_2", "dep_3"]), unique=True)
    lists = [data.draw(allowed) for _ in tree.names]
    number = data.draw(st.integers(0, len(tree.names) - 1))
    with database.write() as connection:
        plant(connection, tree, vault)
        for name, chosen in zip(tree.names, lists, strict=True):
            resellers.change(connection, f"res_{name}", {"deployments": chosen})
    path = [other for other in range(len(tree.names)) if number in tree.below(other)]
    closed = [set(chosen) for other in path if (chosen := lists[other]) is not None]
    expected = set.intersection(*closed) if closed else None
    with database.read() as connection:
        reseller = resellers.find(connection, Reach("/"), f"res_{tree.names[number]}")
        assert reseller is not None
        assert resellers.deployments_of(connection, reseller) == expected
