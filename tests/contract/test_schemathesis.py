"""Schemathesis against the served gateway: no 500, no undocumented answer, no ignored refusal."""

import socket
from collections import Counter
from pathlib import Path

import pytest

from tests.contract.conftest import Listening
from tests.contract.fuzzing.configuration import Plan, operation_ids
from tests.contract.fuzzing.run import Report, run

pytestmark = pytest.mark.timeout(900)  # a quarter of a minute each; more on a machine at work

SEED = 20261121
"""Of every run here; ``python -m tests.contract.fuzz`` takes new ones."""

WALKS = 2
"""Runs along the links: each ends early where an object is gone that another walk has deleted."""

SHARE = 8
"""The coverage phase takes one of so many operations here, and all of them there."""

LEAST = {"examples": 450, "coverage": 1300, "fuzzing": 300, "stateful": 50}
"""Cases that were answered in each run, 2,000 in all; there are more."""

UNSAYABLE = ("positive_data_acceptance",)
"""Cursors, tags, and rules between two members cannot be said in JSON Schema, so what fits
the schema may be refused; the examples of the contract may not."""


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolve no name of the fuzzer's: only loopback is ever connected to."""
    resolve = socket.getaddrinfo

    def known(host: str, *rest: object, **more: object) -> object:
        if host not in {"127.0.0.1", "localhost"}:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return resolve(host, *rest, **more)  # type: ignore[arg-type] # as it is called

    monkeypatch.setattr(socket, "getaddrinfo", known)


def accepted(listening: Listening, folder: Path, plan: Plan) -> Report:
    """Run a plan that finds nothing and sends enough."""
    report = run(listening, folder, plan)
    assert not report.findings, report.findings
    assert listening.judged.complaints == []
    assert report.cases >= sum(LEAST[phase] for phase in plan.phases)
    return report


def test_at_least_2000_cases_are_sent() -> None:
    assert sum(LEAST.values()) >= 2000


def test_every_example_of_the_contract_is_accepted(listening: Listening, tmp_path: Path) -> None:
    accepted(listening, tmp_path, Plan(["examples"], SEED))


def test_no_input_leads_out_of_the_contract(listening: Listening, tmp_path: Path) -> None:
    names = operation_ids(listening.world.operator.get("/openapi.json").get_json())
    plan = Plan(["coverage", "fuzzing"], SEED, 2, covered=names[::SHARE], unchecked=UNSAYABLE)
    accepted(listening, tmp_path, plan)


def test_no_walk_along_the_links_leads_out_of_the_contract(
    listening: Listening, tmp_path: Path
) -> None:
    followed: Counter[str] = Counter()
    for seed in range(SEED, SEED + WALKS):
        plan = Plan(["stateful"], seed, 40, unchecked=UNSAYABLE)
        followed.update(accepted(listening, tmp_path, plan).links)
    assert len(followed) >= 15, followed
    assert followed.total() >= 20, "few links led to a success"
