"""All drills and scenarios, with real processes: ``make test-faults``.

One line for each fault, with process, signal and point. The exit status is 1 when something was
lost, doubled, orphaned or late, and also when fewer faults were injected than planned.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.faults.kills.findings import KINDS
from tests.faults.kills.fleet import running
from tests.faults.kills.plan import drills
from tests.faults.kills.results import Planned, Result, outcome
from tests.faults.kills.scenarios import scenarios
from tests.faults.kills.stacks import STACKS, Stack


@dataclass
class Tally:
    """What was done and found.

    Attributes:
        planned: how many faults.
        injected: how many there were.
        found: how many findings of each kind.
    """

    planned: int = 0
    injected: int = 0
    found: Counter[str] = field(default_factory=Counter)

    def take(self, result: Result) -> None:
        """Count a result."""
        self.injected += len(result.faults)
        self.found.update(finding.kind for finding in result.findings)

    @property
    def is_clean(self) -> bool:
        """Whether all was done and nothing found."""
        return self.injected >= self.planned and not self.found

    @property
    def summary(self) -> str:
        """The last line."""
        counts = [f"{self.found[kind]} {word}" for kind, word in WORDS.items()]
        others = [f"{n} {kind}" for kind, n in sorted(self.found.items()) if kind not in KINDS]
        told = ", ".join([*counts, *others])
        return f"{self.injected} of {self.planned} faults injected: {told}"


WORDS = {"lost": "lost", "doubled": "doubled", "orphan": "orphans", "late": "beyond the deadline"}


@click.command()
@click.option("--stack", "only", default="", help="Only stacks with this in their name.")
@click.option("--drill", "wanted", default="", help="Only drills with this in their name.")
def main(only: str, wanted: str) -> None:
    """Inject every fault, and say what came of it."""
    chosen = [(stack, _planned(stack, wanted)) for stack in STACKS if only in stack.name]
    tally = Tally(sum(each.planned for _, plan in chosen for each in plan))
    with _progress() as progress:
        bar = progress.add_task("faults", total=sum(len(plan) for _, plan in chosen))
        for stack, plan in chosen:
            for result in _carried_out(stack, plan):
                tally.take(result)
                for line in lines(result):
                    progress.console.print(line, highlight=False, soft_wrap=True, markup=False)
                progress.advance(bar)
    click.echo(tally.summary)
    sys.exit(not tally.is_clean)


def _planned(stack: Stack, wanted: str) -> Sequence[Planned]:
    every: list[Planned] = [*drills(stack), *scenarios(stack)]
    return [each for each in every if wanted in str(each)]


def _carried_out(stack: Stack, plan: Sequence[Planned]) -> Iterator[Result]:
    if plan:
        with running(stack) as fleet:
            yield from (outcome(each, fleet) for each in plan)


def lines(result: Result) -> Iterator[str]:
    """Return a line for each fault of a result, and one for each finding."""
    for fault in result.faults:
        yield (
            f"{result.stack:21} {fault.signal} {fault.process:14} at {fault.point:4} "
            f"of {fault.command:24} ({result.plan}) {result.seconds:5.1f} s"
        )
    if not result.faults:
        yield f"{result.stack:21} no fault ({result.plan})"
    yield from (f"    {finding}" for finding in result.findings)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(),
    )


if __name__ == "__main__":
    main()
