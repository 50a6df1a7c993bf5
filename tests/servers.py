"""Servers that tests start for themselves: PostgreSQL, Redis and RabbitMQ.

They live in folders below the system's temporary one, are reached from this machine alone, and
end with the test process, however that ends. Tests get them from the fixtures of
``tests.services``.
"""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from time import monotonic, sleep
from typing import Protocol, TypeVar

import amqp
import psycopg
import redis

from gateway.storage import schema
from gateway.storage.database import Database

PATIENCE = 30.0
ACCOUNT = "postgres"
DEBIAN = Path("/usr/lib/postgresql")
DEBIAN_RABBITMQ = Path("/usr/lib/rabbitmq/bin")
TEMPLATE = "template_gateway"
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "timezone": "America/St_Johns",  # far from UTC: a time that forgot its zone shows
}
"""Nothing needs to outlive the machine's next minute."""

ERLANG = (
    *("-noinput", "-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
    *("+S", "2:2", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),
)
"""Loopback only, and no turning of wheels while idle."""

S = TypeVar("S", bound="Server")


class Absent(Exception):
    """A program is not there, or does not run here."""


class Server(Protocol):
    """A server that may be started, stopped and started again."""

    def start(self) -> None:
        """Start it and wait until it answers."""

    def stop(self) -> None:
        """Stop it, whoever is connected."""

    def remove(self) -> None:
        """Remove its folder."""


@contextmanager
def started(server: S) -> Iterator[S]:
    """Run a server for as long as the block lasts."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.remove()


class Postgresql:
    """PostgreSQL with a migrated template of ours, on a Unix socket.

    Raises:
        Absent: its programs are not there.
    """

    def __init__(self) -> None:
        self._programs = _programs()
        self._account = None if os.geteuid() else ACCOUNT  # it refuses to run as root
        self._folder = Path(mkdtemp(prefix="spe-postgresql-"))
        self._daemon = _Daemon(self._folder / "log")
        self._numbers = count(1)

    def start(self) -> None:
        """Start it; the first time with the template, which takes 0.7 s in all."""
        if not (self._folder / "data").exists():
            self._initialise()
        options = [word for name, value in QUICK.items() for word in ("-c", f"{name}={value}")]
        places = ["-D", str(self._folder / "data"), "-k", str(self._folder)]
        command = [str(self._programs / "postgres"), *places, *options]
        self._daemon.start(command, self._answers, self._account)
        if not self._has(TEMPLATE):
            self._make_template()

    def stop(self) -> None:
        """Stop it; connections are broken off."""
        self._daemon.stop()

    def remove(self) -> None:
        """Remove its data."""
        shutil.rmtree(self._folder)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database of the present schema for a block, and yield its URL."""
        with self._made(f"TEMPLATE {TEMPLATE} STRATEGY file_copy") as url:
            yield url

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """Make a database without tables for a block, and yield its URL."""
        with self._made("STRATEGY file_copy") as url:
            yield url

    @contextmanager
    def _made(self, how: str) -> Iterator[str]:
        name = f"gateway_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} {how}")
        try:
            yield self._url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://{ACCOUNT}@/{name}?host={self._folder}"

    def _initialise(self) -> None:
        if self._account:
            try:
                shutil.chown(self._folder, self._account, self._account)
            except LookupError as error:
                raise Absent(f"{error}") from None
        command = [
            *(str(self._programs / "initdb"), "-D", str(self._folder / "data"), "-U", ACCOUNT),
            *("-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions"),
        ]
        log = self._folder / "initdb.log"
        if _spawn(command, log, self._account).wait(PATIENCE):
            raise Absent(log.read_text())

    def _make_template(self) -> None:
        self._execute(f"CREATE DATABASE {TEMPLATE}")
        with closing(Database(self._url(TEMPLATE))) as database:
            schema.upgrade(database)

    def _has(self, name: str) -> bool:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def _execute(self, statement: str) -> None:
        with self._connect() as connection:
            connection.execute(statement.encode())

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._folder), user=ACCOUNT, dbname="postgres", autocommit=True
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True


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
        self._daemon = _Daemon(self._folder / "log")
        self._port = _free_port()

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


class RabbitmqServer:
    """RabbitMQ on free loopback ports, with a port mapper of its own.

    Started again after a stop, it has the same port, and its durable queues with what is in them.

    Raises:
        Absent: its programs are not there.
    """

    def __init__(self) -> None:
        self._program = _rabbitmq()
        self._folder = Path(mkdtemp(prefix="spe-rabbitmq-"))
        self._port, self._mapper_port = _free_port(), _free_port()
        self._mapper = _Daemon(self._folder / "epmd.log", signal.SIGKILL)
        self._daemon = _Daemon(self._folder / "log", signal.SIGTERM)

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
            "DIST_PORT": str(_free_port()),
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
        return {**os.environ, "HOME": str(folder), **mapper, **named}

    def _maps(self) -> bool:
        with socket.socket() as caller:
            return not caller.connect_ex(("127.0.0.1", self._mapper_port))

    def _answers(self) -> bool:
        try:
            with self._connection():
                return True
        except (OSError, amqp.AMQPError):
            return False


class _Daemon:
    """A process that serves until it is interrupted."""

    def __init__(self, log: Path, end: signal.Signals = signal.SIGINT) -> None:
        self._log = log
        self._end = end
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: list[str],
        answers: Callable[[], bool],
        account: str | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._process = _spawn(command, self._log, account, self._end, environment)
        end = monotonic() + PATIENCE
        while not answers():
            if self._process.poll() is not None or monotonic() > end:
                raise Absent(self._log.read_text()[-2000:])
            sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(self._end)
            self._process.wait(PATIENCE)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _rabbitmq() -> Path:
    """Return the program of RabbitMQ itself; the one on Debian's path changes user and folder."""
    found = shutil.which(
        "rabbitmq-server", path=f"{DEBIAN_RABBITMQ}{os.pathsep}{os.environ['PATH']}"
    )
    if found is None or shutil.which("epmd") is None:
        raise Absent(f"rabbitmq-server or epmd is neither on the path nor in {DEBIAN_RABBITMQ}")
    return Path(found)


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs, of the newest version there is."""
    on_path = shutil.which("initdb")
    debian = sorted(DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in [*debian, *([Path(on_path).parent] if on_path else ())]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Absent(f"initdb and postgres are neither on the path nor below {DEBIAN}")


def _spawn(
    command: list[str],
    log: Path,
    account: str | None = None,
    end: signal.Signals = signal.SIGINT,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that is ended when we end, as another user if need be."""
    guard = shutil.which("setpriv")
    if guard is None:
        raise Absent("setpriv is not on the path")
    user = ["--reuid", account, "--regid", account, "--init-groups"] if account else []
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603 - programs of the system, and no shell
            [guard, "--pdeathsig", end.name.removeprefix("SIG"), *user, *command],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=log.parent,
            env=environment,
            start_new_session=True,
        )
