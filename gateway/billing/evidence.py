"""The readings that a statement rests on: how many of each subject, and their digest."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.model import OF_INSTANCES, SHOWN_BY, Measure, Month, Reading
from gateway.storage import readings
from gateway.storage.chains import canonical

LICENCES = SHOWN_BY[Measure.LICENCES]
_SIZES = tuple(SHOWN_BY[measure] for measure in OF_INSTANCES)


def evidence(
    connection: Connection, month: Month, deployments: Iterable[str], instances: Iterable[str]
) -> dict[str, Mapping[str, Any]]:
    """Return the number and the digest of the readings of deployments and instances in a month.

    Failed ones too. A digest is over the id, the command, the time, the digest of the raw answer
    and the problem of each, in the order of time.
    """
    found = {name: _of_deployment(connection, name, month) for name in sorted(deployments)}
    return found | {name: _of_instance(connection, name, month) for name in sorted(instances)}


def _of_deployment(connection: Connection, deployment: str, month: Month) -> Mapping[str, Any]:
    return _told(readings.between(connection, deployment, LICENCES, month.since, month.until))


def _of_instance(connection: Connection, instance: str, month: Month) -> Mapping[str, Any]:
    return _told(
        [
            reading
            for command in _SIZES
            for reading in readings.of_instance(
                connection, instance, command, month.since, month.until
            )
        ]
    )


def _told(some: Sequence[Reading]) -> Mapping[str, Any]:
    whole = hashlib.sha256()
    for reading in some:
        whole.update(canonical(_row(reading)) + b"\n")
    return {"readings": len(some), "digest": whole.hexdigest()}


def _row(reading: Reading) -> Mapping[str, Any]:
    return {**vars(reading), "time": reading.time.isoformat()}
