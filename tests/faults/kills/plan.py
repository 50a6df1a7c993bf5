"""Which drills there are: every fail point of every class of changing command, on every stack."""

from collections.abc import Iterator, Sequence

from gateway.spe.command import Effect
from tests.faults.kills.cases import CASES, Case
from tests.faults.kills.drills import POLLING, TWICE, Drill
from tests.faults.kills.points import POINTS
from tests.faults.kills.stacks import EMBEDDED, RABBITMQ, REDIS, Stack

CHANGING = tuple(effect for effect in Effect if effect.changes)
FIRST = ("updateInstance", "createInstance", "createStore", "deleteUser", "restartInstance")
"""A case of each class; the others are drilled on one stack."""

PUTTING_BACK = ("updateInstance", "createInstance-broken")
"""Cases that take back what an earlier step did, if the drill or the deployment breaks in."""

WORKERS = frozenset({*TWICE, *POLLING, "K10"})
"""Points that a worker passes; the others are a serving process's alone."""


def drills(stack: Stack) -> Iterator[Drill]:
    """Return all drills of a stack."""
    for case in _cases(stack):
        for point in POINTS:
            yield from _at(case, point.name, stack)


def _cases(stack: Stack) -> Sequence[Case]:
    every = [case for case in CASES.values() if not case.broken]
    return every if stack.is_embedded else [CASES[name] for name in FIRST]


def _at(case: Case, point: str, stack: Stack) -> Iterator[Drill]:
    if point == "K10":
        yield from _putting_back(case, stack)
        return
    if point == "K4" and case.is_long:
        return  # its first answer is never its last
    victim = "group" if stack.is_embedded and str(case) in FIRST else "process"
    if stack.is_embedded or point not in POLLING:
        yield Drill(case, point, "gateway", victim)
    if not stack.is_embedded and point in WORKERS:
        yield Drill(case, point, "worker")


def _putting_back(case: Case, stack: Stack) -> Iterator[Drill]:
    """Only some calls take something back; of those that do, one needs a deployment that fails."""
    roles = ("gateway",) if stack.is_embedded else ("gateway", "worker")
    if case.name in {CASES[name].name for name in PUTTING_BACK}:
        whole = next(CASES[name] for name in PUTTING_BACK if CASES[name].name == case.name)
        yield from (Drill(whole, "K10", role) for role in roles)


SHORT: dict[Stack, tuple[Drill, ...]] = {
    EMBEDDED: (
        Drill(CASES["createInstance"], "K0"),
        Drill(CASES["createStore"], "K1a"),
        Drill(CASES["deleteUser"], "K1b"),
        Drill(CASES["createInstance"], "K2", victim="group"),
        Drill(CASES["createStore"], "K3"),
        Drill(CASES["updateInstance"], "K4"),
        Drill(CASES["createUser"], "K5"),
        Drill(CASES["deleteUser"], "K6"),
        Drill(CASES["verifyStore"], "K7"),
        Drill(CASES["verifyStore"], "K7a"),
        Drill(CASES["createStore"], "K8"),
        Drill(CASES["deleteUser"], "K9"),
        Drill(CASES["createInstance-broken"], "K10"),
        Drill(CASES["restartInstance"], "K11"),
    ),
    REDIS: (
        Drill(CASES["createInstance"], "K3"),
        Drill(CASES["deleteUser"], "K1b", "worker"),
        Drill(CASES["createStore"], "K8", "worker"),
    ),
    RABBITMQ: (
        Drill(CASES["createStore"], "K2"),
        Drill(CASES["verifyStore"], "K7", "worker"),
        Drill(CASES["deleteUser"], "K11", "worker"),
    ),
}
"""What ``make test`` takes: every point and every class at least once, every stack a few."""
