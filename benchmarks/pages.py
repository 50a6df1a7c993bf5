"""Pages of a long cached list against each other, and against a short list.

The homes are as they are after a day: each instance has the time of its next look. Without, the
gateway gives a million of them their times in the background, while its pages are measured.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, insert, select

from benchmarks.api import Api
from benchmarks.figures import Goal, interleaved
from benchmarks.processes import gateway, set_up
from gateway.model import InstanceStatus, Prefix, new_id, now
from gateway.storage.database import Database
from gateway.storage.tables import deployments, instances, resellers, watches

SITES: Final = 20
BATCH: Final = 10_000
FEW: Final = 100
LATER: Final = timedelta(hours=6)
"""When the next looks into instances are due."""


def compared(folder: Path, number: int, rounds: int) -> list[Goal]:
    """Compare the pages of a cached list: first and last, of one deployment, of a short list.

    Two gateways are asked in turn, and then one alone: whoever comes back from the other finds
    its caches cold, and takes some milliseconds longer for that.

    Args:
        folder: an empty one.
        number: how many instances there are in the long list.
        rounds: how often each page is fetched.
    """
    with _listed(folder / "long", number) as many, _listed(folder / "short", FEW) as few:
        (api, site), whole = many, "/instances?limit=100&"
        both = (lambda at=at: at.call("GET", whole) for at in (api, few[0]))
        long, short = interleaved(rounds, *both)
        of_one = f"{whole}deployment={site}&"
        pages = [whole, whole + _last(api, whole), of_one, of_one + _last(api, of_one)]
        taken = interleaved(rounds, *(lambda path=page: api.call("GET", path) for page in pages))
    return [
        Goal(f"cached list page of {number} instances / of {FEW}", long, short, 1.3),
        Goal(f"last page of {number} instances / first", taken[1], taken[0], 1.25),
        Goal("last page of a deployment / first", taken[3], taken[2], 1.25),
    ]


@contextmanager
def _listed(home: Path, number: int) -> Iterator[tuple[Api, str]]:
    """Serve so many instances; yield who lists them, and a deployment that has some."""
    home.mkdir()
    environment, operator = set_up(home)
    with (
        closing(Database(f"sqlite:///{home / 'gateway.db'}")) as database,
        database.write() as connection,
    ):
        sites = _fill(connection, number)
    with gateway(home, environment) as url:
        yield Api(url, operator), sites[0]


def _last(api: Api, path: str) -> str:
    """Return the query of the last page, found by walking through all."""
    query, cursor = "", ""
    while cursor is not None:
        query = f"cursor={quote(cursor)}" if cursor else ""
        cursor = api.call("GET", f"{path.replace('limit=100', 'limit=500')}{query}")["nextCursor"]
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
        connection.execute(insert(watches), [_watch(row) for row in rows])
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


def _watch(row: dict[str, Any]) -> dict[str, Any]:
    times = {"next_time": now() + LATER, "state": {}}
    return {"instance": row["id"], "deployment": row["deployment"], **times}
