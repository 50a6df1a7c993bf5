"""The cluster of the page stands, and survives the worker that the page kills."""

import json
from pathlib import Path

from tests.docs.reader import blocks, carried_out

PAGE = "docs/cluster.md"
DATABASE = "postgresql+psycopg://gateway:secret@db.example.com:5432/gateway"
REDIS = "redis://redis.example.com:6379/0"
RABBITMQ = "amqp://gateway:secret@rabbit.example.com:5672/gateway"


def test_the_page_is_carried_out_and_the_verification_outlives_its_worker(
    tmp_path: Path, empty_postgresql_url: str, redis_url: str, rabbitmq_url: str
) -> None:
    places = {DATABASE: empty_postgresql_url, REDIS: redis_url, RABBITMQ: rabbitmq_url}
    outputs = carried_out(PAGE, tmp_path, places=places)

    assert len(outputs) == len(blocks(PAGE)) == 8
    assert json.loads(outputs[5])["instanceID"] == "acme"
    assert outputs[6].split() == ["succeeded"]
