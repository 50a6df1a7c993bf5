"""What is known of the line to a deployment, wherever that is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Line:
    """The line to a deployment; as it is made, nothing is wrong with it. Times are Unix times.

    Attributes:
        failures: calls in a row that failed for the line.
        problem: code of the last of these errors.
        open_until: nothing is sent before; 0 while the breaker is closed.
        probe_until: somebody tries before whether it works again.
        refusals: logins in a row that were refused, or are under way since one was.
        login_time: no login is tried before, once there were too many.
    """

    failures: int = 0
    problem: str = ""
    open_until: float = 0.0
    probe_until: float = 0.0
    refusals: int = 0
    login_time: float = 0.0


CALM: Final = Line()

Rule = Callable[[Line, float], Line]
"""Makes the new state of a line out of the old one and the time; may be called again."""


@dataclass(frozen=True)
class Change:
    """What a rule has made of a line."""

    before: Line
    after: Line
