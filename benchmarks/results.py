"""What a run writes down: ``results.json`` for programs, ``RESULTS.md`` for people."""

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.figures import Goal
from benchmarks.processes import JSON

CPUS: Final = Path("/proc/cpuinfo")
LIMIT: Final = "HAProxy, token only"
GROWTH: Final = Path(__file__).parent / "growth" / "results.json"
PACKAGES: Final = (
    *("flask", "gunicorn", "sqlalchemy", "psycopg", "urllib3", "requests"),
    *("fastapi", "pydantic", "aiohttp", "aiosqlite", "asyncpg", "pyjwt", "uvicorn", "uvloop"),
    "httptools",
)
PROGRAMS: Final = {"wrk": "-v", "haproxy": "-v", "postgres": "-V"}
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)+")
_MILLI: Final = 1000
_COLUMNS: Final = (
    *("Server", "requests/s and core", "of the limit", "processor", "middle half"),
    *("requests/s", "p50", "p99", "memory"),
)


@dataclass(frozen=True)
class Results:
    """What came out of a run.

    Attributes:
        machine: what was measured on.
        effort: how much was measured.
        goals: of all parts.
        speed: the document of ``benchmarks.speed``; none if that part was left out.
        cluster: that of ``benchmarks.cluster``, likewise.
        grown: the goals of the last run of ``benchmarks.growth``, which are shown beside.
    """

    machine: Mapping[str, Any]
    effort: Mapping[str, Any]
    goals: Sequence[Goal]
    speed: JSON = field(default_factory=dict)
    cluster: JSON = field(default_factory=dict)
    grown: Sequence[Goal] = ()

    @classmethod
    def read(cls, folder: Path, grown: Sequence[Goal]) -> Self:
        """Return what the last run has written into a folder, with newer goals of growth."""
        found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        return cls(
            found.pop("machine"),
            found.pop("effort"),
            _goals(found.pop("goals")),
            cluster=found.pop("cluster", {}),
            speed=found,
            grown=grown,
        )

    @property
    def are_met(self) -> bool:
        """Whether every goal is."""
        return all(goal.is_met for goal in (*self.goals, *self.grown))

    def document(self) -> JSON:
        """Return them as JSON."""
        return {
            "machine": dict(self.machine),
            "effort": dict(self.effort),
            "goals": [goal.document() for goal in self.goals],
            **self.speed,
            **({"cluster": self.cluster} if self.cluster else {}),
        }

    def page(self) -> str:
        """Return them as Markdown."""
        sections = [
            _HEAD,
            _facts({**self.machine, **self.effort}),
            goals_table([*self.goals, *self.grown]),
        ]
        if self.speed:
            sections += _speed(self.speed)
        if self.cluster:
            sections.append(_cluster(self.cluster))
        return "\n\n".join(sections) + "\n"

    def write(self, folder: Path) -> None:
        """Write both files into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.document(), indent=2, ensure_ascii=False)
        (folder / "results.json").write_text(text + "\n", encoding="utf-8")
        (folder / "RESULTS.md").write_text(self.page(), encoding="utf-8")


_HEAD: Final = (
    "# Results\n\n"
    "Written by `make bench`; [docs/benchmarks.md](../docs/benchmarks.md) says what is measured\n"
    "and how to read it. Only the ratios are goals: times are the machine's."
)


def machine() -> JSON:
    """Return what is measured on; another machine has other times and the same goals."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "versions": ", ".join(_versions()),
    }


def growth(path: Path = GROWTH) -> list[Goal]:
    """Return the goals of the last run of ``benchmarks.growth``, which takes longer; or none."""
    if not path.exists():
        return []
    return _goals(json.loads(path.read_text(encoding="utf-8")).get("goals", []))


def _goals(found: Sequence[JSON]) -> list[Goal]:
    members = ("name", "part", "whole", "most", "unit")
    return [Goal(**{name: goal[name] for name in members if name in goal}) for goal in found]


def goals_table(goals: Sequence[Goal]) -> str:
    """Return the goals as a table of Markdown."""
    lines = ["| Goal | is | to | ratio | at most | |", "|---|--:|--:|--:|--:|---|"]
    lines += [
        f"| {goal.name} | {shown(goal.part, goal.unit)} | {shown(goal.whole, goal.unit)} "
        f"| {goal.ratio:.2f} | {goal.most:.2f} | {'met' if goal.is_met else '**missed**'} |"
        for goal in goals
    ]
    return "## Goals\n\n" + "\n".join(lines)


def shown(value: float, unit: str) -> str:
    """Return a figure for people; seconds are shown as milliseconds."""
    return f"{value * _MILLI:.2f} ms" if unit == "s" else f"{value:.4g} {unit}".rstrip()


def _facts(facts: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name}: {value}" for name, value in facts.items())


def _speed(document: JSON) -> Iterator[str]:
    yield _servers("One read with one upstream call, 16 connections", document["servers"])
    yield _servers("The same with 20 ms upstream, over four deployments", document["slow"])
    lines = ["| Way | p50 | middle half |", "|---|--:|---|"]
    lines += [f"| {name} | {_times(found)} |" for name, found in document["callers"].items()]
    yield "## One caller, one call after the other\n\n" + "\n".join(lines)


def _cluster(document: JSON) -> str:
    behind = {f"{number} behind a proxy": document[number] for number in ("one", "two")}
    rates = document["two"]["rate"]["median"] / document["one"]["rate"]["median"]
    factor = (
        f"By the processor time of a read, two with a core for each serve {document['factor']:.2f} "
        f"times what one does; by the rates, {rates:.2f} times."
    )
    return f"{_servers('Two gateways against one', behind)}\n\n{factor}"


def _servers(title: str, servers: Mapping[str, JSON]) -> str:
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "|---|--:|--:|--:|---|--:|--:|--:|--:|",
    ]
    limit = servers.get(LIMIT, {}).get("processor", {}).get("median", 0.0)
    lines += [_server(name, found, limit) for name, found in servers.items()]
    return f"## {title}\n\n" + "\n".join(lines)


def _server(name: str, found: JSON, limit: float) -> str:
    spent = found["processor"]["median"]
    memory = found.get("megabytes")
    cells = [
        f"{1 / spent:.0f}" if spent else "",
        f"{limit / spent:.1%}" if spent and limit else "",
        _times(found["processor"]) if spent else " | ",
        f"{found['rate']['median']:.0f}",
        shown(found["p50"]["median"], "s"),
        shown(found["p99"]["median"], "s"),
        shown(memory, "MB") if memory else "",
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def _times(sample: JSON) -> str:
    low, high = shown(sample["low"], "s"), shown(sample["high"], "s")
    return f"{shown(sample['median'], 's')} | {low} to {high}"


def _processor() -> str:
    found = re.search(r"^model name\s*: (.+)$", CPUS.read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _versions() -> Iterator[str]:
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue
    for name, option in PROGRAMS.items():
        program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
        if program is not None:
            said = subprocess.run([program, option], capture_output=True, check=False, text=True)  # noqa: S603 # a program of the system
            number = _NUMBER.search(said.stdout + said.stderr)
            yield f"{name} {number[0]}" if number else name
