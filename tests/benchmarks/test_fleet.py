"""Gateways before deployments are measured to the end; what anything costs, no test judges.

So many calls are made that the kernel, which counts in hundredths of a second, notices them.
"""

from pathlib import Path

import pytest

from benchmarks.growth import deployments, fleet
from benchmarks.growth.capacity import by_name


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PAGE", 3), ("CALLS", 20), ("SETTLED", 0.0)):
        monkeypatch.setattr(deployments, name, value)
    monkeypatch.setattr(fleet, "SETTLED", 0.0)


def test_deployments_are_called_and_left_alone(tmp_path: Path) -> None:
    curves, goals = deployments.measured(tmp_path, [2], 0.5)

    drawn = {curve.name: curve.points[2] for curve in curves}
    assert [goal.ratio for goal in goals] == [1.0]
    assert min(drawn["threads"], drawn["memory"], drawn["open files and connections"]) > 1
    for name in ("cached list", "read of an instance's stores", "live list of all"):
        assert drawn[name] > 0


def test_a_fleet_is_called_as_planned_while_commands_run(tmp_path: Path) -> None:
    curve = {"points": [{"size": 1, "value": 0.1}, {"size": 10, "value": 0.2}]}
    known = by_name([{"name": "processor while nobody calls", "of": "deployments", **curve}])

    found, goals = fleet.measured(tmp_path, fleet.Plan(2, 2, 2), 1.0, known)

    numbers = {name: each["number"] for name, each in found["answered"].items()}
    assert numbers == {name: max(1, round(rate)) for name, rate in fleet.RATES.items()}
    assert found["reckoned"] == pytest.approx({"cores of the background": 0.1 + 0.1 / 9})
    assert len(goals) == 2
    assert found["measured"]["with the mix"] > 0
