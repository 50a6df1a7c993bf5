"""Namespaces in which a command of the image runs as an engine would run it.

Real: the uid and gid, no capability, no new privileges, the read-only file system with one volume
and an empty /tmp, the process as number 1 of its own processes, a network with nothing but a
loopback of its own. Not there: limits of memory and processors, a filter of system calls, an
address from outside.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Final, Self

from deploy.image.engines import Config
from deploy.image.programs import ImageError

PATIENCE: Final = 60
UNSHARE: Final = ("--mount", "--pid", "--net", "--ipc", "--uts", "--fork")
DEVICES: Final = ("null", "zero", "full", "random", "urandom")
LOOPBACK: Final = (
    "import fcntl, socket, struct; "
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 1))"
)
"""Switches the loopback of a new network on (SIOCSIFFLAGS, IFF_UP)."""

BEGIN: Final = f"""
set -eu
root=$1 volume=$2 inside=$3 python=$4
shift 4
mount --make-rprivate /
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o nosuid,nodev,noexec,mode=1777 tmpfs "$root/tmp"
mount --bind "$volume" "$root$inside"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,noexec,mode=755 tmpfs "$root/dev"
for device in {" ".join(DEVICES)}; do
    : > "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,ro "$root/dev"
"$python" -c "{LOOPBACK}"
exec chroot "$root" "$@"
"""


class Cell:
    """A command of the image that runs, and the place to run others beside it.

    Args:
        root: the image's files.
        config: what the image says of itself.
        volume: a folder for what it writes.
        command: in place of the image's own.
        environment: besides the image's own.
    """

    def __init__(
        self,
        root: Path,
        config: Config,
        volume: Path,
        command: Sequence[str] = (),
        **environment: str,
    ) -> None:
        self._config = config
        self._environment = {**config.environment, "HOME": config.folder, **environment}
        program = self._confined(command or config.command)
        places = (str(root), str(volume), config.volume, sys.executable)
        self.process = _popen(
            ["/usr/bin/unshare", *UNSHARE, "/bin/sh", "-c", BEGIN, "cell", *places, *program],
            self._environment,
        )

    def __enter__(self) -> Self:
        """Do nothing: it runs already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End whatever still runs in it; with process 1 all others end."""
        if self.process.poll() is None:
            os.kill(self.number_one, signal.SIGKILL)
        self.process.communicate()

    @property
    def number_one(self) -> int:
        """The process of the command, as this machine counts processes."""
        number = self.process.pid
        end = monotonic() + PATIENCE
        while monotonic() < end:
            children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
            if children:
                return int(children.split()[0])
            sleep(0.01)
        raise ImageError("The cell did not begin.")

    def beside(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Start another command in the same place, as ``docker exec`` does."""
        entered = ["/usr/bin/nsenter", "--target", str(self.number_one), "--all", "--root"]
        whole = {**self._environment, **environment}
        return _popen([*entered, *self._confined(command)], whole)

    def run(self, *command: str, **environment: str) -> str:
        """Run another command to its end, and return what it printed.

        Raises:
            ImageError: it failed; with its last words.
        """
        process = self.beside(*command, **environment)
        said, complaint = process.communicate(timeout=PATIENCE)
        if process.returncode:
            raise ImageError(f"{command[:3]} ended with {process.returncode}: {complaint[-2000:]}")
        return said

    def terminate(self) -> None:
        """Send SIGTERM to the command, as an engine does that stops it."""
        os.kill(self.number_one, signal.SIGTERM)

    def ended(self) -> tuple[int, str, str]:
        """Wait for the end of the command: its status, and what it said on both outputs."""
        said, complaint = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said, complaint

    def _confined(self, command: Sequence[str]) -> list[str]:
        user, _, group = self._config.user.partition(":")
        who = [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        what = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        place = ["/usr/bin/env", "--chdir", self._config.folder]
        return ["/usr/bin/setpriv", *who, *what, *place, *command]


def _popen(command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 # programs of the system, and no shell
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
