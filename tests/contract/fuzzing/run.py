"""Runs Schemathesis, and reads its report."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.answers import JSON
from tests.contract.conftest import Listening
from tests.contract.fuzzing.configuration import Plan, configuration, contract

PATIENCE = 3600.0
"""Seconds; what a run takes depends on its plan, and pytest has an end of its own."""


@dataclass
class Report:
    """What Schemathesis says of a run.

    Attributes:
        answered: cases that were sent and answered, by status.
        links: links that were followed, by name, and how often they led to a success.
        findings: what is wrong, as it prints it; empty when nothing is.
    """

    answered: Counter[int] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    findings: str = ""

    @property
    def cases(self) -> int:
        """How many cases were answered."""
        return self.answered.total()


def run(listening: Listening, folder: Path, plan: Plan) -> Report:
    """Run Schemathesis with an operator's token.

    Args:
        listening: what is asked; it is spoilt.
        folder: for what Schemathesis reads and writes.
        plan: what is to be sent.
    """
    document = contract(listening, plan)
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    text = configuration(listening, plan, document)
    (folder / "schemathesis.toml").write_text(text, encoding="utf-8")
    ended = subprocess.run(  # noqa: S603 # our own interpreter
        _command(listening, plan),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    report = read(folder / "events.ndjson")
    report.findings = ended.stdout + ended.stderr if ended.returncode else ""
    return report


def _command(listening: Listening, plan: Plan) -> list[str]:
    unchecked = ["--exclude-checks", ",".join(plan.unchecked)] if plan.unchecked else []
    return [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run"),
        *("openapi.json", "--url", listening.url, "--phases", ",".join(plan.phases)),
        *("--header", f"Authorization: Bearer {listening.world.operator.token}"),
        *("--seed", str(plan.seed), "--generation-database", "none"),
        *("--report", "ndjson", "--report-ndjson-path", "events.ndjson", *unchecked),
        *("--no-shrink", "--continue-on-failure", "--no-color", "--warnings", "off"),
    ]


def read(events: Path) -> Report:
    """Read a report: one JSON object a line, of which we want the ends of scenarios."""
    report = Report()
    with events.open(encoding="utf-8") as lines:
        for case, status in _answers(lines):
            report.answered[status] += 1
            if case.get("transition"):
                report.links[case["transition"]["id"]] += status < 300
    return report


def _answers(lines: Iterator[str]) -> Iterator[tuple[JSON, int]]:
    for line in lines:
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        interactions = recorder.get("interactions", {})
        for name, case in recorder.get("cases", {}).items():
            response = (interactions.get(name) or {}).get("response")
            if response:
                yield case, response["status_code"]
