"""The benchmarks run and say what they compare; how fast anything is, no test judges."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import lists, pages
from benchmarks.figures import Goal


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lists.Sites]:
    """Two deployments and a gateway, in processes of their own."""
    with lists.sites(tmp_path_factory.mktemp("sites"), 2) as made:
        yield made


def test_lists_over_deployments_are_compared(at: lists.Sites) -> None:
    goals = lists.one_against_all(at, 1)

    assert [goal.name for goal in goals] == [
        "live list of all deployments / of one",
        "live list of all / requests.Session, in turn",
    ]
    assert all(goal.part > 0 and goal.whole > 0 for goal in goals)


def test_a_deployment_that_hangs_is_compared_with_one_that_does_not(at: lists.Sites) -> None:
    goals = lists.one_hangs(at, 1, 1)

    assert [goal.most for goal in goals] == [1.1, 1.1]
    assert all(goal.ratio > 0 for goal in goals)


def test_pages_of_a_long_list_are_compared(tmp_path: Path) -> None:
    goals = pages.first_and_last(tmp_path, 600, 1)

    assert {goal.name for goal in goals} == {
        "last page of 600 instances / first",
        "last page of a deployment / first",
    }


def test_a_goal_is_met_up_to_its_bound() -> None:
    assert Goal("a / b", 3.0, 2.0, 1.5).is_met
    assert not Goal("a / b", 3.1, 2.0, 1.5).is_met
    assert Goal("a / b", 3.0, 2.0, 1.5).document() == {
        "name": "a / b",
        "part": 3.0,
        "whole": 2.0,
        "most": 1.5,
        "ratio": 1.5,
        "isMet": True,
    }
