"""What came of a drill: faults, findings, and how much there was of everything."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import requests

from tests.faults.events.drill import Drill
from tests.faults.events.house import furnished
from tests.faults.events.judge import Inbox, Log, Truth, findings, transactions
from tests.faults.events.plan import Plan
from tests.faults.events.readers import listed
from tests.faults.events.rest import come_to_rest
from tests.faults.events.teller import End
from tests.faults.kills.findings import Finding
from tests.faults.kills.fleet import Late, NotReached, running
from tests.faults.kills.results import Result
from tests.faults.kills.stacks import Stack

LOOPBACK = "127.0.0.0/8"
CHUNK = 200


@dataclass
class Report:
    """What there was.

    Attributes:
        result: faults and findings.
        counts: how much, by what it is.
    """

    result: Result
    counts: dict[str, int] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Return a line for each count."""
        for what, number in self.counts.items():
            yield f"{self.result.stack:21} {number:6} {what}"


def carried_out(stack: Stack, plan: Plan) -> Report:
    """Carry a plan out on a stack; whatever goes wrong is a finding."""
    report = Report(Result(str(plan), str(stack), len(plan.kills(stack))))
    begun = monotonic()
    with TemporaryDirectory(prefix="spe-events-") as name:
        folder = Path(name)
        with (
            running(stack, webhook_networks=LOOPBACK, watch_seconds="0") as fleet,
            furnished(fleet, folder, plan.seed) as house,
        ):
            drill = Drill(plan, house, folder, report.result)
            try:
                _whole(drill, report)
            finally:
                drill.end()
    report.result.seconds = monotonic() - begun
    return report


def _whole(drill: Drill, report: Report) -> None:
    result = report.result
    try:
        drill.begin()
        drill.carry_out()
        come_to_rest(drill)
    except NotReached as error:
        result.findings.append(Finding("missing", f"{error}"))
    except Late as error:
        result.findings.append(Finding("late", f"{error}"))
    except (AssertionError, requests.RequestException) as error:
        result.findings.append(Finding("broken", f"{type(error).__name__}: {error}"))
    else:
        logs, inboxes, truth = _logs(drill), _inboxes(drill), _truth(drill)
        result.findings += findings(logs, inboxes, truth)
        report.counts = dict(_counts(drill, logs, inboxes, truth))
    for actor in drill.actors:
        result.findings += actor.deeds.findings


def _logs(drill: Drill) -> list[Log]:
    return [
        Log(
            name,
            drill.house.path[name],
            listed(drill.house.people[name], drill.plan.seed),
            follower.heard,
        )
        for name, follower in drill.followers.items()
    ]


def _inboxes(drill: Drill) -> list[Inbox]:
    return [
        Inbox(
            each.owner,
            each.known["types"],
            each.known["position"],
            each.receiver.lines,
            each.receiver.forged,
        )
        for each in drill.house.webhooks
    ]


def _truth(drill: Drill) -> Truth:
    deeds = [actor.deeds for actor in drill.actors]
    return Truth(
        diaries=[
            [json.loads(line) for line in diary.read_text().splitlines()] for diary in drill.diaries
        ],
        switched={leaf: told for each in deeds for leaf, told in each.switched.items()},
        changed={instance: n for each in deeds for instance, n in each.changed.items()},
        created=[instance for each in deeds for instance in each.created],
        operations=drill.fleet.every("/operations"),
        paths=drill.house.paths,
        known=frozenset(each["id"] for each in drill.fleet.every("/instances")),
    )


def _counts(
    drill: Drill, logs: list[Log], inboxes: list[Inbox], truth: Truth
) -> Iterator[tuple[str, int]]:
    ends = [(len(told), end) for diary in truth.diaries for told, end in transactions(diary)]
    yield "types of events", len({each["type"] for each in logs[0].listed})
    yield from ((f"events in the log of {log.name}", len(log.listed)) for log in logs)
    yield "calls that change something", sum(actor.deeds.calls for actor in drill.actors)
    for end in End:
        many = [size for size, each in ends if each is end]
        yield f"events in {len(many)} transactions of tellers that were {end}", sum(many)
    yield (
        "times that streams went on where they had broken off",
        sum(each.returns - 1 for each in drill.followers.values()),
    )
    for inbox, webhook in zip(inboxes, drill.house.webhooks, strict=True):
        yield f"events that came to the webhook of {inbox.name}", len(inbox.lines)
        more = webhook.receiver.taken - len(inbox.lines)
        yield f"of these came once more, with the same webhook-id, to {inbox.name}", more
