"""How a simulated deployment behaves, beside what it holds."""

from dataclasses import dataclass, field
from typing import Any

from .journal import KEPT
from .latency import Latency
from .population import Population

WRONG_CERTIFICATE = "wrong-certificate"
CONDITIONS = ("up", "down", "hanging", WRONG_CERTIFICATE)
"""Answering; refusing connections; accepting them without a word; with another certificate than
the one that is announced."""


@dataclass(frozen=True)
class Conduct:
    """The conduct of a deployment from its start on.

    Attributes:
        condition: one of `CONDITIONS`.
        latency: what each call takes.
        faults: what is planted, as `faults.Fault` has it.
        population: instances beside those of the scenario; None for none.
        kept_requests: the length of the journal.
        forgets: whether the state is kept nowhere but in memory.
    """

    condition: str = "up"
    latency: Latency = field(default_factory=Latency)
    faults: tuple[dict[str, Any], ...] = ()
    population: Population | None = None
    kept_requests: int = KEPT
    forgets: bool = False
