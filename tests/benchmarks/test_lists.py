"""The benchmarks run and say what they compare; how fast anything is, no test judges."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import lists, pages
from benchmarks.processes import fleet


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lists.Sites]:
    """Two deployments and a gateway, in processes of their own."""
    folder = tmp_path_factory.mktemp("sites")
    with fleet(folder, 2, lists.LATENCY) as said, lists.sites(folder, said) as made:
        yield made


def test_lists_over_deployments_are_compared(at: lists.Sites) -> None:
    goals = [*lists.all_against_one(at, 1), *lists.all_against_turns(at, 1)]

    assert [(goal.name, goal.most) for goal in goals] == [
        ("live list of 2 deployments / of one", 1.3),
        ("live list of 2 / requests.Session, in turn", 0.5),
    ]
    assert all(goal.part > 0 and goal.whole > 0 for goal in goals)


def test_a_deployment_that_hangs_is_compared_with_one_that_does_not(at: lists.Sites) -> None:
    goals = lists.one_hangs(at, 1, 1)

    assert [goal.most for goal in goals] == [1.1, 1.1]
    assert all(goal.ratio > 0 for goal in goals)


def test_pages_of_a_long_list_are_compared(tmp_path: Path) -> None:
    goals = pages.compared(tmp_path, 600, 1)

    assert [goal.name for goal in goals] == [
        "cached list page of 600 instances / of 100",
        "last page of 600 instances / first",
        "last page of a deployment / first",
    ]
