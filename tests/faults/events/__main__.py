"""Events and kills, with real processes: ``make test-faults``, after the drills of ``kills``.

One line for each fault, with process, signal and point; then the counts. The exit status is 1 when
an event was lost, doubled, out of order or told to a stranger, and also when fewer faults were
injected than planned.
"""

import sys

import click

from tests.faults.events.plan import Plan
from tests.faults.events.report import carried_out
from tests.faults.kills.__main__ import Tally, lines
from tests.faults.kills.stacks import STACKS

EVENTS_OF_A_ROUND = 1500


@click.command()
@click.option("--events", default=10_000, help="At least so many.")
@click.option("--rounds", default=0, help="How often each kill; by default by the events.")
@click.option("--seed", default=1, help="Of all that is by lot.")
@click.option("--stack", "only", default="", help="Only stacks with this in their name.")
def main(events: int, rounds: int, seed: int, only: str) -> None:
    """Tell events, kill meanwhile, and say who heard what."""
    plan = Plan(events, rounds or max(1, events // EVENTS_OF_A_ROUND), seed)
    chosen = [stack for stack in STACKS if only in stack.name]
    tally = Tally(sum(len(plan.kills(stack)) for stack in chosen))
    for stack in chosen:
        report = carried_out(stack, plan)
        tally.take(report.result)
        for line in (*lines(report.result), *report.lines()):
            click.echo(line)
    click.echo(tally.summary)
    sys.exit(not tally.is_clean)


if __name__ == "__main__":
    main()
