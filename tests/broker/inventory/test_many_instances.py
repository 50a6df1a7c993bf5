"""Thousands of instances on one deployment: a list costs statements, not statements an instance."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.model import Instance
from gateway.storage import instances
from gateway.storage.tables import instances as rows
from gateway.storage.tables import names
from tests.broker.inventory.scene import Scene, row, row_of
from tests.broker.inventory.statements import counted, written
from tests.core import Core, copied

MANY = 2_000
MOST = 24
"""Statements of one list, BEGIN and savepoints included, however long the list is."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Scene]:
    """One scene for all: it takes seconds to make."""
    core = Core(copied(template, tmp_path_factory.mktemp("many")))
    yield Scene(core)
    core.close()


@pytest.fixture(scope="module")
def ours(scene: Scene) -> list[Instance]:
    """Instances that were listed once."""
    made = [scene.core.new_instance(f"acme-{number}") for number in range(MANY)]
    with scene.core.database.write() as connection:
        connection.execute(insert(rows), [_columns(one) for one in made])
        connection.execute(insert(names), [_name(one) for one in made])
    scene.lists(*made)
    scene.refresh()
    return made


def _columns(one: Instance) -> dict[str, object]:
    values = dict(vars(one))
    del values["reseller_path"]
    return values


def _name(one: Instance) -> dict[str, object]:
    return {
        "deployment": one.deployment,
        "name": one.instance_id,
        "instance": one.id,
        "reseller": one.reseller,
        "tombstone": False,
        "used": False,
        "create_time": one.create_time,
    }


def test_an_unchanged_list_writes_no_instance(scene: Scene, ours: list[Instance]) -> None:
    scene.lists(*ours)
    scene.refresh()
    with counted(scene) as statements:
        scene.refresh()
        scene.refresh()
    assert len(statements) <= 2 * MOST
    assert written(statements) == 0


def test_only_what_changed_is_written_and_in_one_statement(
    scene: Scene, ours: list[Instance]
) -> None:
    scene.lists(*ours)
    scene.refresh()
    changed = {one.id for one in ours[::10]}
    status = {True: "stopped", False: "running"}
    scene.lists(*(row_of(one, status=status[one.id in changed]) for one in ours))
    with counted(scene) as statements:
        scene.refresh()
    assert len(statements) <= MOST
    assert written(statements) == len(changed)
    seen = {one.id for one in on_deployment(scene) if one.observed["status"] == "stopped"}
    assert seen == changed


def test_a_thousand_unowned_instances_are_a_few_statements(
    scene: Scene, ours: list[Instance]
) -> None:
    scene.lists(*ours, *(row(f"alien-{number}") for number in range(1000)))
    with counted(scene) as statements:
        scene.refresh()
    assert len(scene.strangers()) == 1000
    assert len(statements) <= MOST


def on_deployment(scene: Scene) -> list[Instance]:
    """Return all our instances there."""
    with scene.core.database.read() as connection:
        return list(instances.present_on(connection, scene.deployment))
