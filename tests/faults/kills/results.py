"""What is planned, and what came of it."""

from dataclasses import dataclass, field
from typing import Protocol

import requests

from tests.faults.kills.findings import Finding
from tests.faults.kills.fleet import Fleet, Late, NotReached
from tests.faults.kills.orders import Fault


@dataclass
class Result:
    """What came of a drill or a scenario.

    Attributes:
        plan: its name.
        stack: on what.
        planned: how many faults it was to have.
        faults: those that there were.
        findings: what is wrong.
        seconds: from the call to the end of the operation.
    """

    plan: str
    stack: str
    planned: int
    faults: list[Fault] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0


class Planned(Protocol):
    """A drill or a scenario."""

    @property
    def planned(self) -> int:
        """How many faults it has."""

    def carry_out(self, fleet: Fleet, result: Result) -> None:
        """Inject the faults, and write down what came of them."""


def outcome(plan: Planned, fleet: Fleet) -> Result:
    """Carry a plan out; whatever goes wrong is a finding, and the next one finds all in order."""
    result = Result(str(plan), str(fleet.stack), plan.planned)
    try:
        plan.carry_out(fleet, result)
    except NotReached as error:
        result.findings.append(Finding("missing", f"{error}"))
    except Late as error:
        result.findings.append(Finding("late", f"{error}"))
    except (AssertionError, requests.RequestException) as error:
        result.findings.append(Finding("broken", f"{type(error).__name__}: {error}"))
    finally:
        fleet.orders.withdraw()
        fleet.control.clear_faults()
        fleet.control.asynchronous(0.0)
        fleet.revive()
    return result
