"""The servers of the tests are real, and nobody is fooled where they are not."""

from pathlib import Path

import kombu
import pytest

from deploy.servers import Absent, Postgresql, RabbitmqServer, RedisServer, postgresql, rabbitmq
from tests import services
from tests.served import Served
from tests.world import World


@pytest.mark.parametrize("kind", [Postgresql, RedisServer, RabbitmqServer])
def test_a_server_without_its_program_is_absent(
    kind: type[Postgresql | RedisServer | RabbitmqServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path)
    monkeypatch.setattr(rabbitmq, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Absent):
        kind()


def test_what_is_left_out_is_skipped_here_and_fails_where_all_must_be_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    for value, outcome in (("", pytest.skip.Exception), ("true", pytest.fail.Exception)):
        monkeypatch.setenv("CI", value)
        missing = services.or_left_out("PostgreSQL", Postgresql)
        with pytest.raises(outcome, match="scripts/test-services"), missing:
            raise AssertionError("It was there.")


def test_a_rabbitmq_that_was_stopped_still_has_its_durable_queues() -> None:
    with services.or_left_out("RabbitMQ", RabbitmqServer) as server:
        with kombu.Connection(server.url) as connection, connection.SimpleQueue("kept") as queue:
            queue.put({"kept": True})
        server.stop()
        server.start()
        with kombu.Connection(server.url) as connection, connection.SimpleQueue("kept") as queue:
            message = queue.get(timeout=10)
            message.ack()

    assert message.payload == {"kept": True}


def test_two_gateways_are_one_cluster(two_gateways: tuple[Served, Served]) -> None:
    first, second = two_gateways
    token = first.token(first.operator.client_id, first.operator.client_secret)
    made = first.client(token).post("/resellers", json={"name": "Northwind"})

    assert made.status_code == 201
    seen = second.client(token).get(f"/resellers/{made.get_json()['id']}")
    assert seen.get_json()["name"] == "Northwind"


def test_a_clustered_world_is_a_whole_one(clustered_world: World) -> None:
    assert not clustered_world.served.settings.is_embedded
    archive = clustered_world.new_archive("A")
    owner = clustered_world.personas["a_admin"]

    assert owner.get(f"/instances/{archive['id']}/stores").status_code == 200
