"""The first page of a long list against the last one."""

from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, insert, select

from benchmarks.api import Api
from benchmarks.figures import Goal, interleaved
from benchmarks.processes import gateway, set_up
from gateway.model import InstanceStatus, Prefix, new_id, now
from gateway.storage.database import Database
from gateway.storage.tables import deployments, instances, resellers

SITES: Final = 20
BATCH: Final = 10_000


def first_and_last(folder: Path, number: int, rounds: int) -> list[Goal]:
    """Compare the pages of a cached list, of all instances and of one deployment's.

    Args:
        folder: an empty one.
        number: how many instances there are.
        rounds: how often each page is fetched.
    """
    environment, operator = set_up(folder)
    with (
        closing(Database(f"sqlite:///{folder / 'gateway.db'}")) as database,
        database.write() as connection,
    ):
        sites = _fill(connection, number)
    with gateway(folder, environment) as url:
        api = Api(url, operator)
        whole, of_one = "/instances?", f"/instances?deployment={sites[0]}&"
        pages = [whole, whole + _last(api, whole), of_one, of_one + _last(api, of_one)]
        taken = interleaved(rounds, *(lambda path=page: api.call("GET", path) for page in pages))
    return [
        Goal(f"last page of {number} instances / first", taken[1], taken[0], 1.25),
        Goal("last page of a deployment / first", taken[3], taken[2], 1.25),
    ]


def _last(api: Api, path: str) -> str:
    """Return the query of the last page, found by walking through all."""
    query, cursor = "", ""
    while cursor is not None:
        query = f"cursor={quote(cursor)}" if cursor else ""
        cursor = api.call("GET", f"{path}limit=500&{query}")["nextCursor"]
    return query


def _fill(connection: Connection, number: int) -> list[str]:
    """Add deployments with instances of the operators; return the deployments."""
    owner = connection.execute(select(resellers.c.id)).scalar_one()
    times = {"create_time": now(), "update_time": now()}
    words = {"user_name": "x", "password": "x", "labels": {}, "commands": {}}
    flags = {"cordoned": False, "drained": False, "revision": 1}
    sites = [new_id(Prefix.DEPLOYMENT) for _ in range(SITES)]
    connection.execute(
        insert(deployments),
        [
            {"id": site, "name": site, "host": site, "port": 1, **words, **flags, **times}
            for site in sites
        ],
    )
    for begin in range(0, number, BATCH):
        rows = [
            _row(each, sites[each % SITES], owner, times)
            for each in range(begin, min(begin + BATCH, number))
        ]
        connection.execute(insert(instances), rows)
    return sites


def _row(number: int, deployment: str, owner: str, times: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(Prefix.INSTANCE),
        "instance_id": f"tenant-{number}",
        "deployment": deployment,
        "reseller": owner,
        "display_name": f"Tenant {number}",
        "labels": {"plan": "gold"},
        "instance_host": "host",
        "base_directory": "D:\\",
        "status": InstanceStatus.ACTIVE,
        "observed": {"status": "running", "startMode": "automatic"},
        "kept_state": {},
        **times,
    }
