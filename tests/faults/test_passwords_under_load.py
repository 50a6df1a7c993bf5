"""The passwords of the database and of Redis are changed while clients call: no request fails.

What is said to PostgreSQL and to Redis is what `docs/upgrading.md` has, line by line.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from deploy.servers import Postgresql, RedisServer
from gateway.simulator.server import Simulator
from gateway.storage.revisions import NEWEST
from tests.cli.program import run
from tests.docs.tables import ROOT
from tests.faults.rolling import Cluster, rolling
from tests.simulated import Control

PAGE = (ROOT / "docs/upgrading.md").read_text()
BEGIN, END = re.findall(r"^```sql\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
ADDED, TAKEN = re.findall(r"^ACL SETUSER .*$", PAGE, re.MULTILINE)


def lines(block: str) -> Sequence[str]:
    return [line for line in block.splitlines() if not line.startswith("SELECT")]


def as_user(url: str, name: str, password: str) -> str:
    """Return a URL with another user."""
    changed = make_url(url).set(username=name, password=password)
    return changed.render_as_string(hide_password=False)


def is_let_in(url: str) -> bool:
    """Whether the database takes connections as this user."""
    engine = create_engine(url)
    try:
        engine.connect().close()
    except OperationalError:
        return False
    finally:
        engine.dispose()
    return True


@pytest.fixture
def database_url(postgresql: Postgresql, empty_postgresql_url: str) -> str:
    """A database of its own user, who has a password."""
    postgresql.add_user("gateway", "first")
    postgresql.execute(f"ALTER DATABASE {make_url(empty_postgresql_url).database} OWNER TO gateway")
    return as_user(empty_postgresql_url, "gateway", "first")


@pytest.fixture
def shared(redis_server: RedisServer) -> Iterator[redis.Redis]:
    """The Redis, with a user who has a password."""
    redis_server.empty()
    with closing(redis.Redis.from_url(redis_server.url)) as client:
        client.execute_command("ACL", "SETUSER", "gateway", "on", ">first", "~*", "&*", "+@all")
        yield client
        client.execute_command("ACL", "DELUSER", "gateway")


@pytest.fixture
def cluster(
    tmp_path: Path,
    simulator: Simulator,
    database_url: str,
    shared: redis.Redis,
    redis_server: RedisServer,
) -> Iterator[Cluster]:
    assert shared.ping()
    Control(simulator.control_url).reset()
    url = as_user(redis_server.url, "gateway", "first")
    with rolling(tmp_path, simulator, database_url, url) as made:
        yield made


def test_two_passwords_in_one_round(
    cluster: Cluster, postgresql: Postgresql, shared: redis.Redis
) -> None:
    former = dict(cluster.settings)
    with cluster.under_load():
        cluster.await_calls()
        for line in lines(BEGIN):
            postgresql.execute(line)
        shared.execute_command(*ADDED.split())
        cluster.settings["database_url"] = as_user(former["database_url"], "gateway_2", "second")
        cluster.settings["redis_url"] = as_user(former["redis_url"], "gateway", "second")
        cluster.restart_all()
        for line in lines(END):
            postgresql.execute(line)
        shared.execute_command(*TAKEN.split())
        shared.acl_log_reset()
        shared.execute_command("CLIENT", "KILL", "USER", "gateway")  # all connect anew
        cluster.await_calls()
    assert shared.acl_log() == []

    assert not is_let_in(former["database_url"])
    assert is_let_in(cluster.settings["database_url"])
    with (
        closing(redis.Redis.from_url(former["redis_url"])) as late,
        pytest.raises(redis.AuthenticationError),
    ):
        late.ping()
    seen = run(["upgrade", "--dry-run"], cluster.env())
    assert list(json.loads(seen.stdout)["connections"]) == [NEWEST], seen.stderr
