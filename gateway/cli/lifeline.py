"""The lifeline: a process that ends with its parent, however the parent ends.

The parent keeps the write end of the pipe that is our standard input. When it is gone, even
killed, the pipe closes.
"""

import os
import signal
from contextlib import suppress
from threading import Thread

import rich_click as click

CHUNK = 4096

lifeline_option = click.option(
    "--lifeline", is_flag=True, help="End when standard input is closed: with the parent process."
)


def end_with_standard_input(process: int) -> None:
    """Watch standard input in the background, and at its end send a process SIGTERM.

    Args:
        process: the id of ourselves, or of the process that leads us.
    """
    Thread(target=_watch, args=(process,), name="lifeline", daemon=True).start()


def _watch(process: int) -> None:
    while os.read(0, CHUNK):
        pass
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
