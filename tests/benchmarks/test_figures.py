import pytest

from benchmarks.figures import Goal, Sample, interleaved, p99


def test_a_goal_is_met_up_to_its_bound() -> None:
    assert Goal("a / b", 3.0, 2.0, 1.5).is_met
    assert not Goal("a / b", 3.1, 2.0, 1.5).is_met
    assert Goal("a / b", 3.0, 2.0, 1.5).document() == {
        "name": "a / b",
        "part": 3.0,
        "whole": 2.0,
        "most": 1.5,
        "unit": "s",
        "ratio": 1.5,
        "isMet": True,
    }


def test_a_sample_is_its_median_and_its_middle_half() -> None:
    sample = Sample((5.0, 1.0, 2.0, 4.0, 3.0))

    assert sample.document() == {"median": 3.0, "low": 2.0, "high": 4.0, "number": 5}


def test_one_value_has_no_spread() -> None:
    assert Sample((7.0,)).quartiles == (7.0, 7.0)


def test_99_of_100_do_not_exceed_the_p99() -> None:
    assert p99([float(each) for each in range(101)]) == pytest.approx(99.0)


def test_rounds_are_interleaved_after_one_that_does_not_count() -> None:
    done: list[str] = []

    taken = interleaved(2, lambda: done.append("a"), lambda: done.append("b"))

    assert done == ["a", "b"] * 3
    assert len(taken) == 2
