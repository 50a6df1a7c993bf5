"""``python -m benchmarks.growth``: measures how everything grows; ``capacity`` reckons with it."""

import json
import os
import platform
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.figures import Goal
from benchmarks.growth import capacity, instances, logs, plots, tracking
from benchmarks.growth.fit import Curve

RESULTS: Final = Path(__file__).parent / "results.json"
IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
FILLED: Final = "Tables were filled by bulk SQL; all else went through the gateway's own code."

LONG: Final = {
    "instances": (100, 1_000, 10_000, 100_000, 1_000_000),
    "events": (10_000, 100_000, 1_000_000, 10_000_000),
    "running": (100, 1_000, 10_000),
    "rounds": 15,
    "seconds": 45.0,
}
SHORT: Final = {
    "instances": (100, 10_000, 50_000),
    "events": (10_000, 200_000),
    "running": (100, 2_000),
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
    parser.add_argument("--short", action="store_true", help="smaller sizes, no plots, 2 minutes")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file of results")
    parser.add_argument("--deployments", type=int, default=1_000)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--running", type=int, default=10_000, help="operations at once")
    parser.add_argument("--calls", type=float, default=100, help="requests a second")
    return parser.parse_args(arguments)


def _measure(options: Namespace) -> int:
    sizes: dict[str, Any] = SHORT if options.short else LONG
    with TemporaryDirectory(prefix="growth-") as name:
        folders = {part: Path(name) / part for part in ("instances", "events", "running")}
        for folder in folders.values():
            folder.mkdir()
        curves = instances.measured(folders["instances"], sizes["instances"], sizes["rounds"])
    with TemporaryDirectory(prefix="growth-") as name:
        curves += logs.measured(Path(name), sizes["events"], sizes["rounds"])
    with TemporaryDirectory(prefix="growth-") as name:
        tracked, goals = tracking.measured(Path(name), sizes["running"], sizes["seconds"])
    curves += tracked
    goals = [*_goals(curves), *goals]
    _show(curves, goals)
    if not options.short:
        _write(options.results, curves, goals)
        plots.draw(curves, IMAGES)
    return 0 if all(goal.is_met for goal in goals) else 1


def _goals(curves: Sequence[Curve]) -> list[Goal]:
    """Return the bars of what must be flat."""
    found = {curve.name: curve for curve in curves}
    bars = {
        "list, first page": 1.3,
        "list, from the middle": 1.3,
        "events, first page": 1.5,
        "events, from the middle": 1.5,
        f"{logs.TOLD} events told and numbered": 1.5,
    }
    return [_flat(found[name], most) for name, most in bars.items()]


def _flat(curve: Curve, most: float) -> Goal:
    least, last = min(curve.points), max(curve.points)
    name = f"{curve.name}: {last} {curve.of} / {least}"
    return Goal(name, curve.points[last], curve.points[least], most)


def _show(curves: Sequence[Curve], goals: Sequence[Goal]) -> None:
    for curve in curves:
        points = "  ".join(f"{size}: {value:.4g}" for size, value in curve.points.items())
        _say(f"{curve.of:18} {curve.name:38} ^{curve.exponent:5.2f}  {points} {curve.unit}")
    for goal in goals:
        verdict = "met" if goal.is_met else "missed"
        _say(f"{goal.name}: {goal.ratio:.2f}, at most {goal.most:.2f}: {verdict}")


def _write(path: Path, curves: Sequence[Curve], goals: Sequence[Goal]) -> None:
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "how": FILLED,
        "curves": [curve.document() for curve in curves],
        "goals": [goal.document() for goal in goals],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
