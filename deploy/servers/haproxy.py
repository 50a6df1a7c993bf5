"""HAProxy with a configuration of ours."""

import shutil
import signal
import socket
from pathlib import Path

from deploy.servers.daemon import Absent, Daemon


class Haproxy:
    """HAProxy in the foreground, on a loopback port; what it logs goes to a file.

    Args:
        folder: gets its configuration and its log.
        port: where the configuration lets it listen.
        configuration: the text of it.

    Raises:
        Absent: its program is not there.
    """

    def __init__(self, folder: Path, port: int, configuration: str) -> None:
        self._program = _haproxy()
        self._file = folder / "haproxy.cfg"
        self._file.write_text(configuration, encoding="utf-8")
        self._port = port
        self.log = folder / "haproxy.log"
        self._daemon = Daemon(self.log, signal.SIGTERM)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it; about 0.05 s."""
        self._daemon.start([self._program, "-db", "-f", str(self._file)], self._answers)

    def stop(self) -> None:
        """Stop it; connections are broken off."""
        self._daemon.stop()

    def remove(self) -> None:
        """Remove its log and its configuration."""
        self.log.unlink(missing_ok=True)
        self._file.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with socket.socket() as caller:
            return not caller.connect_ex(("127.0.0.1", self._port))


def _haproxy() -> str:
    """Return the program; Debian has it where only root's path leads."""
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if found is None:
        raise Absent("haproxy is neither on the path nor in /usr/sbin")
    return found
