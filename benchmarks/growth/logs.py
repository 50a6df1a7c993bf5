"""What the log of events costs with the events of a year: read, written, numbered, trimmed."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import process_time
from typing import Final

from benchmarks.figures import interleaved, timed
from benchmarks.growth.fit import Curve
from benchmarks.growth.rows import Estate, fill_events, instance, reseller
from benchmarks.growth.scene import Scene, scene
from gateway.model import EventType, Happening, Reach
from gateway.storage import event_log, outbox, resellers

OF: Final = "events"
LOGS: Final = 10
"""Resellers that have them: so each has the log of a large one."""

TOLD: Final = 100
"""Events of one measured change."""


def measured(folder: Path, sizes: Sequence[int], rounds: int) -> list[Curve]:
    """Measure the log of events with more and more rows.

    Args:
        folder: an empty one.
        sizes: how many events.
        rounds: how often each action is measured, all sizes in turn.
    """
    with ExitStack() as stack:
        scenes, filled = dict[int, Scene](), dict[int, float]()
        for size in sizes:
            home = folder / str(size)
            home.mkdir()
            scenes[size] = stack.enter_context(scene(home, Estate(1000)))
            url = f"sqlite:///{home / 'gateway.db'}"
            filled[size] = timed(partial(fill_events, url, size, LOGS))
        curves = [
            Curve("filled directly", OF, "s", filled),
            Curve("database", OF, "bytes", {size: at.bytes() for size, at in scenes.items()}),
        ]
        actions: dict[str, Callable[[int, Scene], object]] = {
            "events, first page": partial(_page, 0),
            "events, from the middle": partial(_page, 2),
            f"{TOLD} events told and numbered": _told,
        }
        curves += [_curve(name, each, scenes, rounds) for name, each in actions.items()]
        return [*curves, _trim(scenes)]


def _curve(
    name: str, action: Callable[[int, Scene], object], scenes: dict[int, Scene], rounds: int
) -> Curve:
    taken = interleaved(rounds, *(partial(action, *each) for each in scenes.items()))
    return Curve(name, OF, "s", dict(zip(scenes, taken, strict=True)))


def _page(part: int, size: int, at: Scene) -> object:
    after = size // LOGS // part if part else 0
    return at.reseller.get(f"/events?limit=100&after={after}")


def _told(size: int, at: Scene) -> None:
    """Tell of changes in one transaction, and give them numbers."""
    del size
    with at.database.write() as connection:
        owner = resellers.find(connection, Reach("/"), reseller(1))
        path = "" if owner is None else owner.path
        happening = Happening(EventType.INSTANCE_UPDATED, instance(1), instance(1), None, {})
        event_log.tell_all(connection, [(path, happening)] * TOLD)
    outbox.drain(at.database, event_log.is_waiting, event_log.sequence)


def _trim(scenes: dict[int, Scene]) -> Curve:
    points = {}
    for size, at in scenes.items():
        [trim] = [chore.run for chore in at.gateway.chores if chore.name == "events.trim"]
        began = process_time()
        trim()
        points[size] = process_time() - began
    return Curve("chore events.trim, nothing old", OF, "cpu s", points)
