"""``python -m benchmarks``: measures, prints the ratios, and fails when a goal is missed."""

import json
import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Goal
from benchmarks.lists import one_against_all, one_hangs, sites
from benchmarks.pages import first_and_last


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all benchmarks.

    Returns:
        The exit status: 1 when a goal is missed.
    """
    options = _options(arguments)
    machine = _machine()
    goals = _measured(options)
    if options.json:
        document = {"machine": machine, "goals": [goal.document() for goal in goals]}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        _show(machine, goals)
    return 0 if all(goal.is_met for goal in goals) else 1


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds")
    parser.add_argument("--deployments", type=int, default=20, help="simulated ones")
    parser.add_argument("--instances", type=int, default=100_000, help="in the long list")
    parser.add_argument("--calls", type=int, default=25, help="of each caller in a round")
    return parser.parse_args(arguments)


def _measured(options: Namespace) -> list[Goal]:
    with _folder() as folder, sites(folder, options.deployments) as at:
        goals = one_against_all(at, options.rounds)
        goals += one_hangs(at, max(1, options.rounds // 3), options.calls)
    with _folder() as folder:
        return goals + first_and_last(folder, options.instances, options.rounds * 3)


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="benchmarks-") as name:
        yield Path(name)


def _machine() -> dict[str, Any]:
    """Return what was measured on; another machine has other times and the same goals."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }


def _show(machine: dict[str, Any], goals: Sequence[Goal]) -> None:
    console = Console()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    table = Table("Ratio", "Seconds", "to", "is", "at most", "")
    for goal in goals:
        verdict = "met" if goal.is_met else "missed"
        table.add_row(
            goal.name,
            f"{goal.part:.4f}",
            f"{goal.whole:.4f}",
            f"{goal.ratio:.2f}",
            f"{goal.most:.2f}",
            verdict,
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
