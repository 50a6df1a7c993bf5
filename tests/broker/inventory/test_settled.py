"""A deployment that lists what it did before costs little, and no change is overlooked."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Connection, Table, text, update

from gateway.broker import outages
from gateway.broker.inventory.drift import is_missing
from gateway.errors import UpstreamTimeout
from gateway.model import Instance, InstanceStatus, now
from gateway.storage import deployments, instances, inventories, likenesses
from gateway.storage.generations import QUIET
from gateway.storage.inventories import Inventory, Renewal
from gateway.storage.tables import hosts as host_rows
from gateway.storage.tables import instances as instance_rows
from gateway.storage.tables import unowned as unowned_rows
from tests.broker.inventory.scene import Scene, row, row_of
from tests.broker.inventory.statements import counted, written
from tests.core import Core

MOST = 9
"""Statements of an unchanged list, both BEGINs included, however many instances it has."""

LOOKS, RENEWS = 5, 2
"""Statements, however many deployments are asked at once."""


# what it costs


@pytest.mark.parametrize("number", [1, 40])
def test_what_is_unchanged_costs_few_statements(scene: Scene, number: int) -> None:
    scene.lists(*(scene.owned(f"acme-{each}") for each in range(number)))
    scene.refresh()
    scene.refresh()
    with counted(scene) as statements:
        scene.refresh()
    assert len(statements) <= MOST
    assert written(statements) == 0


def test_what_was_written_is_compared_once_more(scene: Scene) -> None:
    scene.lists(scene.owned("acme"))
    scene.refresh()
    with counted(scene) as statements:
        scene.refresh()
    assert len(statements) > MOST


def test_many_are_looked_at_and_renewed_by_as_many_statements_as_one(
    scene: Scene, acme: Instance
) -> None:
    fleet = neighbours(scene.core, 20)
    time = now()
    with counted(scene) as statements, scene.core.database.write() as connection:
        found = likenesses.of(connection, [acme.deployment, *fleet])
        states = inventories.renew(connection, [Renewal(each, time, 7, time) for each in fleet])
    assert len(statements) <= 1 + LOOKS + RENEWS
    assert states == {}, "none of them was ever asked"
    assert {each for each, one in found.items() if one.names} == {acme.deployment}


def test_many_are_renewed_each_with_its_own_time_and_number(scene: Scene) -> None:
    fleet = neighbours(scene.core, 3)
    first, later = now(), now()
    wanted = [Renewal(each, later, number, first) for number, each in enumerate(fleet)]
    with scene.core.database.write() as connection:
        for each in fleet:
            inventories.put(connection, Inventory(each, first, first, problem="X"))
        inventories.put(connection, Inventory(fleet[0], None, later, problem="X"))
        written_ones = inventories.renew(connection, wanted)
        states = inventories.states(connection)
    assert states[fleet[0]].problem == "X", "somebody else has asked it meanwhile"
    assert written_ones == {
        each: Inventory(each, later, later, number=number)
        for number, each in enumerate(fleet)
        if number
    }
    assert {each: states[each] for each in fleet[1:]} == written_ones


def neighbours(core: Core, number: int) -> list[str]:
    """Register further deployments; return their ids."""
    with core.database.write() as connection:
        like = deployments.find(connection, core.deployment)
        assert like is not None
        ids = [f"dep_{each:032x}" for each in range(number)]
        for place, each in enumerate(ids):
            other = {**vars(like), "id": each, "name": each, "port": place + 1}
            deployments.add(connection, type(like)(**other), "sealed")
    return ids


def test_an_unchanged_list_makes_the_state_newer(scene: Scene, acme: Instance) -> None:
    before, state = scene.state(), scene.refresh()
    assert before is not None
    assert state == scene.state()
    assert state.as_of == state.try_time > before.try_time
    assert (state.number, state.problem, state.doubt) == (2, None, None)
    assert scene.now(acme) == acme


# what the deployment changes


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("alias", "other"),
        ("displayName", "Other"),
        ("instanceHost", "other"),
        ("startMode", "manual"),
        ("processID", 4712),
        ("status", "stopped"),
        ("startStopError", "Out of memory"),
        ("baseDirectory", "E:\\Elsewhere"),
    ],
)
def test_a_change_past_the_gateway_is_noticed_after_unchanged_lists(
    scene: Scene, acme: Instance, member: str, value: object
) -> None:
    scene.refresh()
    scene.lists(row_of(acme, **{member: value}), row("alien"))
    scene.refresh()
    assert scene.now(acme).observed[member] == value
    scene.lists(acme, row("alien", **{member: value}))
    scene.refresh()
    assert scene.now(acme).observed.get(member) != value
    assert scene.strangers()["alien"].observed[member] == value


def test_what_comes_and_goes_is_noticed_after_unchanged_lists(scene: Scene, acme: Instance) -> None:
    scene.lists(acme, row("alien"), row("other"))
    scene.refresh()
    assert set(scene.strangers()) == {"alien", "other"}
    scene.refresh()
    scene.refresh()
    scene.lists(row("alien"))
    scene.refresh()
    assert is_missing(scene.now(acme))
    assert set(scene.strangers()) == {"alien"}


def test_another_host_is_noticed_after_unchanged_lists(scene: Scene, acme: Instance) -> None:
    assert acme.status is InstanceStatus.ACTIVE
    scene.lister.hosts[0]["port"] = 8473
    scene.refresh()
    assert scene.hosts()[0].observed["port"] == 8473


def test_an_instance_that_stays_lacking_is_looked_for_each_time(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(globex, row("acme-new"))
    for _ in range(3):
        scene.refresh()
    scene.lister.directories = {"acme-new": acme.base_directory}
    scene.refresh()
    assert (scene.now(acme).drift or {})["missing"]["renamedTo"] == "acme-new"


COLUMNS = [
    pytest.param(table, column, id=f"{table.name}-{column.name}")
    for table in (instance_rows, unowned_rows, host_rows)
    for column in table.c
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_change_of_any_column_is_another_likeness(
    scene: Scene, acme: Instance, table: Table, column: Column[Any]
) -> None:
    with scene.core.database.engine.connect() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        before = likenesses.of(connection, [acme.deployment])[acme.deployment]
        row_changed = update(table).values({column.name: otherwise(column)})
        connection.execute(row_changed.execution_options(**QUIET))
        after = likenesses.of(connection, [acme.deployment])[acme.deployment]
        connection.rollback()
    assert before.digest != after.digest


def otherwise(column: Column[Any]) -> object:
    """Return what no row has in a column."""
    if isinstance(column.type, JSON):
        return {"other": "other"}
    if isinstance(column.type, Boolean):
        return True
    return datetime(2020, 1, 1, tzinfo=UTC) if column.name.endswith("_time") else "other"


# what stood against it


def test_a_problem_ends_with_an_unchanged_list(scene: Scene, acme: Instance) -> None:
    scene.lister.problem = UpstreamTimeout("Too slow.")
    with pytest.raises(UpstreamTimeout):
        scene.refresh()
    scene.lister.problem = None
    assert scene.refresh().problem is None
    assert scene.now(acme) == acme


def test_a_doubt_ends_with_an_unchanged_list(scene: Scene, acme: Instance) -> None:
    globex = scene.owned("globex")
    scene.lists(acme, globex)
    for _ in range(3):
        scene.refresh()
    scene.lists()
    assert scene.refresh().doubt is not None
    assert scene.refresh().doubt is not None, "a doubted list is doubted each time"
    scene.lists(acme, globex)
    assert scene.refresh().doubt is None
    assert not is_missing(scene.now(globex))


def test_an_outage_that_was_told_meanwhile_ends(scene: Scene, acme: Instance) -> None:
    def fall() -> None:
        with scene.core.database.write() as connection:
            outages.begin(connection, acme.deployment, "X")

    scene.lister.meanwhile = fall
    scene.refresh()
    with scene.core.database.read() as connection:
        found = deployments.find(connection, acme.deployment)
    assert found is not None
    assert found.down_time is None


def test_a_row_that_was_left_out_is_told_each_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.lists(scene.owned("acme"), row("*"))
    compared = []
    find = instances.present_on

    def noted(connection: Connection, deployment: str) -> object:
        compared.append(deployment)
        return find(connection, deployment)

    monkeypatch.setattr(instances, "present_on", noted)
    for _ in range(4):
        scene.refresh()
    assert len(compared) == 4
