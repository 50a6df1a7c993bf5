"""Pages of those who have a few resellers below them: the first of each, and then of all."""

from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, insert, select, text

from gateway.model import Reach
from gateway.storage import instances, operations, resellers
from gateway.storage import tables as rows
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.explained import plans
from tests.storage.tree import Tree, plant

TREE = Tree((0, 0, 1, 1), ("a", "b", "c", "d"))
"""The operators, a distributor, and two below it."""


def walked(page: Callable[[str], Sequence[str]]) -> list[str]:
    """Return all ids of a list, one to a page."""
    found: list[str] = []
    while ids := page(found[-1] if found else ""):
        found += ids
    return found


@pytest.mark.parametrize("only", ["", "d", "bd"], ids=["all", "one", "two"])
def test_one_to_a_page_all_that_is_reached_comes_once(
    database: Database, vault: Vault, only: str
) -> None:
    chosen = frozenset(f"ins_{name}" for name in only) if only else None
    reach = Reach(TREE.path(1), chosen)
    with database.write() as connection:
        plant(connection, TREE, vault)

        def ours(after: str) -> list[str]:
            return [each.id for each in instances.page(connection, reach, {}, after, 1).rows]

        def work(before: str) -> list[str]:
            rows = operations.page(connection, reach, vault, {}, before, 1)
            return [each.id for each in rows]

        wanted = sorted(only or "bcd")
        assert walked(ours) == [f"ins_{name}" for name in wanted]
        assert walked(work) == [f"op_{name}" for name in reversed(wanted)]


@pytest.mark.parametrize("who", ["a", "b"], ids=["operators", "distributor"])
def test_a_page_of_many_owners_is_walked_and_not_sorted(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """The paths judge what is found; as that by which it is found, they would bring all of it."""
    monkeypatch.setattr(resellers, "FEW", 1)
    with database.write() as connection:
        plant(connection, TREE, vault)
        _fill(connection)
        reach = Reach(TREE.path(TREE.names.index(who)))
        with plans(connection) as ours:
            instances.page(connection, reach, {}, "ins_x001000", 51)
        with plans(connection) as work:
            operations.page(connection, reach, vault, {}, "op_x001000", 51)

    for walk in (ours[-1], work[-1]):
        assert "Sort" not in walk
        assert "ORDER BY" not in walk  # SQLite's words for the same


def _fill(connection: Connection) -> None:
    """Add many more of what the lowest reseller has, and let the planner know of them."""
    for table, prefix in ((rows.instances, "ins"), (rows.operations, "op")):
        one = connection.execute(select(table).where(table.c.id == f"{prefix}_d")).mappings().one()
        many = [{**one, "id": f"{prefix}_x{number:06}"} for number in range(2_000)]
        connection.execute(insert(table), many)
        connection.execute(text(f"ANALYZE {table.name}"))
    connection.execute(text("ANALYZE resellers"))


def _looked_at(connection: Connection, filters: dict[str, str], after: str = "") -> str | None:
    return instances.page(connection, Reach("/"), filters, after, 9).until


def test_a_search_looks_at_so_many_rows_and_goes_on_behind_them(
    database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instances, "LOOKED_AT", 2)
    with database.write() as connection:
        plant(connection, TREE, vault)
        assert _looked_at(connection, {"q": "x"}) == "ins_b"
        assert _looked_at(connection, {"q": "x"}, "ins_b") == "ins_d"
        assert _looked_at(connection, {"q": "x"}, "ins_d") is None
        assert _looked_at(connection, {}) is None
        assert _looked_at(connection, {"deployment": "dep_1"}) is None
        assert _looked_at(connection, {"deployment": "dep_1", "q": "x"}) == "ins_b"
