import json
from dataclasses import replace
from pathlib import Path

from benchmarks.calls import OURS, VENDOR
from benchmarks.figures import Goal, Sample
from benchmarks.load import Run
from benchmarks.results import LIMIT, Results, growth, shown
from benchmarks.speed import (
    DIRECT,
    FASTAPI_POSTGRESQL,
    FASTAPI_SQLITE,
    FLASK,
    POSTGRESQL,
    SQLITE,
    Speed,
)

MACHINE = {"date": "2026-11-22", "system": "Linux", "cores": 2}


def speed(milliseconds: float = 1.0) -> Speed:
    """Return figures of a run in which a read of ours takes so much processor."""
    ours, theirs, naive = (
        [Run(500, 0.02, 0.03, each / 1000)] * 3 for each in (milliseconds, 1.6, 4.0)
    )
    return Speed(
        servers={
            SQLITE: ours,
            POSTGRESQL: ours,
            FASTAPI_SQLITE: theirs,
            FASTAPI_POSTGRESQL: theirs,
            FLASK: naive,
            LIMIT: [Run(900, 0.001, 0.002, 0.0001)],
        },
        slow={
            SQLITE: [Run(500, 0.023, 0.03)],
            POSTGRESQL: [Run(500, 0.024, 0.03)],
            DIRECT: [Run(700, 0.0205, 0.03)],
        },
        callers={OURS: Sample((0.001,)), VENDOR: Sample((0.002,))},
        memory={SQLITE: 100.0, POSTGRESQL: 121.0},
    )


def results(found: Speed) -> Results:
    """Return the results of a run that has measured nothing else."""
    return Results(MACHINE, {"rounds": 3}, found.goals(), found.document())


def test_goals_say_what_is_met_and_what_is_missed() -> None:
    met = {goal.name: goal.is_met for goal in speed().goals()}

    assert list(met.values()) == [True, True, True, True, True, False, True, False]


def test_a_read_that_takes_too_much_processor_misses_the_peers_goals() -> None:
    goals = speed(milliseconds=1.34).goals()

    assert [goal.is_met for goal in goals[:3]] == [False, False, False]
    assert [goal.most for goal in goals[:3]] == [1 / 1.5, 1 / 1.5, 1 / 3]


def test_results_are_written_for_people_and_for_programs(tmp_path: Path) -> None:
    found = results(speed())

    found.write(tmp_path)

    page = (tmp_path / "RESULTS.md").read_text()
    document = json.loads((tmp_path / "results.json").read_text())
    assert not found.are_met
    assert page.count("**missed**") == 2
    assert "- date: 2026-11-22" in page
    assert f"| {SQLITE} | 1000 | 10.0% | 1.00 ms | 1.00 ms to 1.00 ms | 500 |" in page
    assert document["goals"][0]["isMet"] is True
    assert document["servers"][FLASK]["processor"]["median"] == 0.004


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    tables = [part.splitlines() for part in results(speed()).page().split("\n\n") if part[0] == "|"]

    assert len(tables) == 4
    for lines in tables:
        assert len({line.count("|") for line in lines}) == 1, lines


def test_goals_of_growth_are_among_them_once_they_are_measured(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    assert growth(path) == []

    goal = Goal("events written, 10,000,000 / 10,000", 3.0, 2.0, 1.5)
    path.write_text(json.dumps({"goals": [goal.document()]}))

    assert growth(path) == [goal]


def test_newer_goals_of_growth_take_the_place_of_older_ones(tmp_path: Path) -> None:
    older, newer = Goal("events, older", 3.0, 2.0, 1.5), Goal("events, newer", 2.0, 2.0, 1.5)
    runs = speed().document()["servers"][SQLITE]
    cluster = {"one": runs, "two": runs, "factor": 1.9}
    found = replace(results(speed()), cluster=cluster, grown=[older])
    found.write(tmp_path)

    read = Results.read(tmp_path, [newer])

    assert read == replace(found, grown=[newer])
    assert "events, older" in found.page()
    assert "events, newer" in read.page()


def test_two_gateways_are_shown_beside_one(tmp_path: Path) -> None:
    runs = speed().document()["servers"][SQLITE]
    found = Results(MACHINE, {}, [], cluster={"one": runs, "two": runs, "factor": 1.9})

    found.write(tmp_path)

    assert "| two behind a proxy | 1000 |" in (tmp_path / "RESULTS.md").read_text()
    assert json.loads((tmp_path / "results.json").read_text())["cluster"]["factor"] == 1.9
    assert found.are_met


def test_figures_are_shown_with_their_units() -> None:
    assert shown(0.00123, "s") == "1.23 ms"
    assert shown(119.26, "MB") == "119.3 MB"
