"""What an examination brings to light."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_LONGEST: Final = 120


@dataclass(frozen=True)
class Difference:
    """Something that the deployment does in another way than the simulator.

    Attributes:
        check: the name of what was looked at.
        subject: the command, argument or key that it is about.
        expected: what the simulator does.
        source: how that is known: D documented by the vendor, C seen in a vendor client or in
            an answer of version 25.3.1, I inferred.
        found: what the deployment does.
        meaning: what that is to the gateway.
    """

    check: str
    subject: str
    expected: str
    source: str
    found: str
    meaning: str


@dataclass(frozen=True)
class Unseen:
    """Something that could not be compared, and why; it is no difference."""

    check: str
    subject: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """The outcome of an examination.

    Attributes:
        checks: the names of all that was looked at.
    """

    checks: Sequence[str]
    differences: Sequence[Difference]
    unseen: Sequence[Unseen]


def plain(text: str) -> str:
    """Return a deployment's words so that they can be printed: ASCII, one line, not too long."""
    shown = "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def name(text: str) -> str:
    """Return a name that a deployment chose, if it is one: a key might hold anything."""
    return text if _NAME.fullmatch(text) else "(not a name)"
