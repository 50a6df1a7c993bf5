"""Whether the cluster kept its promises; each finding says what did not hold."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from deploy.cluster.evidence import JSON, Evidence

FINAL: Final = frozenset({"succeeded", "failed", "cancelled"})
"""States of an operation of which everything is known; ``unknown`` is none of them."""

GONE: Final = frozenset({"purged", "failed"})
STARTS: Final = frozenset({"VerifyStore", "VerifyStores"})
"""Commands that change nothing that lasts, and are not to be begun twice all the same."""


@dataclass(frozen=True)
class Verdict:
    """One promise.

    Args:
        promise: in words.
        seen: what was looked at.
        findings: what did not hold; none if all did.
    """

    promise: str
    seen: str
    findings: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not self.findings

    def document(self) -> JSON:
        """Return it as JSON."""
        return {**vars(self), "findings": list(self.findings), "holds": self.holds}


def judged(evidence: Evidence) -> list[Verdict]:
    """Judge a run."""
    return [
        _nothing_lost(evidence),
        _broken_where_killed(evidence),
        _all_at_work(evidence),
        _all_final(evidence),
        _nothing_twice(evidence),
        _events_complete(evidence),
        _both_sides_alike(evidence),
    ]


def _nothing_lost(evidence: Evidence) -> Verdict:
    last = {attempt.request: attempt for attempt in evidence.attempts}
    lost = [each.call for each in last.values() if each.status is None]
    failed = [f"{each.call}: {each.status}" for each in last.values() if (each.status or 0) >= 500]  # noqa: PLR2004 # server errors
    findings = [f"lost: {each}" for each in lost] + [f"not answered: {each}" for each in failed]
    return Verdict("Every request is answered in the end", f"{len(last)} requests", findings)


def _broken_where_killed(evidence: Evidence) -> Verdict:
    """Only what was under way at the killed gateway may have broken."""
    kill, broken = evidence.kill, [each for each in evidence.attempts if each.status is None]
    findings = []
    for each in broken:
        passage = evidence.passages.get(each.name)
        where = passage.server if passage else "no gateway"
        if where != kill.gateway or each.began > kill.ended or each.ended < kill.began:
            findings.append(f"{each.call} broke at {where}, which was not killed then")
    seen = f"{len(broken)} broken and repeated"
    return Verdict("None broke but those in flight at the killed gateway", seen, findings)


def _all_at_work(evidence: Evidence) -> Verdict:
    """The kill befell work, the others went on meanwhile, and the killed one came back."""
    kill = evidence.kill
    answered = [each for each in evidence.attempts if each.status is not None]
    meanwhile = [each for each in answered if kill.ended < each.began and each.ended < kill.back]
    back = [each for each in answered if each.began > kill.back and _at(evidence, each.name)]
    findings = []
    if not kill.under_way:
        findings.append("nothing was under way when it was killed")
    if not meanwhile:
        findings.append("nobody was answered while it was away")
    if not back:
        findings.append(f"{kill.gateway} did not serve again")
    seen = f"{kill.under_way} operations under way, {len(meanwhile)} requests answered meanwhile"
    return Verdict("The others go on, and the killed ones come back", seen, findings)


def _at(evidence: Evidence, name: str) -> bool:
    passage = evidence.passages.get(name)
    return passage is not None and passage.server == evidence.kill.gateway


def _all_final(evidence: Evidence) -> Verdict:
    known = {each["id"] for each in evidence.operations}
    findings = [
        f"{each['id']} ({each['kind']}) is {each['status']}"
        for each in evidence.operations
        if each["endTime"] is None or each["status"] not in FINAL
    ]
    findings += [f"{each} is not listed" for each in evidence.followed if each not in known]
    seen = f"{len(evidence.operations)} operations"
    return Verdict("Every operation has a known end", seen, findings)


def _nothing_twice(evidence: Evidence) -> Verdict:
    done = Counter(_deeds(evidence))
    findings = [f"{what} {count} times" for what, count in done.items() if count > 1]
    seen = f"{done.total()} changes in the journals of {len(evidence.journals)} deployments"
    return Verdict("Nothing is done twice", seen, findings)


def _deeds(evidence: Evidence) -> Iterator[str]:
    """Name what deployments were made to do, so that the same thing has the same name."""
    for name, journal in evidence.journals.items():
        for entry in journal:
            begins = entry["command"] in STARTS and entry["outcome"] == "succeeded"
            if entry["authorized"] and (entry["changed"] or begins):
                told = ", ".join(f"{each}={value}" for each, value in _open(entry["arguments"]))
                yield f"{name}: {entry['command']}({told})"


def _open(arguments: Sequence[Sequence[Any]]) -> Iterator[tuple[str, Any]]:
    """Leave out what is secret; it is made anew for each attempt."""
    for name, value in arguments:
        if "password" not in name.lower():
            yield name, value


def _events_complete(evidence: Evidence) -> Verdict:
    """Numbers without a gap; of each operation its end, of each instance its creation, once."""
    numbers = [each["number"] for each in evidence.events]
    told = Counter((each["type"], each["subject"]) for each in evidence.events)
    gaps = [b for a, b in pairwise(numbers) if b != a + 1]
    findings = [f"number {each} does not follow the one before" for each in gaps]
    wanted = [(f"operation.{each['status']}", each["id"]) for each in evidence.changing]
    wanted += [("operation.started", each) for each in evidence.followed]
    wanted += [("instance.created", each["id"]) for each in evidence.instances]
    findings += [
        f"{kind} of {subject} is told {told[kind, subject]} times"
        for kind, subject in wanted
        if told[kind, subject] != 1
    ]
    return Verdict("Every event is told, once", f"{len(numbers)} events", findings)


def _both_sides_alike(evidence: Evidence) -> Verdict:
    ours = Counter(each["instanceID"] for each in evidence.instances if each["status"] not in GONE)
    theirs = Counter(name for names in evidence.there.values() for name in names)
    findings = [f"{each} is on one side only" for each in sorted((ours - theirs) + (theirs - ours))]
    seen = f"{ours.total()} instances"
    return Verdict("The gateway and the deployments have the same", seen, findings)
