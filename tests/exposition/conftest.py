from collections.abc import Iterator

import pytest

from deploy.servers import Postgresql, RedisServer
from tests.exposition.busy import Busy, busy
from tests.gateways import control, core, simulator, template

__all__ = ["control", "core", "simulator", "template"]


@pytest.fixture
def hasty() -> bool:
    return False


@pytest.fixture(scope="package")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, postgresql: Postgresql, redis_server: RedisServer
) -> Iterator[Busy]:
    """A cluster that has done some of everything, and that the tests give more to do."""
    redis_server.empty()
    with (
        postgresql.empty_database() as url,
        busy(tmp_path_factory.mktemp("busy"), url, redis_server.url) as made,
    ):
        yield made
