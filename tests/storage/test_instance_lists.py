"""Lists of instances: pages put together are what was wanted, and each is found by an index."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, text

from gateway.model import Instance, InstanceStatus, Reach, Reseller, now
from gateway.storage import instances, resellers
from gateway.storage.database import Database
from gateway.storage.deployments import ABSENT
from gateway.storage.instance_filters import OBSERVED, UNKNOWN, shown_status
from gateway.storage.tables import instances as rows
from gateway.storage.tables import resellers as reseller_rows
from gateway.storage.vault import Vault
from tests.storage.conftest import on_postgresql, on_sqlite
from tests.storage.explained import plans
from tests.storage.tree import Tree, plant, planted_instance

WIDE = Reach("/res_a/")
NARROW = Reach("/res_a/res_b/")
TREE = Tree((0, 0), ("a", "b"))
TEXTS = st.text("aB%_\\/ä", max_size=4)
SEEN = st.fixed_dictionaries(
    {}, optional={"status": st.sampled_from([*OBSERVED, "starting", "", None, 5, ["running"]])}
)
KEYS = st.sampled_from(["plan", "Plan", "a.b/c-d_e"])
LABELS = st.dictionaries(KEYS, st.sampled_from(["gold", "Gold", ""]), max_size=2)

QUICK = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def planted(draw: st.DrawFn) -> list[Instance]:
    """Draw instances of two resellers, one of them below the other."""
    owners = {name: _reseller(number) for number, name in enumerate(TREE.names)}
    made = []
    for number in range(draw(st.integers(0, 12))):
        owner = owners[draw(st.sampled_from(TREE.names))]
        drawn = {
            "status": draw(st.sampled_from(InstanceStatus)),
            "observed": draw(SEEN),
            "labels": draw(LABELS),
            "display_name": draw(TEXTS),
            "alias": draw(st.none() | TEXTS),
            "external_id": draw(st.none() | TEXTS),
            "instance_id": f"tenant-{number}",
        }
        made.append(replace(planted_instance(f"{number:02}", owner), **drawn))
    return made


def _reseller(number: int) -> Reseller:
    name = TREE.names[number]
    return Reseller(f"res_{name}", name, TREE.path(number), None, None, None, now(), now())


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "reseller": st.sampled_from(["res_a", "res_b"]),
        "deployment": st.sampled_from(["dep_1", "dep_2"]),
        "external_id": TEXTS,
        "status": st.sampled_from([*OBSERVED, UNKNOWN, "deleted", "provisioning", "failed"]),
        "labels": LABELS.map(lambda labels: list(labels.items())),
        "q": TEXTS.filter(bool),
    },
)


def folded(word: str | None) -> str:
    """Return a text with A to Z in lower case."""
    return (word or "").replace("B", "b")


def is_wanted(found: Instance, filters: Mapping[str, Any]) -> bool:
    """Whether a list with these filters holds an instance, by the words of the contract."""
    names = (found.instance_id, found.display_name, found.alias, found.external_id)
    judgements = {
        "reseller": lambda wish: found.reseller == wish,
        "deployment": lambda wish: found.deployment == wish,
        "external_id": lambda wish: found.external_id == wish,
        "status": lambda wish: shown_status(found) == wish,
        "labels": lambda wish: set(wish) <= set(found.labels.items()),
        "q": lambda wish: any(folded(wish) in folded(name) for name in names),
    }
    return all(judgements[name](wish) for name, wish in filters.items())


@pytest.fixture
def estate(database: Database, vault: Vault) -> Database:
    """Two resellers, one below the other, with an instance each."""
    with database.write() as connection:
        plant(connection, TREE, vault)
    return database


@QUICK
@given(st.data())
def test_pages_put_together_are_exactly_what_is_wanted(
    estate: Database, data: st.DataObject
) -> None:
    made, filters = data.draw(planted()), data.draw(FILTERS)
    reach, limit = data.draw(st.sampled_from([WIDE, NARROW])), data.draw(st.integers(1, 4))
    wanted = [
        each
        for each in made
        if each.reseller_path.startswith(reach.path) and is_wanted(each, filters)
        if each.status not in ABSENT
    ]

    found: list[Instance] = []
    with estate.read() as connection:  # nothing of it is committed
        connection.execute(rows.delete())
        for each in made:
            instances.add(connection, each)
        while page := instances.page(
            connection, reach, filters, found[-1].id if found else "", limit
        ).rows:
            assert len(page) <= limit
            found += page
        places = instances.deployments_of(connection, reach, filters)

    assert [each.id for each in found] == [each.id for each in wanted]
    assert places == sorted({each.deployment for each in wanted})


def test_a_text_is_found_in_either_case_and_means_itself(estate: Database) -> None:
    with estate.read() as connection:
        connection.execute(rows.update().values(display_name="100 % Müller_GmbH"))
        counts = {
            part: len(instances.page(connection, WIDE, {"q": part}, "", 9).rows)
            for part in ("mÜller", "MüLLER_gmbh", "0 % m", "0_%", "r%g", "_", "%", "\\")
        }

    assert counts == {
        "mÜller": 0,  # only A to Z has two cases
        "MüLLER_gmbh": 2,
        "0 % m": 2,
        "0_%": 0,
        "r%g": 0,
        "_": 2,
        "%": 2,
        "\\": 0,
    }


PAGES: Mapping[str, tuple[Reach, Mapping[str, Any], str]] = {
    "everything": (WIDE, {}, "sqlite_autoindex_instances_1 (id>?)"),
    "of a deployment": (
        WIDE,
        {"deployment": "dep_1"},
        "ix_instances_deployment_id (deployment=? AND id>?)",
    ),
    "of a reseller": (
        WIDE,
        {"reseller": "res_b"},
        "ix_instances_reseller_id (reseller=? AND id>?)",
    ),
    "by its own id": (
        WIDE,
        {"external_id": "x"},
        "ix_instances_external_id_id (external_id=? AND id>?)",
    ),
    "own": (NARROW, {}, "ix_instances_reseller_id (reseller=? AND id>?)"),
    "with a status": (WIDE, {"status": "missing"}, "sqlite_autoindex_instances_1 (id>?)"),
    "with a label": (WIDE, {"labels": [("a", "b")]}, "sqlite_autoindex_instances_1 (id>?)"),
    "with a text": (WIDE, {"q": "x"}, "sqlite_autoindex_instances_1 (id>?)"),
}


@on_sqlite
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("after", ["", "ins_99"], ids=["first", "last"])
def test_each_page_is_one_search_of_an_index_and_sorts_nothing(
    estate: Database, name: str, after: str
) -> None:
    reach, filters, index = PAGES[name]

    with estate.read() as connection, plans(connection) as seen:
        instances.page(connection, reach, filters, after, 51)
    *_, plan = seen

    assert f"SEARCH instances USING INDEX {index}" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


@on_postgresql
@pytest.mark.parametrize("filters", [{}, {"deployment": "dep_1"}, {"reseller": "res_b"}], ids=str)
def test_postgresql_finds_each_page_by_an_index_too(
    estate: Database, filters: Mapping[str, str]
) -> None:
    with estate.read() as connection:
        _fill(connection, 5_000)
        with plans(connection) as seen:
            instances.page(connection, WIDE, filters, "ins_x02500", 51)
    *_, plan = seen

    assert "Sort" not in plan
    assert "Index Scan using" in plan
    assert "Seq Scan on instances" not in plan


def _fill(connection: Connection, number: int) -> None:
    """Add instances, and let the planner know of them."""
    owner = resellers.find(connection, WIDE, "res_b")
    assert owner is not None
    values = dict(vars(planted_instance("x", owner)))
    del values["reseller_path"]
    connection.execute(
        insert(rows), [{**values, "id": f"ins_x{each:05}"} for each in range(number)]
    )
    connection.execute(text(f"ANALYZE {rows.name}"))
    connection.execute(text(f"ANALYZE {reseller_rows.name}"))
