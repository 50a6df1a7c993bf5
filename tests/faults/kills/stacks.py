"""What the drills run on: SQLite alone, or PostgreSQL with Redis or RabbitMQ as the queue."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

from deploy.servers import Postgresql, RabbitmqServer, RedisServer, Server, started
from gateway.worker.application import QUEUE


@dataclass(frozen=True)
class Queue:
    """The message broker.

    Attributes:
        server: to be stopped and started.
        url: for who sends messages of its own.
        empty: loses every message.
    """

    server: Server
    url: str
    empty: Callable[[], None]


@dataclass(frozen=True)
class Ground:
    """What a stack stands on.

    Attributes:
        settings: of all its processes.
        queue: none where it is in memory.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    queue: Queue | None = None


@dataclass(frozen=True)
class Stack:
    """A way to run the gateway.

    Attributes:
        name: how it is called in what is printed.
        ground: starts the servers, for as long as the block lasts.
        gateways: how many processes serve.
        workers: how many processes track.
    """

    name: str
    ground: Callable[[], AbstractContextManager[Ground]]
    gateways: int = 2
    workers: int = 2

    def __str__(self) -> str:
        return self.name

    @property
    def is_embedded(self) -> bool:
        """Whether the gateway is one process that does everything."""
        return not self.workers


@contextmanager
def _cluster() -> Iterator[tuple[Mapping[str, str], RedisServer]]:
    with ExitStack() as stack:
        postgresql = stack.enter_context(started(Postgresql()))
        redis = stack.enter_context(started(RedisServer()))
        database = stack.enter_context(postgresql.empty_database())
        yield {"database_url": database, "redis_url": redis.url}, redis


@contextmanager
def _redis() -> Iterator[Ground]:
    with _cluster() as (settings, redis):
        queue = Queue(redis, redis.url, redis.empty)
        yield Ground({**settings, "broker_url": redis.url}, queue)


@contextmanager
def _rabbitmq() -> Iterator[Ground]:
    with _cluster() as (settings, _), started(RabbitmqServer()) as server:
        queue = Queue(server, server.url, lambda: server.empty(QUEUE))
        yield Ground({**settings, "broker_url": server.url}, queue)


EMBEDDED = Stack("sqlite+memory", lambda: nullcontext(Ground()), gateways=1, workers=0)
REDIS = Stack("postgresql+redis", _redis)
RABBITMQ = Stack("postgresql+rabbitmq", _rabbitmq)
STACKS = (EMBEDDED, REDIS, RABBITMQ)
