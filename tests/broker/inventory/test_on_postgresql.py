"""The same rows on PostgreSQL, where times, JSON and nothing are of other types."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.broker.inventory.oversight import Oversight
from gateway.model import now
from gateway.simulator.server import Simulator
from gateway.storage import chores, hosts, inventories
from gateway.storage.inventories import Renewal
from tests.broker.inventory.scene import Scene, row, row_of
from tests.broker.inventory.statements import counted
from tests.core import Core, make_home


@pytest.fixture
def scene(tmp_path: Path, empty_postgresql_url: str, simulator: Simulator) -> Iterator[Scene]:
    core = Core(
        make_home(tmp_path / "home", simulator, empty_postgresql_url), url=empty_postgresql_url
    )
    yield Scene(core)
    core.close()


def test_a_list_is_kept_compared_and_doubted(scene: Scene) -> None:
    ours = [scene.owned(f"acme-{number}") for number in range(5)]
    scene.lists(row_of(ours[0], displayName="Other"), *ours[1:4], row("alien"))
    state = scene.refresh()
    caller = scene.core.caller("listInventories")
    oversight = Oversight(scene.core.broker, scene.synchronisation)
    (found,) = oversight.page(caller, "", 10)
    assert (found.state, found.unowned) == (state, 1)
    assert (found.drifts.missing, found.drifts.changed) == (1, 1)
    assert (scene.now(ours[0]).drift or {}).keys() == {"displayName"}
    scene.lists(ours[0])
    doubt = scene.refresh().doubt
    assert doubt is not None
    assert [scene.status(one) for one in ours] == ["running"] * 4 + ["missing"]
    oversight.accept(caller, scene.deployment, doubt["missing"], doubt["version"])
    assert [scene.status(one) for one in ours] == ["running"] + ["missing"] * 4
    assert scene.now(ours[0]).drift is None
    assert scene.strangers() == {}


def test_what_is_written_while_the_list_is_judged_stays(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(acme, globex)
    newer = {"observed": {"status": "stopped"}, "observe_time": now(), "update_time": now()}
    scene.lister.meanwhile = lambda: scene.change(acme, **newer)
    scene.refresh()
    assert (scene.status(acme), scene.status(globex)) == ("stopped", "running")


def test_hosts_and_turns_are_the_same(scene: Scene) -> None:
    with scene.core.database.write() as connection:
        hosts.cordon(connection, scene.deployment, "alpha-host2", cordoned=True)
    scene.refresh()
    scene.refresh()
    assert [host.cordoned for host in scene.hosts()] == [False, True]
    with scene.core.database.write() as connection:
        chores.plan(connection, "synchronise x", timedelta(seconds=100))
        chores.hasten(connection, "synchronise x", timedelta())
        period = timedelta(seconds=300)
        assert chores.turns(connection, "synchronise ", period) == {"synchronise x": True}


def test_what_is_unchanged_is_only_renewed_and_what_another_process_saw_put_right(
    scene: Scene,
) -> None:
    acme, elsewhere = scene.owned("acme"), Scene(scene.core)
    scene.lists(acme, row("alien"))
    scene.refresh()
    scene.refresh()
    with counted(scene) as statements:
        state = scene.refresh()
    assert scene.state() == state
    assert [text.split()[1] for text, _ in statements if text.startswith("UPDATE")] == [
        "inventories"
    ]
    elsewhere.lists(row_of(acme, status="stopped"))
    elsewhere.refresh()
    scene.refresh()
    assert (scene.status(acme), set(scene.strangers())) == ("running", {"alien"})


def test_nobody_waits_for_a_row_that_another_process_writes(scene: Scene) -> None:
    for _ in range(2):
        scene.refresh()
    state = scene.state()
    assert state is not None
    renewal = Renewal(scene.deployment, now(), 0, state.try_time)
    with (
        scene.core.database.write() as connection,
        scene.core.database.write() as other,
    ):
        inventories.put(connection, state)
        assert inventories.renew(other, [renewal]) == {}
    with scene.core.database.write() as connection:
        assert inventories.renew(connection, [renewal]).keys() == {scene.deployment}
