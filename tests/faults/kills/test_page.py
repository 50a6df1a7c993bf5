"""docs/faults.md names what there is."""

import re

from tests.architecture.tree import ROOT
from tests.faults.kills.plan import drills
from tests.faults.kills.scenarios import scenarios
from tests.faults.kills.stacks import STACKS

PAGE = (ROOT / "docs/faults.md").read_text()
ROWS = re.findall(r"^\| (F\d+) \|.*\| ([^|]+) \|$", PAGE, re.MULTILINE)


def test_every_test_and_every_drill_that_the_page_names_is_there() -> None:
    plans = {str(each) for stack in STACKS for each in (*drills(stack), *scenarios(stack))}
    for number, shown in ROWS:
        names = re.findall(r"`([^`]+)`", shown)
        assert names, number
        for name in names:
            if name.startswith("kills:"):
                assert name.removeprefix("kills:") in plans, number
            else:
                assert (ROOT / name).exists(), number


def test_every_scenario_is_on_the_page_in_its_row() -> None:
    rows = dict(ROWS)

    assert len(rows) == len(ROWS)
    for stack in STACKS:
        for scenario in scenarios(stack):
            assert f"`kills:{scenario}`" in rows[str(scenario).partition("-")[0]]
