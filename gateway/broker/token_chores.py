"""What is done for the tokens from time to time: keys rotate, and what has expired is forgotten."""

from datetime import timedelta
from typing import Final

from gateway.broker.key_ring import KeyRing
from gateway.broker.revocations import Revocations
from gateway.model import Chore, now

ROTATION_SECONDS: Final = 60.0
TIDY_SECONDS: Final = 600.0


def chores_of_the_tokens(
    key_ring: KeyRing, revocations: Revocations, key_days: int
) -> tuple[Chore, ...]:
    """Return what keeps keys and revocations.

    Args:
        key_ring: rotates.
        revocations: forgets.
        key_days: from one signing key to the next; zero for never.
    """

    def rotate() -> None:
        """Look first: an idle gateway writes nothing."""
        newest = key_ring.keys()[0]
        if key_days and newest.create_time <= now() - timedelta(days=key_days):
            key_ring.rotate_if_older(key_days)

    return (
        Chore("keys.rotate", ROTATION_SECONDS, rotate),
        Chore("keys.tidy", TIDY_SECONDS, key_ring.tidy),
        Chore("tokens.tidy", TIDY_SECONDS, revocations.tidy),
    )
