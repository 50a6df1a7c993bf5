"""Redis on a loopback port."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import redis

from deploy.servers.daemon import Absent, Daemon, free_port


class RedisServer:
    """Redis that keeps nothing on disk, on a free loopback port.

    Started again after a stop, it has the same port and has forgotten everything.

    Raises:
        Absent: its program is not there.
    """

    def __init__(self) -> None:
        self._program = shutil.which("redis-server")
        if self._program is None:
            raise Absent("redis-server is not on the path")
        self._folder = Path(mkdtemp(prefix="spe-redis-"))
        self._daemon = Daemon(self._folder / "log")
        self._port = free_port()

    @property
    def url(self) -> str:
        """The URL of its only database."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it; about 0.05 s."""
        command = [
            *(str(self._program), "--bind", "127.0.0.1", "--port", str(self._port)),
            *("--save", "", "--appendonly", "no", "--dir", str(self._folder), "--databases", "1"),
        ]
        self._daemon.start(command, self._answers)

    def stop(self) -> None:
        """Stop it; connections are broken off."""
        self._daemon.stop()

    def remove(self) -> None:
        """Remove its log."""
        shutil.rmtree(self._folder)

    def empty(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False
