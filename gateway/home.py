"""The home folder of the embedded state: for its owner only, and held by one process."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import ConfigurationError

LOCK_FILE = "gateway.lock"


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Make the home folder if need be, and keep every other process out of it.

    The lock goes with the process and with those that it forks, however they end.

    Raises:
        ConfigurationError: another process holds it, or it cannot be written.
    """
    path = home / LOCK_FILE
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}): SPE_GATEWAY_HOME must be a folder "
            "that this user may write."
        ) from None
    try:
        _lock(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigurationError(
            f"{home} is in use by another process: only one process may use a home. Stop that one "
            "first."
        ) from None
