"""Who is asked before a call is sent, and told how it ended: a breaker, or nobody."""

from dataclasses import dataclass
from typing import Final, Protocol

from gateway.errors import UpstreamError


@dataclass(frozen=True)
class Admission:
    """That a call may be sent.

    Attributes:
        probes: only a harmless read may be, and the call after it if that was answered.
        is_login_counted: it is one of the few logins that are tried while they are refused.
        is_calm: nothing is known to be wrong with the line.
    """

    probes: bool = False
    is_login_counted: bool = False
    is_calm: bool = False


CALM: Final = Admission(is_calm=True)


class Guard(Protocol):
    """Lets calls to one deployment through, or not; for many threads."""

    def admit(self) -> Admission:
        """Let a call through.

        Raises:
            NotSent: nothing is sent.
        """

    def note(self, admission: Admission, error: UpstreamError | None) -> None:
        """Note how what was admitted ended; None when it was answered."""


class Unguarded:
    """Lets everything through: for clients that only try a registration."""

    def admit(self) -> Admission:
        """Let a call through."""
        return CALM

    def note(self, admission: Admission, error: UpstreamError | None) -> None:
        """Forget how it ended."""


UNGUARDED: Final = Unguarded()
