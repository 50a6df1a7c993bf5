"""What all processes share lies in Redis.

Its client is loaded only where there is one, for it would take 9 MB of every process.
"""

from typing import Final

AGAIN_SECONDS: Final = 5.0
"""After which a process asks a Redis again that it could not reach."""


class RedisAway(Exception):
    """Redis does not answer, or refuses; says which of its client's errors that was."""
