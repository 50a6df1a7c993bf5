"""What must hold of the logs and the webhooks, and what is wrong if it does not.

Everything is judged by what was committed: the tellers' diaries and the answers to calls.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.events.types import expanded
from tests.faults.events.teller import End
from tests.faults.kills.findings import Finding
from tests.simulated import JSON

SHOWN = 3
"""How many of many a finding names."""


@dataclass(frozen=True)
class Log:
    """A reseller's log.

    Attributes:
        name: of the reseller.
        path: of the reseller.
        listed: as it was read page by page.
        streamed: as it came by stream.
    """

    name: str
    path: str
    listed: Sequence[JSON]
    streamed: Sequence[JSON]


@dataclass(frozen=True)
class Inbox:
    """What a webhook's receiver has.

    Attributes:
        name: of the reseller.
        types: what the webhook wants.
        position: number of the last event that it need not hear.
        lines: of its file.
        forged: how often a signature did not fit.
    """

    name: str
    types: Sequence[str] | None
    position: int
    lines: Sequence[JSON]
    forged: int = 0


@dataclass(frozen=True)
class Truth:
    """What was done, by those who did it.

    Attributes:
        diaries: lines of each teller.
        switched: for each leaf, what must be told of it.
        changed: how often each instance was changed.
        created: ids of instances.
        operations: all that there are.
        paths: of all resellers, by their ids.
        known: subjects of which more may be told.
    """

    diaries: Sequence[Sequence[JSON]] = ()
    switched: Mapping[str, Sequence[str]] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    created: Sequence[str] = ()
    operations: Sequence[JSON] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    known: frozenset[str] = frozenset()


def findings(logs: Sequence[Log], inboxes: Sequence[Inbox], truth: Truth) -> Iterator[Finding]:
    """Look at everything; the first log is the root's."""
    root, by_name = logs[0], {log.name: log for log in logs}
    for log in logs:
        yield from _of_the_numbers(log)
        yield from _of_the_stream(log)
        yield from _of_the_tree(root, log, truth.paths)
    yield from _of_the_tellers(root, truth)
    yield from _of_the_changes(root, truth)
    yield from _of_the_operations(root, truth)
    yield from _of_strangers(root, truth)
    for inbox in inboxes:
        yield from _of_an_inbox(by_name[inbox.name], inbox)


def _of_the_numbers(log: Log) -> Iterator[Finding]:
    """Numbers from one on without gaps, and each event once."""
    numbers = [each["number"] for each in log.listed]
    if numbers != list(range(1, len(numbers) + 1)):
        yield Finding("lost", f"the log of {log.name} is not numbered from 1 to {len(numbers)}")
    yield from _doubled(log.name, [each["id"] for each in log.listed])


def _doubled(where: str, ids: Sequence[str]) -> Iterator[Finding]:
    twice = [each for each, times in Counter(ids).items() if times > 1]
    if twice:
        yield Finding("doubled", f"{len(twice)} events of {where}: {twice[:SHOWN]}")


def _of_the_stream(log: Log) -> Iterator[Finding]:
    """The stream tells the same as the pages, however often it broke off."""
    pages = [_plain(each) for each in log.listed]
    if [_plain(each) for each in log.streamed] != pages:
        count = f"{len(log.streamed)} events instead of {len(pages)}, or others"
        yield Finding("lost", f"the stream of {log.name} told {count}")


def _plain(event: JSON) -> dict[str, Any]:
    """Return an event without its time, which pages and streams may write otherwise."""
    return {name: value for name, value in event.items() if name != "time"}


def _of_the_tree(root: Log, log: Log, paths: Mapping[str, str]) -> Iterator[Finding]:
    """A log has what happens to its reseller and below, in the order of everybody, and no more."""
    foreign = [e["id"] for e in log.listed if not paths[e["reseller"]].startswith(log.path)]
    if foreign:
        yield Finding("foreign", f"{log.name} hears of {foreign[:SHOWN]}")
    hers = [e["id"] for e in root.listed if paths[e["reseller"]].startswith(log.path)]
    ids = [each["id"] for each in log.listed]
    if set(hers) - set(ids):
        yield Finding("lost", f"{log.name} does not hear of {len(set(hers) - set(ids))} events")
    elif not foreign and hers != ids:
        yield Finding("order", f"{log.name} hears in another order than the root")


def _of_the_tellers(root: Log, truth: Truth) -> Iterator[Finding]:
    """What was committed is told as it was, what was not is not, and never half of it."""
    listed = {each["id"]: each for each in root.listed}
    places: dict[str, list[int]] = defaultdict(list)
    for diary in truth.diaries:
        for told, end in transactions(diary):
            there = [each for each in told if each["id"] in listed]
            if there and end in {End.ROLLED_BACK, End.KILLED}:
                yield Finding("wrong", f"{len(there)} events of a change that was {end}")
            if len(there) < len(told) and (end is End.COMMITTED or there):
                yield Finding("lost", f"{len(told) - len(there)} events of {len(told)}, {end}")
            for each in there:
                yield from _altered(each, listed[each["id"]], truth.paths)
                places[each["subject"]].append(listed[each["id"]]["number"])
    for subject, numbers in places.items():
        if numbers != sorted(numbers):
            yield Finding("order", f"events of {subject} are not told as they were made")


def transactions(diary: Sequence[JSON]) -> Iterator[tuple[list[JSON], End]]:
    """Yield the events of each transaction of a diary, and its end."""
    told: list[JSON] | None = None
    for line in diary:
        if "events" in line:
            if told is not None:
                yield told, End.UNKNOWN
            told = line["events"]
        elif told is not None:
            yield told, End(line["end"])
            told = None
    if told is not None:
        yield told, End.UNKNOWN


def _altered(told: JSON, listed: JSON, paths: Mapping[str, str]) -> Iterator[Finding]:
    same = all(told[name] == listed[name] for name in ("type", "subject", "instance", "data"))
    if not same or paths[listed["reseller"]] != told["path"]:
        yield Finding("wrong", f"{told['id']} is told otherwise than it was")


def _of_the_changes(root: Log, truth: Truth) -> Iterator[Finding]:
    """Each change that was answered is told once, in the order in which they were made."""
    told: dict[str, list[str]] = defaultdict(list)
    for each in root.listed:
        told[each["subject"]].append(each["type"])
    for leaf, words in truth.switched.items():
        if told[leaf] != list(words):
            yield Finding("wrong", f"{leaf}: {len(told[leaf])} instead of {len(words)} told")
    for instance in truth.created:
        if told[instance].count("instance.created") != 1:
            yield Finding("wrong", f"{instance} is told to be created {told[instance][:SHOWN]}")
        times = told[instance].count("instance.updated")
        if times != truth.changed.get(instance, 0):
            want = truth.changed.get(instance, 0)
            yield Finding("wrong", f"{instance} was changed {want} times, told {times} times")


def _of_the_operations(root: Log, truth: Truth) -> Iterator[Finding]:
    """Each operation that changes something is told to have begun, and then how it ended.

    Of what is done in parts only the whole is told to have begun.
    """
    told: dict[str, list[str]] = defaultdict(list)
    for each in root.listed:
        told[each["subject"]].append(each["type"])
    for operation in truth.operations:
        words = told[operation["id"]]
        end = f"operation.{operation['status']}"
        whole = [end] if operation["parent"] else ["operation.started", end]
        if words != whole and (words or operation["kind"] in CHANGING):
            yield Finding("wrong", f"{operation['kind']} {operation['id']}: {words}")


CHANGING = frozenset({"createInstance", "instanceActions"})


def _of_strangers(root: Log, truth: Truth) -> Iterator[Finding]:
    """Nothing is told that nobody has done."""
    told = {e["id"] for diary in truth.diaries for many, _ in transactions(diary) for e in many}
    subjects = {*truth.switched, *truth.created, *truth.known}
    subjects |= {operation["id"] for operation in truth.operations}
    strange = [e for e in root.listed if e["id"] not in told and e["subject"] not in subjects]
    for each in strange[:SHOWN]:
        yield Finding("strange", f"{each['type']} of {each['subject']}: {each['data']}")


def _of_an_inbox(log: Log, inbox: Inbox) -> Iterator[Finding]:
    """A receiver has each event that its webhook wants, as the log has it, and no other."""
    wanted = expanded(inbox.types)
    hers = {
        each["id"]: _plain(each)
        for each in log.listed
        if each["number"] > inbox.position and (wanted is None or each["type"] in wanted)
    }
    got = {line["webhookId"]: line["event"] for line in inbox.lines}
    if len(got) != len(inbox.lines):
        yield Finding("doubled", f"the file of {inbox.name} has an id twice")
    if missing := hers.keys() - got.keys():
        yield Finding("lost", f"{len(missing)} of {len(hers)} events did not come to {inbox.name}")
    if strange := got.keys() - hers.keys():
        yield Finding("foreign", f"{len(strange)} events came to {inbox.name}, not its own")
    altered = [
        each for each, event in got.items() if hers.get(each, _plain(event)) != _plain(event)
    ]
    if altered:
        yield Finding("wrong", f"{inbox.name} has {len(altered)} events otherwise than its log")
    if inbox.forged:
        yield Finding("forged", f"{inbox.forged} signatures for {inbox.name} did not fit")
