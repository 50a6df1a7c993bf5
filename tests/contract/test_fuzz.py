"""Many cases with a new seed: what is sent, when it stops, and what it says."""

from collections import Counter
from itertools import islice

import pytest
from click.testing import CliRunner

from tests.contract import fuzz
from tests.contract.fuzzing.configuration import Plan
from tests.contract.fuzzing.run import Report


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """The plans that would be carried out; each has 10 cases, all well."""
    plans: list[Plan] = []

    def carried_out(plan: Plan) -> Report:
        plans.append(plan)
        return Report(Counter({200: 9, 404: 1}), Counter({"a link": 1}))

    monkeypatch.setattr(fuzz, "carried_out", carried_out)
    return plans


def test_every_phase_is_sent_and_no_seed_twice_in_a_phase() -> None:
    first = list(islice(fuzz.plans(5), 20))
    assert [plan.phases[0] for plan in first[:4]] == ["examples", "coverage", "fuzzing", "stateful"]
    drawn = [(plan.phases[0], plan.seed) for plan in first]
    assert len(set(drawn)) == len(drawn)
    assert all(plan.covered is None for plan in first)


def test_it_ends_when_enough_was_answered(sent: list[Plan]) -> None:
    ended = CliRunner().invoke(fuzz.main, ["--cases", "25", "--seed", "7"])
    assert ended.exit_code == 0, ended.output
    assert "--seed 7" in ended.output
    assert "30 cases" in ended.output
    assert len(sent) == 3


def test_two_runs_have_two_seeds(sent: list[Plan]) -> None:
    for _ in range(2):
        CliRunner().invoke(fuzz.main, ["--cases", "1"])
    assert sent[0].seed != sent[1].seed


def test_a_finding_ends_it_and_is_told(sent: list[Plan], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "carried_out", lambda _: Report(Counter({500: 1}), findings="500!"))
    ended = CliRunner().invoke(fuzz.main, ["--cases", "25"])
    assert ended.exit_code == 1
    assert "500!" in ended.output
    assert sent == []
