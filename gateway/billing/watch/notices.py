"""What a look tells beside the one before it: what begins, and what ends."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from gateway.billing.watch.answers import FAILED, WELL, WITH_ERRORS, Run, Store
from gateway.billing.watch.judgement import (
    APART,
    Look,
    Outcome,
    has_stopped,
    last_growth,
    outcome_of,
)
from gateway.billing.watch.memory import Memory
from gateway.billing.watch.visit import Findings
from gateway.model import EventType

NAMED: Final = 100
"""How many stores an event names at most, and of how many profiles a look tells."""

REMEMBERED: Final = 1000
"""Results of one second that are known again."""

LATE: Final = timedelta(days=1)
"""By how much a deployment's clock may be behind ours."""

Notice = tuple[EventType, Mapping[str, Any]]
"""What is told of an instance, and its data."""


def compared(memory: Memory, found: Findings, period: timedelta) -> tuple[Memory, list[Notice]]:
    """Compare a look with what is remembered.

    What could not be read changes nothing.

    Args:
        memory: of the looks before.
        found: by this one.
        period: between two looks.

    Returns:
        What is remembered from now on, and what is to be told.
    """
    ended = None
    if found.runs is not None:
        memory = replace(memory, run_end=memory.run_end or _whole(found.time - period))
        ended = _new(memory, found.runs, found.time)
    memory, stores = _stores(memory, found.stores)
    memory, archiving = _archiving(memory, found, ended, period)
    memory, profiles = _profiles(memory, ended, found.time)
    return memory, [*stores, *profiles, *archiving]


def _stores(memory: Memory, stores: Sequence[Store] | None) -> tuple[Memory, list[Notice]]:
    if stores is None:
        return memory, []
    by_id = {store.id: store for store in stores}
    failed = frozenset(store.id for store in stores if store.has_failed)
    rebuild = frozenset(store.id for store in stores if store.needs_rebuild)
    wishes = (
        (EventType.STORE_FAILED, failed - memory.failed),
        (EventType.STORE_RECOVERED, memory.failed - failed),
        (EventType.INDEX_REBUILD_NEEDED, rebuild - memory.rebuild),
    )
    told = [(kind, _named(numbers, by_id)) for kind, numbers in wishes if numbers]
    return replace(memory, failed=failed, rebuild=rebuild), told


def _named(numbers: Collection[int], by_id: Mapping[int, Store]) -> Mapping[str, Any]:
    named = [_state(number, by_id.get(number)) for number in sorted(numbers)[:NAMED]]
    return {"stores": named, "count": len(numbers)}


def _state(number: int, store: Store | None) -> Mapping[str, Any]:
    if store is None:
        return {"id": number, "state": "detached"}
    states = (("failed", store.has_failed), ("disabled", store.is_disabled))
    state = next((name for name, is_so in states if is_so), "open")
    return {"id": number, "state": state, "needsUpgrade": store.needs_upgrade}


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)


def _new(memory: Memory, runs: Sequence[Run], time: datetime) -> list[Run]:
    """Return the profiles that ended since the last look.

    The deployment's clock counts: one that is ahead of ours is heard the next time.
    """
    seen = {(memory.run_end, number) for number in memory.run_ids}
    return [
        run
        for run in runs
        if memory.run_end is not None
        and memory.run_end <= run.end <= time
        and (run.end, run.id) not in seen
    ]


def _profiles(
    memory: Memory, ended: Sequence[Run] | None, time: datetime
) -> tuple[Memory, list[Notice]]:
    if ended is None:
        return memory, []
    for run in ended:
        ids = memory.run_ids if run.end == memory.run_end else frozenset()
        if len(ids) < REMEMBERED:
            ids |= {run.id}
        memory = replace(memory, run_end=run.end, run_ids=ids)
    # Where no profile ends, what is asked for must stay short all the same.
    floor = _whole(time - LATE)
    if memory.run_end is None or memory.run_end < floor:
        memory = replace(memory, run_end=floor, run_ids=frozenset())
    return memory, list(_failures(ended))


def _failures(ended: Sequence[Run]) -> Iterator[Notice]:
    """Yield one notice for each profile of which a run failed, or ended with errors."""
    bad: dict[int | None, list[Run]] = defaultdict(list)
    for run in ended:
        if run.result in {FAILED, WITH_ERRORS}:
            bad[run.profile].append(run)
    for profile, runs in islice(bad.items(), NAMED):
        said = {
            "profileId": profile,
            "profileName": runs[-1].name,
            "result": FAILED if any(run.result == FAILED for run in runs) else WITH_ERRORS,
            "count": len(runs),
            "lastTime": runs[-1].end.isoformat(),
        }
        yield EventType.PROFILE_FAILED, {k: v for k, v in said.items() if v is not None}


def _archiving(
    memory: Memory, found: Findings, ended: Sequence[Run] | None, period: timedelta
) -> tuple[Memory, list[Notice]]:
    last = memory.looks[-1].time if memory.looks else None
    is_soon = last is not None and found.time - last < APART
    if found.messages is None or not found.archives or is_soon:
        return memory, []
    look = _look(memory.messages, found.messages, found.time, ended)
    if memory.stopped is not None:
        return _while_stopped(memory, memory.stopped, look, found.messages)
    after = memory.with_look(look, found.messages)
    grown = last_growth(after.looks)
    if grown is None or not has_stopped(after.looks, period):
        return after, []
    since = after.looks[grown].time
    # What followed was none of its usual pauses, from which more patience would be learnt.
    stopped = replace(after, looks=after.looks[: grown + 1], stopped=since)
    return stopped, [(EventType.ARCHIVING_STOPPED, _since(since, found.messages))]


def _while_stopped(
    memory: Memory, since: datetime, look: Look, messages: int
) -> tuple[Memory, list[Notice]]:
    if look.outcome is not Outcome.GREW:
        return replace(memory, messages=messages), []
    after = replace(memory.with_look(look, messages), stopped=None)
    return after, [(EventType.ARCHIVING_RESUMED, _since(since, messages))]


def _since(time: datetime, messages: int) -> Mapping[str, Any]:
    return {"lastGrowthTime": time.isoformat(), "messages": messages}


def _look(before: int | None, messages: int, time: datetime, ended: Sequence[Run] | None) -> Look:
    if ended is None:
        return Look(time, outcome_of(before, messages, None), None)
    archived = sum(run.archived for run in ended)
    ran = any(run.result in WELL for run in ended)
    return Look(time, outcome_of(before, messages, archived), ran)
