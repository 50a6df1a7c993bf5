"""F25: a deployment that lists nothing, or half, with all signs of success."""

import pytest
from structlog.testing import capture_logs

from gateway.broker.engine.plan import Invocation
from gateway.broker.inventory.oversight import Oversight
from gateway.errors import Conflict, UpstreamTimeout
from gateway.model import Instance, Resource
from gateway.spe.commands.instances import STOP_INSTANCES
from gateway.storage import inventories, quotas
from gateway.storage.inventories import Inventory
from tests.broker.inventory.scene import Scene, row, row_of

TEN = [f"acme-{number}" for number in range(10)]


@pytest.fixture
def ours(scene: Scene) -> list[Instance]:
    """Ten instances that are there."""
    made = [scene.owned(name) for name in TEN]
    scene.lists(*made)
    scene.refresh()
    return made


@pytest.fixture
def oversight(scene: Scene) -> Oversight:
    return Oversight(scene.core.broker, scene.synchronisation)


def used(scene: Scene) -> int:
    """Return how many instances count for the root's quota."""
    with scene.core.database.read() as connection:
        return quotas.used(connection, scene.core.root.path, Resource.INSTANCES)


def doubted(state: Inventory) -> dict[str, object]:
    """Return the numbers of a doubt."""
    assert state.doubt is not None
    return {name: state.doubt[name] for name in ("known", "missing", "listed", "ignored")}


@pytest.mark.parametrize("left", [0, 5, 7])
def test_nobody_is_missing_in_a_list_that_suddenly_lacks_many(
    scene: Scene, ours: list[Instance], left: int
) -> None:
    before, held = scene.state(), used(scene)
    assert before is not None
    scene.lists(*ours[:left])
    with capture_logs() as logged:
        state = scene.refresh()
    assert doubted(state) == {"known": 10, "missing": 10 - left, "listed": left, "ignored": 0}
    assert [scene.status(one) for one in ours] == ["running"] * len(ours)
    assert [scene.now(one).drift for one in ours] == [None] * len(ours)
    assert used(scene) == held
    assert (state.as_of, state.number) == (before.as_of, left)
    assert [entry["event"] for entry in logged if entry["log_level"] == "warning"] == [
        "inventory.doubted"
    ]


def test_what_a_doubted_list_says_of_those_that_it_has_is_taken(
    scene: Scene, ours: list[Instance]
) -> None:
    scene.lists(row_of(ours[0], status="stopped"), row("alien"))
    scene.refresh()
    assert scene.status(ours[0]) == "stopped"
    assert scene.strangers() == {}, "who may be the wrong deployment tells of nobody new"


def test_in_doubt_no_host_and_no_stranger_is_forgotten(scene: Scene, ours: list[Instance]) -> None:
    scene.lists(*ours, row("alien"))
    scene.refresh()
    scene.lists()
    scene.lister.hosts = []
    scene.refresh()
    assert set(scene.strangers()) == {"alien"}
    assert len(scene.hosts()) == 1


def test_a_whole_list_ends_the_doubt(scene: Scene, ours: list[Instance]) -> None:
    scene.lists()
    first = scene.refresh()
    second = scene.refresh()
    assert first.doubt is not None
    assert second.doubt == first.doubt, "since when, stays"
    scene.lists(*ours)
    state = scene.refresh()
    assert (state.doubt, state.as_of) == (None, state.try_time)


def test_a_doubt_outlives_a_problem(scene: Scene, ours: list[Instance]) -> None:
    scene.lists(*ours[:5])
    doubt = scene.refresh().doubt
    scene.lister.problem = UpstreamTimeout("Too slow.")
    with pytest.raises(UpstreamTimeout):
        scene.refresh()
    state = scene.state()
    assert state is not None
    assert state.doubt == doubt


def test_a_garbled_row_keeps_one_of_ours_from_being_missing(
    scene: Scene, ours: list[Instance]
) -> None:
    scene.lists(*ours[1:], row("*"))
    assert doubted(scene.refresh()) == {"known": 10, "missing": 1, "listed": 9, "ignored": 1}
    assert scene.status(ours[0]) == "running"


def test_a_garbled_row_that_is_nobody_s_is_ignored(scene: Scene, ours: list[Instance]) -> None:
    scene.lists(*ours, row("*"), {"status": "running"})
    with capture_logs() as logged:
        assert scene.refresh().doubt is None
    assert [entry["number"] for entry in logged if entry["event"] == "inventory.rows_ignored"] == [
        2
    ]
    assert scene.strangers() == {}


def test_one_that_is_missing_already_or_under_change_does_not_count(
    scene: Scene, ours: list[Instance]
) -> None:
    scene.lists(*ours[2:])
    assert scene.refresh().doubt is None
    scene.core.opened(ours[2], Invocation(STOP_INSTANCES))
    scene.lists(*ours[4:])
    assert scene.refresh().doubt is None
    assert [scene.status(one) for one in ours[:5]] == ["missing"] * 2 + ["running", "missing"] + [
        "running"
    ]


# an operator's word


def test_an_operator_confirms_what_he_saw(
    scene: Scene, ours: list[Instance], oversight: Oversight
) -> None:
    scene.lists(*ours[:4], row("alien"))
    doubt = scene.refresh().doubt
    assert doubt is not None
    caller = scene.core.caller("acceptInventory")
    found = oversight.accept(caller, scene.deployment, doubt["missing"], doubt["version"])
    assert found.state is not None
    assert found.state.doubt is None
    assert (found.drifts.missing, found.unowned) == (6, 1)
    assert [scene.status(one) for one in ours] == ["running"] * 4 + ["missing"] * 6
    assert [entry["fields"] for entry in scene.core.audit() if "fields" in entry][-1] == [
        "inventory"
    ]
    assert scene.refresh().doubt is None


def test_other_numbers_than_the_doubt_s_confirm_nothing(
    scene: Scene, ours: list[Instance], oversight: Oversight
) -> None:
    scene.lists(*ours[:4])
    doubt = scene.refresh().doubt
    assert doubt is not None
    scene.lister.asked.clear()
    caller = scene.core.caller("acceptInventory")
    for missing, version in ((5, doubt["version"]), (6, "0" * 64)):
        with pytest.raises(Conflict):
            oversight.accept(caller, scene.deployment, missing, version)
    assert scene.lister.asked == []
    assert scene.drifts().missing == 0


def test_others_that_vanish_before_the_word_arrives_are_not_confirmed_with_them(
    scene: Scene, ours: list[Instance], oversight: Oversight
) -> None:
    scene.lists(*ours[:4])
    doubt = scene.refresh().doubt
    assert doubt is not None
    scene.lists(*ours[1:5])
    caller = scene.core.caller("acceptInventory")
    with pytest.raises(Conflict):
        oversight.accept(caller, scene.deployment, doubt["missing"], doubt["version"])
    assert scene.drifts().missing == 0
    state = scene.state()
    assert state is not None
    assert state.doubt is not None
    assert state.doubt["version"] != doubt["version"]


def test_where_nothing_is_doubted_there_is_nothing_to_confirm(
    scene: Scene, ours: list[Instance], oversight: Oversight
) -> None:
    del ours
    with pytest.raises(Conflict):
        oversight.accept(scene.core.caller("acceptInventory"), scene.deployment, 1, "0" * 64)


def test_the_overview_has_all_deployments_also_one_that_was_never_asked(
    scene: Scene, oversight: Oversight
) -> None:
    (never,) = oversight.page(scene.core.caller("listInventories"), "", 10)
    assert (never.deployment, never.state, never.unowned) == (scene.deployment, None, 0)
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(row_of(acme, alias="other"), row("alien"))
    state = scene.refresh()
    (found,) = oversight.page(scene.core.caller("listInventories"), "", 10)
    assert found == oversight.one(scene.core.caller("refreshInventory"), scene.deployment)
    assert (found.state, found.unowned) == (state, 1)
    assert (found.drifts.missing, found.drifts.changed) == (1, 1)
    assert scene.status(globex) == "missing"


def test_the_states_are_for_everybody_who_lists(scene: Scene) -> None:
    state = scene.refresh()
    with scene.core.database.read() as connection:
        assert inventories.states(connection) == {scene.deployment: state}
