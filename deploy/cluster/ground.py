"""What a cluster stands on: PostgreSQL, Redis, and RabbitMQ if it is to be the queue."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from deploy.servers import Postgresql, RabbitmqServer, RedisServer, started

REDIS: Final = "redis"
RABBITMQ: Final = "rabbitmq"
QUEUES: Final = (REDIS, RABBITMQ)


@contextmanager
def ground(queue: str) -> Iterator[Mapping[str, str]]:
    """Run the servers for as long as the block lasts, and yield the settings that name them.

    Args:
        queue: one of ``QUEUES``.

    Raises:
        Absent: a server is not installed, or does not start.
    """
    with ExitStack() as undo:
        postgresql = undo.enter_context(started(Postgresql()))
        redis = undo.enter_context(started(RedisServer()))
        broker = redis.url
        if queue == RABBITMQ:
            broker = undo.enter_context(started(RabbitmqServer())).url
        database = undo.enter_context(postgresql.empty_database())
        yield {"database_url": database, "redis_url": redis.url, "broker_url": broker}
