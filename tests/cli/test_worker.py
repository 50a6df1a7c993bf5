"""``spe-gateway worker`` says what it lacks; what it does is in ``tests/worker``."""

import pytest
from click.testing import CliRunner

from gateway.cli.worker import worker
from gateway.errors import ConfigurationError
from gateway.settings import Settings


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        ({}, "SPE_GATEWAY_BROKER_URL"),
        ({"SPE_GATEWAY_BROKER_URL": "redis://127.0.0.1:1/0"}, "SPE_GATEWAY_DATABASE_URL"),
    ],
)
def test_a_worker_is_refused_outside_of_a_cluster(settings: dict[str, str], lacking: str) -> None:
    result = CliRunner().invoke(worker, env=settings)
    assert isinstance(result.exception, ConfigurationError)
    assert lacking in result.exception.detail


@pytest.mark.parametrize(
    ("broker_url", "tracker", "tracks"),
    [("", True, True), ("", False, False), ("amqp://127.0.0.1//", True, False)],
)
def test_serving_processes_track_where_no_worker_does(
    broker_url: str, *, tracker: bool, tracks: bool
) -> None:
    assert Settings(broker_url=broker_url, tracker=tracker).tracks is tracks
