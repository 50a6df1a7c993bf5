"""Many calls with new seeds: ``python -m tests.model``; ``--seed`` plays one plan again."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from time import monotonic

import click
import structlog

from tests.model.episode import Difference, episode, shortest

AT_ONCE = 2
LENGTH = 500
"""Calls of a plan: the longer, the more there is to be mixed up."""

SILENT = 50


@click.command()
@click.option("--calls", default=50_000, show_default=True, help="How many in all.")
@click.option("--seed", type=int, help="Of the one plan to play; left out, new ones.")
@click.option("--length", default=LENGTH, show_default=True, help="Calls of one plan.")
def main(calls: int, seed: int | None, length: int) -> None:
    """Play plans, and say how far they are."""
    plans = -(-calls // length) if seed is None else 1
    seeds = [secrets.randbelow(10**9) for _ in range(plans)] if seed is None else [seed]
    begin, done = monotonic(), 0
    with ProcessPoolExecutor(AT_ONCE, initializer=silence) as pool:
        for played, reason in pool.map(outcome, _pairs(seeds, length)):
            if reason:
                pool.shutdown(cancel_futures=True)
                raise click.ClickException(reason)
            done += played
            rate = done / (monotonic() - begin)
            click.echo(f"{done:7,} of {plans * length:,} calls, 0 differences, {rate:.0f} a second")


def _pairs(seeds: list[int], length: int) -> Iterator[tuple[int, int]]:
    return ((seed, length) for seed in seeds)


def outcome(plan: tuple[int, int]) -> tuple[int, str]:
    """Play a plan by its seed and length; return how many calls it had, and what differs."""
    seed, length = plan
    try:
        return episode(seed, length), ""
    except Difference as found:
        least = shortest(found, seconds=300)
        return 0, f"seed {seed}, --length {length}: {least}"


def silence() -> None:
    """Let the gateway log nothing."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(SILENT))


if __name__ == "__main__":
    main()
