"""Many cases with a new seed: ``python -m tests.contract.fuzz``; ``--seed`` draws them again."""

import secrets
from collections.abc import Iterator
from itertools import chain, count, repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from tests.contract.conftest import listen
from tests.contract.fuzzing.configuration import Plan
from tests.contract.fuzzing.run import Report, run
from tests.world import world

UNSAYABLE = ("positive_data_acceptance",)
"""As ``tests/contract/test_schemathesis.py`` says."""

SILENT = 50


def plans(seed: int) -> Iterator[Plan]:
    """Yield what is sent, for ever: each operation's corners once, then what chance finds."""
    first = [Plan(["examples"], seed), Plan(["coverage"], seed, unchecked=UNSAYABLE)]
    seeds = count(seed)
    drawn = (
        Plan([phase], next(seeds), examples, unchecked=UNSAYABLE)
        for phase, examples in chain.from_iterable(repeat((("fuzzing", 20), ("stateful", 150))))
    )
    return chain(first, drawn)


@click.command()
@click.option("--cases", default=50_000, show_default=True, help="How many at least, in all.")
@click.option("--seed", type=int, help="Of the first run; left out, a new one.")
def main(cases: int, seed: int | None) -> None:
    """Run Schemathesis until so many cases were answered, and say what it found."""
    begin = secrets.randbelow(10**9) if seed is None else seed
    console = Console()
    console.print(f"Seed {begin}; the same again: python -m tests.contract.fuzz --seed {begin}")
    whole = Report()
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=cases)
        for plan in plans(begin):
            progress.update(task, description=f"{plan.phases[0]}, seed {plan.seed}")
            _add(whole, carried_out(plan))
            progress.update(task, completed=whole.cases)
            if whole.findings or whole.cases >= cases:
                break
    console.print(summary(whole))
    if whole.findings:
        raise click.ClickException(whole.findings)


def carried_out(plan: Plan) -> Report:
    """Run a plan against a world of its own; what the gateway's own judge says counts, too."""
    with TemporaryDirectory() as name, world(Path(name) / "gateway") as made:
        for listening in listen(made):
            report = run(listening, Path(name), plan)
            report.findings += "\n".join(listening.judged.complaints)
    return report


def _add(whole: Report, part: Report) -> None:
    whole.answered += part.answered
    whole.links += part.links
    whole.findings += part.findings


def summary(report: Report) -> Table:
    """Return the answers by status, and how far the walks came."""
    table = Table(title=f"{report.cases:,} cases", caption=f"{len(report.links)} links followed")
    table.add_column("status")
    table.add_column("answers", justify="right")
    for status, number in sorted(report.answered.items()):
        table.add_row(str(status), f"{number:,}")
    return table


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(SILENT))
    main()
