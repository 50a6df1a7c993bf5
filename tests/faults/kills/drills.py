"""One drill: a call, a kill at a point, another process that takes over, and what is left."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from tests.faults.kills.calls import Call
from tests.faults.kills.cases import Case
from tests.faults.kills.findings import findings
from tests.faults.kills.fleet import Fleet, Late, NotReached, await_
from tests.faults.kills.orders import Fault, Order
from tests.faults.kills.results import Result

WITH_TOKENS = {"K6": 0.3, "K7": 10.0, "K7a": 5.0, "K8": 0.3}
"""Points that only a command with a token passes, and for how many seconds that runs."""

TWICE = frozenset({"K1b", "K2", "K3", "K4", "K6"})
"""Points of the first sending: a worker passes them after the gateway died with the intent."""

POLLING = frozenset({"K7", "K7a", "K8", "K9", "K11"})
"""Points at which a worker is when a command has a token."""


@dataclass(frozen=True)
class Drill:
    """What is planned.

    Attributes:
        case: the call.
        point: of ``points.POINTS``.
        role: who dies: ``gateway`` or ``worker``.
        victim: the ``process`` that is at the point, or its whole ``group``.
    """

    case: Case
    point: str
    role: str = "gateway"
    victim: str = "process"

    def __str__(self) -> str:
        return f"{self.point}-{self.role}-{self.case}"

    @property
    def planned(self) -> int:
        """How many kills there are."""
        return len(self.orders)

    def carry_out(self, fleet: Fleet, result: Result) -> None:
        """Kill, wait for the end of the operation, and look."""
        _run(self, fleet, result)

    @property
    def orders(self) -> list[Order]:
        """The kills, one after the other."""
        put_back = self.point == "K10"
        command = self.case.putting_back if put_back else self.case.command
        skip = 1 if self.point == "K7" else 0
        last = Order(self.point, command, self.role, skip, victim=self.victim)
        first = [Order("K1a", self.case.command)] if self._is_chained else []
        return [*first, last]

    @property
    def _is_chained(self) -> bool:
        return self.role == "worker" and self.point in {*TWICE, "K10"}

    @property
    def seconds(self) -> float:
        """For how long each command runs that the deployment answers with a token; 0 for none."""
        polls = self.role == "worker" and self.point in POLLING
        return WITH_TOKENS.get(self.point, 0.3 if polls else 0.0)


def _run(drill: Drill, fleet: Fleet, result: Result) -> None:
    case = drill.case
    scene = case.prepare(fleet)
    call = Call.about(fleet, case, scene)
    with _deployment_ready(drill, fleet):
        begun = monotonic()
        for order in drill.orders:
            fleet.orders.give(order)
            if not result.faults:
                call.begin()
            result.faults.append(killed(fleet, order))
        operation = call.repeat()
    result.seconds = monotonic() - begun
    result.findings += findings(fleet, case, scene, operation, call.operations())


def killed(fleet: Fleet, order: Order) -> Fault:
    """Wait until an order is carried out, and return what was done.

    Raises:
        NotReached: nobody passes the point.
    """
    try:
        return await_(lambda: fleet.orders.fault(order), "")
    except Late:
        raise NotReached(f"{order.role} does not reach {order.point}") from None


@contextmanager
def _deployment_ready(drill: Drill, fleet: Fleet) -> Iterator[None]:
    fleet.control.forget_journal()
    if drill.case.broken:
        fleet.control.fault("failed", drill.case.broken)
    if drill.seconds:
        # only this one: a read with a token is the workers', and so is all that follows it
        fleet.control.asynchronous(1.0, seconds=drill.seconds, command=drill.case.command)
    yield
    fleet.control.asynchronous(0.0)
