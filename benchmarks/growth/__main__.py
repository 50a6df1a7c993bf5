"""``python -m benchmarks.growth``: measures how everything grows; ``capacity`` reckons with it."""

import json
import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.figures import Goal
from benchmarks.growth import capacity, deployments, fleet, instances, logs, plots, tracking
from benchmarks.growth.fit import Curve
from benchmarks.results import Results
from deploy.servers import Absent
from deploy.servers.postgresql import Postgresql

BENCHMARKS: Final = Path(__file__).parents[1]
RESULTS: Final = Path(__file__).parent / "results.json"
IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
FILLED: Final = "Tables were filled by bulk SQL; all else went through the gateway's own code."

Sizes = Mapping[str, Any]


@dataclass
class Found:
    """What was measured.

    Attributes:
        curves: over what there is more of.
        goals: and whether they are met.
        beside: what is no curve, by name.
    """

    curves: list[Curve] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    beside: dict[str, Any] = field(default_factory=dict)

    def add(self, other: "Found") -> None:
        """Add what another part has measured."""
        self.curves += other.curves
        self.goals += other.goals
        self.beside |= other.beside


LONG: Final = {
    "instances": (100, 1_000, 10_000, 100_000, 1_000_000),
    "postgresql": (100, 1_000, 10_000, 100_000),
    "events": (10_000, 100_000, 1_000_000, 10_000_000),
    "running": (100, 1_000, 10_000),
    "apart": (100, 500),
    "deployments": (1, 10, 100, 1_000),
    "fleet": fleet.Plan(500, 2, 500),
    "rounds": 15,
    "seconds": 45.0,
}
SHORT: Final = {
    "instances": (100, 10_000, 50_000),
    "postgresql": (100, 10_000),
    "events": (10_000, 200_000),
    "running": (100, 2_000),
    "apart": (10, 50),
    "deployments": (1, 20),
    "fleet": fleet.Plan(10, 2, 10),
    "rounds": 5,
    "seconds": 8.0,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, or reckon.

    Returns:
        The exit status: 1 when a goal is missed.
    """
    options = _options(arguments)
    if options.command == "capacity":
        provider = capacity.Provider(
            options.deployments, options.instances, options.running, options.calls
        )
        found = capacity.needs(provider, json.loads(options.results.read_text()))
        for name, value in found.items():
            _say(f"{name:32} {value:14,.2f}")
        return 0
    return _measure(options)


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("python -m benchmarks.growth", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["run", "capacity"], default="run")
    parser.add_argument("--short", action="store_true", help="smaller sizes, no plots, 5 minutes")
    parser.add_argument("--only", choices=list(PARTS), help="one part, and nothing is written")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--deployments", type=int, default=1_000)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--running", type=int, default=10_000, help="operations at once")
    parser.add_argument("--calls", type=float, default=100, help="requests a second")
    return parser.parse_args(arguments)


def _measure(options: Namespace) -> int:
    sizes: dict[str, Any] = SHORT if options.short else LONG
    known = capacity.by_name(json.loads(options.results.read_text())["curves"])
    found = Found()
    for name in [options.only] if options.only else PARTS:
        known = {**known, **capacity.by_name([each.document() for each in found.curves])}
        with TemporaryDirectory(prefix="growth-") as folder:
            found.add(PARTS[name](Path(folder), sizes, known))
    _show(found)
    if not options.short and not options.only:
        write(options.results, found)
        plots.draw(found.curves, IMAGES)
        Results.read(BENCHMARKS, found.goals).write(BENCHMARKS)
    return 0 if all(goal.is_met for goal in found.goals) else 1


def _instances(folder: Path, sizes: Sizes, known: capacity.Curves) -> Found:
    del known
    folders = {part: folder / part for part in ("instances", "events", "running")}
    for each in folders.values():
        each.mkdir()
    curves = instances.measured(folders["instances"], sizes["instances"], sizes["rounds"])
    bars = {"list, first page": 1.3, "list, from the middle": 1.3}
    return Found(curves, _flat(curves, bars))


def _postgresql(folder: Path, sizes: Sizes, known: capacity.Curves) -> Found:
    """Measure the lists on PostgreSQL; nothing where it is not installed."""
    del known
    with ExitStack() as stack:
        try:
            server = Postgresql()
            stack.callback(server.remove)
            server.start()
            stack.callback(server.stop)
        except Absent as absent:
            _say(f"Not measured on PostgreSQL: {absent}")
            return Found()
        found = instances.measured(
            folder, sizes["postgresql"], sizes["rounds"], server.empty_database
        )
    return Found([replace(each, of=f"{each.of} on PostgreSQL") for each in found])


def _events(folder: Path, sizes: Sizes, known: capacity.Curves) -> Found:
    del known
    curves = logs.measured(folder, sizes["events"], sizes["rounds"])
    told = f"{logs.TOLD} events told and numbered"
    bars = {"events, first page": 1.5, "events, from the middle": 1.5, told: 1.5}
    return Found(curves, _flat(curves, bars))


def _operations(folder: Path, sizes: Sizes, known: capacity.Curves) -> Found:
    del known
    return Found(*tracking.measured(folder, sizes["running"], sizes["apart"], sizes["seconds"]))


def _deployments(folder: Path, sizes: Sizes, known: capacity.Curves) -> Found:
    del known
    return Found(*deployments.measured(folder, sizes["deployments"], sizes["seconds"]))


def _fleet(folder: Path, sizes: Sizes, known: capacity.Curves) -> Found:
    document, goals = fleet.measured(folder, sizes["fleet"], sizes["seconds"], known)
    return Found(goals=goals, beside={"fleet": document})


PARTS: Final[Mapping[str, Callable[[Path, Sizes, capacity.Curves], Found]]] = {
    "instances": _instances,
    "events": _events,
    "operations": _operations,
    "postgresql": _postgresql,
    "deployments": _deployments,
    "fleet": _fleet,
}
"""What is measured, by its name; the last compares itself with what the others have found."""


def _flat(curves: Sequence[Curve], bars: Mapping[str, float]) -> list[Goal]:
    """Return the goals of what must be flat."""
    found = {curve.name: curve for curve in curves}
    return [_level(found[name], most) for name, most in bars.items()]


def _level(curve: Curve, most: float) -> Goal:
    least, last = min(curve.points), max(curve.points)
    name = f"{curve.name}: {last} {curve.of} / {least}"
    return Goal(name, curve.points[last], curve.points[least], most)


def _show(found: Found) -> None:
    for curve in found.curves:
        points = "  ".join(f"{size}: {value:.4g}" for size, value in curve.points.items())
        _say(f"{curve.of:18} {curve.name:38} ^{curve.exponent:5.2f}  {points} {curve.unit}")
    for name, document in found.beside.items():
        _say(f"{name}: {json.dumps(document, indent=2)}")
    for goal in found.goals:
        verdict = "met" if goal.is_met else "missed"
        _say(f"{goal.name}: {goal.ratio:.2f}, at most {goal.most:.2f}: {verdict}")


def write(path: Path, found: Found) -> None:
    """Write what was measured, with the machine and the date, as JSON."""
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "how": FILLED,
        "curves": [curve.document() for curve in found.curves],
        "goals": [goal.document() for goal in found.goals],
        **found.beside,
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
