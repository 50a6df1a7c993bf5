"""The folder in which the processes of one group count, each in files of its own.

A group is what one command has started: the workers of one gunicorn, or one ``spe-gateway
worker``. What a dead process has counted still counts; what it showed of itself does not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

from gateway.settings import share_measures

LIVE: Final = "gauge_live*_*.db"
"""Files of prometheus-client that count only while their process lives."""


@contextmanager
def shared_folder() -> Iterator[Path]:
    """Make the folder before the first fork, for as long as the process that made it lasts."""
    folder, maker = Path(mkdtemp(prefix="spe-gateway-metrics-")), os.getpid()
    share_measures(folder)
    try:
        yield folder
    finally:
        if os.getpid() == maker:  # a forked worker unwinds the same stack
            rmtree(folder, ignore_errors=True)


def forget_the_dead(folder: Path) -> None:
    """Remove what processes that are gone showed of themselves."""
    for file in folder.glob(LIVE):
        if not _lives(int(file.stem.rpartition("_")[2])):
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
