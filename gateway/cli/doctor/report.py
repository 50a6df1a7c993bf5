"""The findings as a table for people and as JSON for programs."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.cli.doctor.findings import Findings

COLUMNS = ("Check", "Subject", "Expected", "Found", "What it means")


def as_json(findings: Findings) -> dict[str, Any]:
    """Return the findings as JSON values."""
    return {
        "equal": not findings.differences,
        "checks": list(findings.checks),
        "differences": [asdict(one) for one in findings.differences],
        "notCompared": [asdict(one) for one in findings.unseen],
    }


def show(findings: Findings, console: Console) -> None:
    """Print the differences, and after them what could not be compared."""
    if findings.differences:
        console.print(_table(findings))
    for one in findings.unseen:
        console.print(f"Not compared: {one.check} {one.subject}: {one.reason}", markup=False)
    console.print(_summary(findings), markup=False, highlight=False)


def _table(findings: Findings) -> Table:
    table = Table(*COLUMNS, show_lines=True)
    for one in findings.differences:
        expected = f"{one.expected} [{one.source}]"
        cells = (one.check, one.subject, expected, one.found, one.meaning)
        table.add_row(*map(Text, cells))  # as text: a deployment's words are no markup
    return table


def _summary(findings: Findings) -> str:
    if not findings.differences:
        return "No differences: the deployment does what the simulator assumes."
    return (
        f"{_counted(len(findings.differences))}: D is documented by the vendor, C was seen in "
        "version 25.3.1 or in a vendor's client, I was inferred."
    )


def _counted(number: int) -> str:
    return "1 difference" if number == 1 else f"{number} differences"
