"""What is wrong after a fault: the invariants, read from the deployment and from the API."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.kills.cases import Case, Scene
from tests.faults.kills.fleet import Fleet, Late, await_
from tests.simulated import JSON

KINDS = ("lost", "doubled", "orphan", "late")
"""What is counted; any other finding is a failure too, under a name of its own."""

SPES_OWN = "$"
KEPT = {"succeeded": 1, "failed": 0, "cancelled": 0}
GONE = frozenset({"failed", "purged"})
"""States of an instance of which its deployment knows nothing."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes:
        kind: one of ``KINDS``, or another word.
        words: what.
    """

    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}"


def findings(
    fleet: Fleet, case: Case, scene: Scene, operation: JSON, begun: list[JSON]
) -> Iterator[Finding]:
    """Look at everything that must hold when the fault is over.

    Args:
        fleet: the stack.
        case: what was called.
        scene: about what.
        operation: what became of the call.
        begun: every operation that the call has begun.
    """
    state = fleet.control.state()
    yield from _of_the_operation(case, operation, begun)
    yield from _of_the_effect(fleet, case, scene, operation, state)
    yield from _of_the_audit(fleet, operation)
    yield from orphans(fleet, state)


def _of_the_operation(case: Case, operation: JSON, begun: list[JSON]) -> Iterator[Finding]:
    """I4, I5, I6: one operation, ended within its deadline, and known for what it is."""
    alive = [each["id"] for each in begun if each["status"] != "failed"]
    if len(alive) > 1:
        yield Finding("doubled", f"the call began {alive}")
    if operation["id"] not in {each["id"] for each in begun}:
        yield Finding("lost", f"{operation['id']} is not listed")
    if operation["endTime"] is None or operation["endTime"] > operation["deadline"]:
        yield Finding("late", f"it ended at {operation['endTime']}")
    if operation["status"] == "unknown" and case.is_settled:
        yield Finding("unknown", f"though it can be read: {operation['problem']}")


def _of_the_effect(
    fleet: Fleet, case: Case, scene: Scene, operation: JSON, state: JSON
) -> Iterator[Finding]:
    """I4, I7, I13: exactly one effect, or none and a failure; never a second one."""
    done, status = case.done(state, scene), operation["status"]
    if status == case.ends and done == 0:
        yield Finding("lost", f"{status}, but there is no effect")
    if status == "failed" != case.ends and done and not case.repeats:
        yield Finding("orphan", f"failed, but there is an effect: {operation['problem']}")
    if status not in {case.ends, "unknown", "failed"}:
        yield Finding("wrong", f"{status}: {operation['problem']}")
    carried_out = [
        entry
        for entry in fleet.control.journal()
        if entry["command"] == case.command and entry["changed"]
    ]
    if done > 1 or (len(carried_out) > 1 and not case.repeats):
        yield Finding("doubled", f"{case.command} was carried out {len(carried_out)} times")


def _of_the_audit(fleet: Fleet, operation: JSON) -> Iterator[Finding]:
    """I8: intent before, outcome after, each once."""

    def told() -> list[str] | None:
        rows = fleet.every(f"/audit-log?operation={operation['id']}")
        phases = [row["phase"] for row in sorted(rows, key=lambda row: int(row["number"]))]
        return phases if "outcome" in phases else None

    try:
        phases = await_(told, "no outcome", 10)
    except Late:
        phases = []
    if phases != ["intent", "outcome"]:
        yield Finding("audit", f"{operation['id']} has {phases}")


def orphans(fleet: Fleet, state: JSON) -> Iterator[Finding]:
    """I3, I9, I14: both sides have the same, quotas are what there is, and nothing is locked."""
    ours = {each["instanceID"] for each in fleet.every("/instances") if each["status"] not in GONE}
    for name in sorted(ours ^ set(state["instances"])):
        yield Finding("orphan", f"{name} is on one side only")
    used = fleet.call("GET", f"/resellers/{fleet.reseller}/quotas")["usage"]
    for resource, there in _counted(state).items():
        if used[resource]["used"] != there:
            yield Finding("quota", f"{used[resource]['used']} {resource}, but there are {there}")
    if used["concurrentOperations"]["used"]:
        yield Finding("late", "an operation has not ended")
    for operation in fleet.locks():
        yield Finding("locked", f"{operation} still holds its lock")


def _counted(state: JSON) -> Counter[str]:
    """Count what the quotas count, as the deployment has it."""
    counts: Counter[str] = Counter(instances=len(state["instances"]), users=0, stores=0)
    for instance in state["instances"].values():
        key = f"{instance['instance_host']}|{instance['base_directory']}".casefold()
        archive: dict[str, Any] = state["archives"].get(key, {"stores": [], "users": {}})
        counts["stores"] += len(archive["stores"])
        counts["users"] += sum(not name.startswith(SPES_OWN) for name in archive["users"])
    return counts
