"""PostgreSQL, Redis, RabbitMQ and HAProxy, started for a test, a demonstration or a measurement.

They live in folders below the system's temporary one, are reached from this machine alone, and end
with the process that started them, however that ends. ``scripts/test-services`` installs them.
"""

from deploy.servers.daemon import Absent, Server, free_port, started
from deploy.servers.haproxy import Haproxy
from deploy.servers.postgresql import Postgresql
from deploy.servers.rabbitmq import RabbitmqServer
from deploy.servers.redis_server import RedisServer

__all__ = [
    "Absent",
    "Haproxy",
    "Postgresql",
    "RabbitmqServer",
    "RedisServer",
    "Server",
    "free_port",
    "started",
]
