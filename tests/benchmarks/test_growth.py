"""The benchmark of growth: a filled gateway answers what is measured, and curves have slopes."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.growth import __main__ as growth
from benchmarks.growth import capacity, deployments, fleet
from benchmarks.growth.capacity import Provider, by_name, cores, needs
from benchmarks.growth.deployments import Called, Standing
from benchmarks.growth.fit import Curve, slope
from benchmarks.growth.instances import ACTIONS, FEWER, OWN, PAGE
from benchmarks.growth.rows import Estate, fill_events, reseller
from benchmarks.growth.scene import Scene, scene

SIZE = 120


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A gateway before a small estate."""
    with scene(tmp_path_factory.mktemp("growth"), Estate(SIZE, SIZE)) as made:
        yield made


@pytest.mark.parametrize(("power", "expected"), [(0, 0.0), (1, 1.0), (2, 2.0)])
def test_the_exponent_is_that_of_the_curve(power: int, expected: float) -> None:
    sizes = [10.0, 100.0, 1000.0]
    assert slope(sizes, [3 * size**power for size in sizes]) == pytest.approx(expected)


def test_one_size_alone_has_no_slope() -> None:
    assert Curve("list", "instances", "s", {10: 1.0}).exponent == 0


@pytest.mark.parametrize("name", ACTIONS)
def test_everything_that_is_measured_is_answered(filled: Scene, name: str) -> None:
    ACTIONS[name](filled)


def test_everybody_sees_what_was_filled_in_for_them(filled: Scene) -> None:
    of_all = filled.operator.get("/instances?limit=500")["items"]
    own = filled.reseller.get("/instances?limit=500")["items"]
    below = filled.distributor.get("/instances?limit=500")["items"]
    assert len(of_all) == SIZE
    assert {each["reseller"] for each in own} == {reseller(1)}
    assert len(below) == SIZE  # all ten resellers are below the one distributor
    assert [each["id"] for each in below] == sorted(each["id"] for each in of_all)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("list, first page", PAGE),
        ("list, from the middle", FEWER),
        ("list, a reseller's own", OWN),
        ("list of one reseller", OWN),
    ],
)
def test_a_page_is_full_however_few_there_are(filled: Scene, name: str, asked: str) -> None:
    page = ACTIONS[name](filled)
    assert isinstance(page, dict)
    assert f"limit={len(page['items'])}" in asked


def test_a_year_of_events_is_read_from_its_beginning_on(filled: Scene) -> None:
    fill_events(f"sqlite:///{filled.home / 'gateway.db'}", 100, 10)
    numbers = [each["number"] for each in filled.reseller.get("/events")["items"]]
    assert numbers[:10] == list(range(1, 11))


def test_what_a_provider_needs_follows_from_what_was_measured() -> None:
    curves = [
        Curve("database", "instances", "bytes", {100: 1_000_000.0, 1_100: 3_000_000.0}),
        Curve("database", "events", "bytes", {100: 1_000.0, 200: 51_000.0}),
        Curve("processor of tracking", "running operations", "cores", {100: 0.1, 1_100: 1.1}),
        Curve("list, first page", "instances", "s", {100: 0.01, 1_100: 0.02}),
        Curve("processor while nobody calls", "deployments", "cores", {1: 0.1, 101: 0.3}),
    ]
    results = {"curves": [curve.document() for curve in curves]}
    found = needs(Provider(300, 1_000, 1_000, 50), results)
    assert found["inventory reads a second"] == 1
    assert found["GB of instances and operations"] == pytest.approx(0.002)
    assert found["cores of tracking"] == pytest.approx(1.0)
    assert found["cores of lists"] == pytest.approx(1.0)
    assert found["cores of the background"] == pytest.approx(0.698)


def standing(number: int, processor: float) -> Standing:
    """Return a gateway with so many deployments, whose lists cost so much processor."""
    calls = {name: Called(2 * processor, processor) for name in ("cached list", "live list of all")}
    return Standing(number, calls, processor * number, number / 300, 120.0, 30, 40 + number)


def test_what_deployments_cost_is_drawn_over_their_number() -> None:
    drawn = {each.name: each for each in deployments.curves([standing(1, 0.1), standing(10, 0.1)])}
    assert drawn["cached list"].points == {1: 0.2, 10: 0.2}
    assert drawn["live list of all: processor"].unit == "cpu s"
    assert drawn["open files and connections"].points == {1: 41.0, 10: 50.0}
    assert drawn["processor while nobody calls"].exponent == pytest.approx(1.0)


def test_what_was_never_counted_is_no_point_of_a_curve() -> None:
    found = [replace(standing(1, 0.1), looks=0.0), standing(10, 0.1)]
    drawn = {each.name: each for each in deployments.curves(found)}
    assert list(drawn["inventories read a second"].points) == [10]
    assert drawn["inventories read a second"].document()["ratio"] == 1


@pytest.mark.parametrize(("last", "is_met"), [(0.013, True), (0.014, False)])
def test_a_list_must_not_grow_with_the_deployments(last: float, is_met: bool) -> None:  # noqa: FBT001 # a row
    [goal] = deployments.goals([standing(1, 0.01), standing(10, last)])
    assert goal.is_met is is_met


CURVES = by_name(
    [
        curve.document()
        for curve in (
            Curve("processor of tracking", "running operations", "cores", {100: 0.1, 1_100: 1.1}),
            Curve("processor while nobody calls", "deployments", "cores", {1: 0.1, 101: 0.3}),
            Curve("cached list: processor", "deployments", "cpu s", {1: 0.01, 101: 0.03}),
        )
    ]
)


def test_a_fleet_is_reckoned_part_by_part() -> None:
    found = cores(51, 500, {"cached list": 10.0, "never measured": 5.0}, CURVES)
    assert found == pytest.approx(
        {"cores of tracking": 0.5, "cores of the background": 0.2, "cached list": 0.2}
    )


def test_operations_apart_are_reckoned_as_they_were_measured() -> None:
    apart = Curve(capacity.APART, "running operations", "cores", {100: 0.3, 200: 0.7})
    found = cores(51, 50, {}, {**CURVES, **by_name([apart.document()])})
    assert found["cores of tracking"] == pytest.approx(0.2)


def test_a_fleet_is_held_against_what_was_reckoned() -> None:
    reckoned = cores(51, 500, {"cached list": 10.0}, CURVES)
    measured = {"nobody calls": 0.7, "with the mix": 1.8}
    document = {"plan": {"deployments": 51}, "reckoned": reckoned, "measured": measured}
    quiet, busy = fleet.goals(document)
    assert (quiet.ratio, busy.ratio) == pytest.approx((1.0, 2.0))
    assert (quiet.is_met, busy.is_met) == (True, False)


def test_a_fleet_is_held_against_nothing_where_too_little_was_measured() -> None:
    document = {"plan": {"deployments": 51}, "reckoned": cores(51, 5, {}, {}), "measured": {}}
    assert fleet.goals(document) == []


def test_calls_are_spread_evenly_and_each_kind_is_called() -> None:
    times = fleet.timetable({"list": 2.0, "seldom": 0.01}, 10)
    assert Counter(name for _, name in times) == {"list": 20, "seldom": 1}
    assert times == sorted(times)
    assert [moment for moment, name in times if name == "list"][:2] == pytest.approx([0.25, 0.75])
    assert (5.0, "seldom") in times


def test_results_have_what_is_no_curve_beside_them(tmp_path: Path) -> None:
    found = growth.Found()
    found.add(growth.Found(curves=[Curve("list", "instances", "s", {10: 1.0})]))
    found.add(growth.Found(beside={"fleet": {"measured": {}}}))
    growth.write(tmp_path / "results.json", found)
    document = json.loads((tmp_path / "results.json").read_text())
    assert document["fleet"] == {"measured": {}}
    assert [each["name"] for each in document["curves"]] == ["list"]
