"""RabbitMQ on loopback ports."""

import shutil
import signal
import socket
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

import amqp  # type: ignore[import-untyped] # it ships no types

from deploy.servers.daemon import PATIENCE, Absent, Daemon, free_port
from gateway.settings import child_environment

DEBIAN = Path("/usr/lib/rabbitmq/bin")
ERLANG = (
    *("-noinput", "-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
    *("+S", "2:2", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),
)
"""Loopback only, and no turning of wheels while idle."""


class RabbitmqServer:
    """RabbitMQ on free loopback ports, with a port mapper of its own.

    Started again after a stop, it has the same port, and its durable queues with what is in them.

    Raises:
        Absent: its programs are not there.
    """

    def __init__(self) -> None:
        self._program = _rabbitmq()
        self._folder = Path(mkdtemp(prefix="spe-rabbitmq-"))
        self._port, self._mapper_port = free_port(), free_port()
        self._mapper = Daemon(self._folder / "epmd.log", signal.SIGKILL)
        self._daemon = Daemon(self._folder / "log", signal.SIGTERM)

    @property
    def url(self) -> str:
        """The URL of its only virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        """Start it; about 5 s."""
        environment = self._environment()
        self._mapper.start(["epmd"], self._maps, environment=environment)
        self._daemon.start([str(self._program)], self._answers, environment=environment)

    def stop(self) -> None:
        """Stop it in a second; connections are broken off."""
        self._daemon.stop()
        self._mapper.stop()

    def remove(self) -> None:
        """Remove its data."""
        shutil.rmtree(self._folder)

    def forget(self, queue: str) -> None:
        """Remove a queue with what is in it, which breaks those off who take from it."""
        with self._connection() as connection:
            connection.channel().queue_delete(queue)

    def empty(self, queue: str) -> None:
        """Remove what is in a queue, if there is one; a deleted one is slow to be made again."""
        with self._connection() as connection, suppress(amqp.NotFound):
            connection.channel().queue_purge(queue)

    def _connection(self) -> amqp.Connection:
        return amqp.Connection(f"127.0.0.1:{self._port}", connect_timeout=PATIENCE)

    def _environment(self) -> dict[str, str]:
        folder = self._folder
        rabbitmq = {
            "NODENAME": f"spe-{self._port}@localhost",
            "NODE_IP_ADDRESS": "127.0.0.1",
            "NODE_PORT": str(self._port),
            "DIST_PORT": str(free_port()),
            "MNESIA_BASE": str(folder / "mnesia"),
            "LOG_BASE": str(folder),
            "LOGS": "-",
            "PID_FILE": str(folder / "pid"),
            "CONF_ENV_FILE": str(folder / "none"),
            "CONFIG_FILE": str(folder / "none"),
            "ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "PLUGINS_EXPAND_DIR": str(folder / "expanded"),
            "GENERATED_CONFIG_DIR": str(folder / "made"),
            "FEATURE_FLAGS_FILE": str(folder / "flags"),
            "ALLOW_INPUT": "1",  # the script becomes the server, instead of its parent
            "SERVER_ADDITIONAL_ERL_ARGS": " ".join(ERLANG),
        }
        mapper = {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(self._mapper_port)}
        named = {f"RABBITMQ_{name}": value for name, value in rabbitmq.items()}
        return child_environment() | {"HOME": str(folder), **mapper, **named}

    def _maps(self) -> bool:
        with socket.socket() as caller:
            return not caller.connect_ex(("127.0.0.1", self._mapper_port))

    def _answers(self) -> bool:
        try:
            with self._connection():
                return True
        except (OSError, amqp.AMQPError):
            return False


def _rabbitmq() -> Path:
    """Return the program of RabbitMQ itself; the one on Debian's path changes user and folder."""
    found = shutil.which("rabbitmq-server", path=DEBIAN) or shutil.which("rabbitmq-server")
    if found is None or shutil.which("epmd") is None:
        raise Absent(f"rabbitmq-server or epmd is neither on the path nor in {DEBIAN}")
    return Path(found)
