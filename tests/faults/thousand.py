"""Creations whose answers are lost, one after the other: as many instances as calls, no more.

Every ``CreateInstance`` is carried out, and its answer is lost in one of several ways. Half of the
calls go to each of two deployments. It takes a fifteenth of a second each on one core, so
``make test`` does it a hundred times and the long run a thousand times.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway import factory
from gateway.model import InstanceStatus, OperationStatus, Resource
from gateway.storage import quotas
from gateway.storage.tables import audit_log, instances, operations, outbox
from tests.answers import JSON
from tests.core import HastyConnections, until
from tests.faults.cases import SPOILT
from tests.served import CheckedClient
from tests.world import Site, World, world

LOSSES: tuple[JSON, ...] = (
    {"kind": "drop-after"},
    {"kind": "reset", "size": 0},
    {"kind": "reset", "size": 40},
    {"kind": "hang", "execute": True},
    *({**fault, "execute": True} for name, fault in SPOILT.items() if name != "hang"),
    {"kind": "cut-chunk", "size": 40},
)
CALLERS = 3
"""At once."""

TRIES = 5
"""Of a caller."""


def exactly(number: int) -> "Tally":
    """Return what there must be after so many calls; one instance more is the world's own."""
    whole = number + 1
    return Tally(
        created=number,
        upstream=number,
        done=number,
        active=number,
        ended={OperationStatus.SUCCEEDED: whole},
        audited={"intent": whole, "outcome": whole},
        counted=whole,
    )


@dataclass(frozen=True)
class Tally:
    """What there is after the last call, and after all is settled.

    Attributes:
        created: calls that were answered with their instance, by the last of a few tries.
        upstream: instances that the deployments have.
        done: CreateInstance that the journals say changed something.
        active: instances that are ours, at the places that the deployments have them.
        ended: operations by their states.
        audited: rows of the audit by their phases.
        counted: instances against the quota.
    """

    created: int
    upstream: int
    done: int
    active: int
    ended: Mapping[str, int]
    audited: Mapping[str, int]
    counted: int


@contextmanager
def hasty_gateways() -> Iterator[None]:
    """Let gateways that are built in the block wait a moment only for an answer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, "Connections", HastyConnections)
        yield


def lose(home: Path, number: int, **settings: Any) -> Tally:  # noqa: ANN401 - as Settings takes them
    """Create instances whose answers are lost.

    Args:
        home: an empty folder.
        number: how many.
        settings: of the gateway.

    Returns:
        What came of it.
    """
    with hasty_gateways(), world(home, **settings) as made:
        for place, site in enumerate(made.sites.values()):
            share = (number + 1 - place) // len(made.sites)
            for loss in islice(cycle(LOSSES), share):
                site.simulator.application.faults.add({**loss, "command": "CreateInstance"})
        owner = made.resellers["root"]
        with ThreadPoolExecutor(CALLERS) as threads:
            created = sum(threads.map(lambda index: _create(made, owner, index), range(number)))
        database = made.served.gateway.services.database

        def is_settled() -> bool:
            with database.read() as connection:
                return not quotas.used(connection, "/", Resource.CONCURRENT_OPERATIONS)

        until(is_settled)
        return _counted(made, created)


def _create(made: World, owner: str, index: int) -> bool:
    """Create one as one of many callers, who repeats under the same key what went wrong."""
    sites: list[Site] = list(made.sites.values())
    client = CheckedClient(made.served.app, made.served.contract, made.operator.token)
    body = {
        "instanceID": f"lost-{index}",
        "displayName": f"Lost {index}",
        "reseller": owner,
        "deployment": sites[index % len(sites)].id,
        "start": False,
    }
    key = {"Idempotency-Key": f"lost-{index}"}
    answers = (client.post("/instances", json=body, headers=key) for _ in range(TRIES))
    return any(each.status_code == HTTPStatus.CREATED for each in answers)


def _counted(made: World, created: int) -> Tally:
    states = [site.control.state()["instances"] for site in made.sites.values()]
    there = {
        (site.id, name): row["base_directory"]
        for site, state in zip(made.sites.values(), states, strict=True)
        for name, row in state.items()
        if name.startswith("lost-")
    }
    tries = [entry for entry in made.journal() if entry["command"] == "CreateInstance"]
    with made.served.gateway.services.database.read() as connection:
        ours = connection.execute(
            select(instances.c.deployment, instances.c.instance_id, instances.c.base_directory)
            .where(instances.c.status == InstanceStatus.ACTIVE)
            .where(instances.c.instance_id.startswith("lost-"))
        ).all()
        ended = connection.execute(
            select(operations.c.status, func.count())
            .where(operations.c.request_id.is_not(None), operations.c.kind == "createInstance")
            .group_by(operations.c.status)
        ).all()
        counted = quotas.used(connection, "/", Resource.INSTANCES)
        rows = [
            *connection.execute(select(outbox.c.payload)).scalars(),  # not numbered yet
            *connection.execute(select(audit_log.c.payload)).scalars(),
        ]
    phases = Counter(row["phase"] for row in rows if row.get("action") == "createInstance")
    return Tally(
        created=created,
        upstream=len(there),
        done=sum(entry["changed"] for entry in tries),
        active=sum(there.get((row[0], row[1])) == row[2] for row in ours),
        ended={OperationStatus(status): count for status, count in ended},
        audited=dict(phases),
        counted=counted,
    )
