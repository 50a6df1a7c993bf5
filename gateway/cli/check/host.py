"""The host: files that may be open, space on the disk, and who sets the clock."""

import ctypes
import resource
import shutil
from collections.abc import Iterator
from typing import Final

from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.settings import Settings

OPERATING: Final = "docs/operating.md"
SPARE: Final = 256
"""Files besides those of threads: libraries, logs, idle connections of clients."""

GIB: Final = 2**30
LITTLE: Final = GIB
TOO_LITTLE: Final = GIB // 10

TIMEX_BYTES: Final = 208
STATUS_AT: Final = 40
UNSYNCHRONISED: Final = 0x0040
"""``struct timex`` of Linux on 64 bits, and STA_UNSYNC (adjtimex(2))."""


def open_files(settings: Settings) -> Iterator[Finding]:
    """Look whether the process may open as many files as it has threads for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    threads = settings.http_threads + settings.executor_threads + settings.webhook_threads
    needed = 2 * threads + SPARE
    if 0 <= soft < needed:
        yield warning(
            "host.files",
            f"This process may open {soft} files; with its threads it may need {needed}.",
            f"Set LimitNOFILE={max(4096, needed)} in the unit of the service.",
            OPERATING,
        )
    else:
        yield fine("host.files", "Enough files may be open.")


def disk(settings: Settings) -> Iterator[Finding]:
    """Look whether there is space for the state, or for the witness."""
    folder = settings.home if settings.home.is_dir() else settings.home.parent
    if not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    if free > LITTLE:
        yield fine("host.disk", f"{free / GIB:.1f} GiB are free for {settings.home}.")
        return
    found = error if free < TOO_LITTLE else warning
    yield found(
        "host.disk",
        f"{free / GIB:.2f} GiB are free for {settings.home}: when it is full, every change is "
        "refused.",
        "Make room, or move the home.",
        OPERATING,
    )


def clock(settings: Settings) -> Iterator[Finding]:
    """Look whether somebody sets the clock."""
    del settings
    synchronised = is_synchronised()
    if synchronised is False:
        yield warning(
            "host.clock",
            "The kernel says that nobody sets the clock of this host.",
            "Run chrony or systemd-timesyncd, here or on the machine that this one runs on.",
            OPERATING,
        )
    else:
        known = "The clock is set by NTP." if synchronised else "Who sets the clock is not known."
        yield fine("host.clock", known)


def is_synchronised() -> bool | None:
    """Ask the kernel, changing nothing; None where it does not say."""
    asked = ctypes.create_string_buffer(TIMEX_BYTES)  # modes are 0: read only
    try:
        if ctypes.CDLL(None).adjtimex(asked) < 0:
            return None
    except (AttributeError, OSError):
        return None
    status = int.from_bytes(asked.raw[STATUS_AT : STATUS_AT + 4], "little")
    return not status & UNSYNCHRONISED


CHECKS = (open_files, disk, clock)
