"""What the judge of the cluster's demonstration sees: each thing that goes wrong is planted."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from deploy.cluster.client import Attempt
from deploy.cluster.evidence import JSON, Evidence, Kill
from deploy.cluster.judge import judged
from deploy.cluster.proxy import Passage

KILL = Kill("gateway-a", "worker-a", began=10.0, ended=10.1, back=20.0, under_way=3)
WELL = Passage("gateway-b", 200, "--")
CUT = Passage("gateway-a", 502, "SH")


def attempt(name: str, began: float, ended: float, status: int | None = 200) -> Attempt:
    """Return an attempt at the request that the first letter of its name names."""
    return Attempt(name, name[0], "POST /instances", began, ended, status)


def entry(command: str, *arguments: tuple[str, str], changed: bool = True) -> JSON:
    """Return an entry of a journal."""
    return {
        "command": command,
        "arguments": [list(each) for each in arguments],
        "authorized": True,
        "changed": changed,
        "outcome": "succeeded",
    }


def operation(name: str, status: str = "succeeded", end: str | None = "12:00") -> JSON:
    return {"id": name, "kind": "createInstance", "status": status, "endTime": end}


def event(number: int, kind: str, subject: str) -> JSON:
    return {"number": number, "type": kind, "subject": subject}


GOOD = Evidence(
    attempts=(
        attempt("a1", 9.0, 10.1, None),
        attempt("a2", 10.4, 11.0),
        attempt("b1", 21.0, 22.0),
    ),
    passages={"a1": CUT, "a2": WELL, "b1": Passage("gateway-a", 200, "--")},
    kill=KILL,
    followed=("op_1",),
    operations=(operation("op_1"),),
    changing=(operation("op_1"),),
    events=(
        event(1, "operation.started", "op_1"),
        event(2, "instance.created", "ins_1"),
        event(3, "operation.succeeded", "op_1"),
    ),
    instances=({"id": "ins_1", "instanceID": "acme", "status": "active"},),
    journals={
        "alpha": (
            entry("CreateInstance", ("config", "acme")),
            entry("VerifyStore", ("instanceID", "acme"), ("id", "1"), changed=False),
            entry("SetUserPassword", ("password", "first")),
        )
    },
    there={"alpha": ("acme",)},
)


def findings(evidence: Evidence) -> list[str]:
    return [finding for verdict in judged(evidence) for finding in verdict.findings]


def test_a_run_in_which_all_went_well_has_no_findings() -> None:
    assert findings(GOOD) == []


def lost(good: Evidence) -> Evidence:
    return replace(
        good,
        attempts=(*good.attempts, attempt("c1", 9.9, 10.1, None)),
        passages={**good.passages, "c1": CUT},
    )


def refused(good: Evidence) -> Evidence:
    return replace(good, attempts=(*good.attempts, attempt("c1", 12.0, 12.1, 500)))


def broken_elsewhere(good: Evidence) -> Evidence:
    return replace(good, passages={**good.passages, "a1": Passage("gateway-b", 502, "SH")})


def broken_before(good: Evidence) -> Evidence:
    early = (attempt("c1", 1.0, 2.0, None), attempt("c2", 2.5, 3.0))
    return replace(good, attempts=(*early, *good.attempts), passages={**good.passages, "c1": CUT})


def unseen_by_the_proxy(good: Evidence) -> Evidence:
    return replace(good, passages={"b1": good.passages["b1"]})


def nothing_under_way(good: Evidence) -> Evidence:
    return replace(good, kill=replace(KILL, under_way=0))


def nobody_answered_meanwhile(good: Evidence) -> Evidence:
    return replace(good, kill=replace(KILL, back=10.2))


def never_back(good: Evidence) -> Evidence:
    return replace(good, passages={**good.passages, "b1": WELL})


def never_ends(good: Evidence) -> Evidence:
    return replace(good, operations=(operation("op_1", "running", None),))


def ends_as_unknown(good: Evidence) -> Evidence:
    return replace(good, operations=(operation("op_1", "unknown"),))


def forgotten(good: Evidence) -> Evidence:
    return replace(good, followed=(*good.followed, "op_2"))


def done_twice(good: Evidence) -> Evidence:
    twice = (*good.journals["alpha"], entry("CreateInstance", ("config", "acme")))
    return replace(good, journals={"alpha": twice})


def begun_twice(good: Evidence) -> Evidence:
    again = entry("VerifyStore", ("instanceID", "acme"), ("id", "1"), changed=False)
    return replace(good, journals={"alpha": (*good.journals["alpha"], again)})


def set_twice_to_different_secrets(good: Evidence) -> Evidence:
    again = entry("SetUserPassword", ("password", "second"))
    return replace(good, journals={"alpha": (*good.journals["alpha"], again)})


def untold(good: Evidence) -> Evidence:
    return replace(good, events=good.events[:2])


def told_twice(good: Evidence) -> Evidence:
    return replace(good, events=(*good.events, event(4, "operation.succeeded", "op_1")))


def with_a_gap(good: Evidence) -> Evidence:
    return replace(good, events=(*good.events, event(9, "reseller.resumed", "res_1")))


def only_there(good: Evidence) -> Evidence:
    return replace(good, there={"alpha": ("acme", "stray")})


def only_here(good: Evidence) -> Evidence:
    return replace(good, there={"alpha": ()})


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (lost, "lost: POST /instances"),
        (refused, "not answered: POST /instances: 500"),
        (broken_elsewhere, "POST /instances broke at gateway-b, which was not killed then"),
        (broken_before, "POST /instances broke at gateway-a, which was not killed then"),
        (unseen_by_the_proxy, "POST /instances broke at no gateway, which was not killed then"),
        (nothing_under_way, "nothing was under way when it was killed"),
        (nobody_answered_meanwhile, "nobody was answered while it was away"),
        (never_back, "gateway-a did not serve again"),
        (never_ends, "op_1 (createInstance) is running"),
        (ends_as_unknown, "op_1 (createInstance) is unknown"),
        (forgotten, "op_2 is not listed"),
        (done_twice, "alpha: CreateInstance(config=acme) 2 times"),
        (begun_twice, "alpha: VerifyStore(instanceID=acme, id=1) 2 times"),
        (set_twice_to_different_secrets, "alpha: SetUserPassword() 2 times"),
        (untold, "operation.succeeded of op_1 is told 0 times"),
        (told_twice, "operation.succeeded of op_1 is told 2 times"),
        (with_a_gap, "number 9 does not follow the one before"),
        (only_there, "stray is on one side only"),
        (only_here, "acme is on one side only"),
    ],
)
def test_what_goes_wrong_is_found(planted: Callable[[Evidence], Evidence], said: str) -> None:
    found = findings(planted(GOOD))

    assert said in found
