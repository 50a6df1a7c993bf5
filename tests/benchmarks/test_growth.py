"""The benchmark of growth: a filled gateway answers what is measured, and curves have slopes."""

from collections.abc import Iterator

import pytest

from benchmarks.growth.capacity import Provider, needs
from benchmarks.growth.fit import Curve, slope
from benchmarks.growth.instances import ACTIONS
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
    ]
    results = {"curves": [curve.document() for curve in curves]}
    found = needs(Provider(300, 1_000, 1_000, 50), results)
    assert found["inventory reads a second"] == 1
    assert found["GB of instances and operations"] == pytest.approx(0.002)
    assert found["cores of tracking"] == pytest.approx(1.0)
    assert found["cores of lists"] == pytest.approx(1.0)
