"""What costs how much with 100 to 1,000,000 instances, asked side by side."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from time import process_time
from typing import Final

from benchmarks.figures import interleaved, timed
from benchmarks.growth.fit import Curve
from benchmarks.growth.rows import Estate, deployment, instance, reseller
from benchmarks.growth.scene import Scene, scene
from benchmarks.processes import BenchmarkError
from gateway.billing.closing import Closing
from gateway.model import Month, Reach, now
from gateway.storage import resellers

PAGE: Final = "/instances?limit=100"
FEWER: Final = "/instances?limit=25"
"""From the middle of 100, too, it is full, and there are more."""

OWN: Final = "limit=10"
"""A reseller has so many of 100, and more of more: its pages are as full."""

OF: Final = "instances"
LAST: Final = Month.of(now()).previous

Action = Callable[[Scene], object]
Databases = Callable[[], AbstractContextManager[str]]
"""Each makes an empty database, and yields its URL; an empty one stands for SQLite's own file."""


def _middle(at: Scene) -> object:
    cursor = at.cursor(at.operator, "/instances", instance(at.size // 2))
    return at.operator.get(f"{FEWER}&cursor={cursor}")


def _usage(at: Scene) -> object:
    period = f"from={LAST.since:%Y-%m-%d}&to={LAST.until:%Y-%m-%d}"
    return at.reseller.get(f"/usage?{period}&{OWN}")


ACTIONS: Final[Mapping[str, Action]] = {
    "list, first page": lambda at: at.operator.get(PAGE),
    "list, from the middle": _middle,
    "list of one deployment": lambda at: at.operator.get(f"{PAGE}&deployment={deployment(0)}"),
    "list of one reseller": lambda at: at.operator.get(f"/instances?{OWN}&reseller={reseller(1)}"),
    "list by external id": lambda at: at.operator.get(f"{PAGE}&externalId=none"),
    "list by a label that all have": lambda at: at.operator.get(f"{PAGE}&label=plan:gold"),
    "list by a label that none has": lambda at: at.operator.get(f"{PAGE}&label=plan:none"),
    "list by a status that none has": lambda at: at.operator.get(f"{PAGE}&status=frozen"),
    "list by a text that none has": lambda at: at.operator.get(f"{PAGE}&q=nobody"),
    "list, a reseller's own": lambda at: at.reseller.get(f"/instances?{OWN}"),
    "list, a distributor's 50 resellers": lambda at: at.distributor.get(PAGE),
    "operations, first page": lambda at: at.operator.get("/operations?limit=100"),
    "operations, a reseller's own": lambda at: at.reseller.get(f"/operations?{OWN}"),
    "operations that are running": lambda at: at.operator.get("/operations?status=running"),
    "audit log, a reseller's own": lambda at: at.reseller.get(f"/audit-log?{OWN}"),
    "usage of a month, a reseller's own": _usage,
    "sweep for what is due": lambda at: at.gateway.services.broker.ledger.due(32),
}
"""By name, what is measured through the gateway's own code."""


def embedded() -> AbstractContextManager[str]:
    """Let each gateway have SQLite in its home."""
    return nullcontext("")


def measured(
    folder: Path, sizes: Sequence[int], rounds: int, databases: Databases = embedded
) -> list[Curve]:
    """Measure lists, chores and the database with more and more instances.

    Args:
        folder: an empty one.
        sizes: how many instances.
        rounds: how often each action is measured, all sizes in turn.
        databases: what the gateways have.
    """
    with ExitStack() as stack:
        scenes, filled = [], {}
        for size in sizes:
            home, url = folder / str(size), stack.enter_context(databases())
            home.mkdir()
            enter = lambda: scenes.append(  # noqa: E731 # timed at once
                stack.enter_context(scene(home, Estate(size, size), url))  # noqa: B023 # as above
            )
            filled[size] = timed(enter)
        curves = [Curve("filled directly, and started", OF, "s", filled)]
        curves.append(Curve("database", OF, "bytes", {at.size: at.bytes() for at in scenes}))
        curves += [_curve(name, ACTIONS[name], scenes, rounds) for name in ACTIONS]
        return curves + _chores(scenes) + [_closing(scenes)]


def _curve(name: str, action: Action, scenes: Sequence[Scene], rounds: int) -> Curve:
    taken = interleaved(rounds, *(lambda at=at: action(at) for at in scenes))
    return Curve(name, OF, "s", {at.size: each for at, each in zip(scenes, taken, strict=True)})


def _chores(scenes: Sequence[Scene]) -> list[Curve]:
    """Measure the processor of a round of each chore, once what was new to it is done."""
    curves = []
    names = [chore.name for chore in scenes[0].gateway.chores]
    for name in [*names, "operations.tidy"]:
        points = {at.size: _round(at, name) for at in scenes}
        curves.append(Curve(f"chore {name}", OF, "cpu s", points))
    return curves


def _round(at: Scene, name: str) -> float:
    every = {chore.name: chore.run for chore in at.gateway.chores}
    run = every.get(name, at.gateway.services.broker.ledger.tidy)
    run()
    began = process_time()
    run()
    return process_time() - began


def _closing(scenes: Sequence[Scene]) -> Curve:
    """Measure the closing of the last month of one reseller."""
    points = {}
    for at in scenes:
        closing = Closing(at.database, 3600)
        with at.database.read() as connection:
            owner = resellers.find(connection, Reach("/"), reseller(0))
        if owner is None:
            raise BenchmarkError("The first reseller is not there.")
        points[at.size] = timed(lambda: closing.close(owner, LAST))  # noqa: B023 # called at once
    return Curve("closing of a month, one reseller", OF, "s", points)
