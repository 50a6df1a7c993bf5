"""``python -m benchmarks``: measures, writes the results, and fails when a goal is missed."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import cluster, lists, pages, plots, results, speed
from benchmarks.figures import Goal
from benchmarks.processes import JSON, BenchmarkError, fleet
from benchmarks.world import stub

HERE: Final = Path(__file__).parent
IMAGES: Final = HERE.parent / "docs" / "images"
SHORT_FOLDER: Final = HERE.parent / "build" / "benchmarks"
PARTS: Final = ("speed", "cluster", "lists", "pages")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        speed: of the servers.
        rounds: of the lists.
        deployments: that are listed, the fewest first.
        instances: in the long list.
    """

    speed: speed.Effort
    rounds: int
    deployments: tuple[int, ...]
    instances: int


FULL: Final = Effort(speed.Effort(7, 3, 100), 9, (10, 100), 1_000_000)
SHORT: Final = Effort(speed.Effort(2, 1, 30), 3, (10,), 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks.

    Returns:
        The exit status: 1 when a goal is missed, or a server does not do what it should.
    """
    options = _options(arguments)
    console = Console()
    effort = SHORT if options.short else FULL
    try:
        with console.status("begins") as status:
            found = _measured(options.only or PARTS, effort, status.update)
    except BenchmarkError as error:
        console.print(f"[red]{error}[/red]")
        return 1
    _write(found, whole=not options.short and not options.only)
    _show(console, found)
    return 0 if found.are_met else 1


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--short", action="store_true", help="two minutes instead of ten")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    return parser.parse_args(arguments)


def _measured(parts: Sequence[str], effort: Effort, say: Say) -> results.Results:
    machine = results.machine()
    goals: list[Goal] = []
    document: JSON = {}
    if "speed" in parts:
        with _folder() as folder:
            found = speed.measured(folder, effort.speed, say)
        goals, document = found.goals(), found.document()
    scaling: JSON = {}
    if "cluster" in parts:
        scaling = cluster.measured(effort.speed.rounds, effort.speed.seconds, say).document()
    if "lists" in parts:
        goals += _lists(effort, say)
    if "pages" in parts:
        say(f"pages of {effort.instances} instances")
        with _folder() as folder:
            goals += pages.compared(folder, effort.instances, effort.rounds * 3)
    known = {"rounds": effort.speed.rounds, "seconds of a turn": effort.speed.seconds}
    return results.Results(machine, known, goals, document, scaling, results.growth())


def _lists(effort: Effort, say: Say) -> Iterator[Goal]:
    for count in effort.deployments:
        say(f"live lists of {count} deployments")
        names = [f"site-{number}" for number in range(count)]
        with (
            _folder() as folder,
            stub(folder, lists.LATENCY, names) as said,
            lists.sites(folder, said, list_seconds=lists.PATIENCE) as at,
        ):
            yield from lists.all_against_one(at, effort.rounds)
            if count == effort.deployments[0]:
                yield from lists.all_against_turns(at, effort.rounds)
    say("a deployment hangs")
    with (
        _folder() as folder,
        fleet(folder, effort.deployments[0], lists.LATENCY) as said,
        lists.sites(folder, said) as at,
    ):
        yield from lists.one_hangs(at, max(1, effort.rounds // 3), effort.speed.calls // 4)


@contextmanager
def _folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="benchmarks-") as name:
        yield Path(name)


def _write(found: results.Results, *, whole: bool) -> None:
    """Write what came out; only a whole run replaces what the repository shows."""
    found.write(HERE if whole else SHORT_FOLDER)
    if found.speed:
        plots.write(found.speed, IMAGES if whole else SHORT_FOLDER)


def _show(console: Console, found: results.Results) -> None:
    table = Table("Goal", "is", "to", "ratio", "at most", "")
    for goal in (*found.goals, *found.grown):
        part, whole = (results.shown(each, goal.unit) for each in (goal.part, goal.whole))
        verdict = "met" if goal.is_met else "[red]missed[/red]"
        table.add_row(goal.name, part, whole, f"{goal.ratio:.2f}", f"{goal.most:.2f}", verdict)
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
