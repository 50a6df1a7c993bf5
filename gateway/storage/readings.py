"""Each look at a deployment or an instance, and the answers as they came.

An answer lies under the SHA-256 of its canonical JSON, compressed: equal answers are kept once,
and one that was altered is noticed when it is read.
"""

import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, insert, select

from gateway.errors import GatewayError
from gateway.model import Reading, now
from gateway.storage.database import inserted
from gateway.storage.tables import raws, readings


class RawAltered(GatewayError):
    """An answer that was kept is gone, or is not what its SHA-256 says."""

    code = "RAW_ALTERED"
    title = "An answer that was kept has been altered"


def note(connection: Connection, reading: Reading, answer: object | None) -> Reading:
    """Write a reading down, and its answer if it has one and no equal one is kept.

    Args:
        connection: a transaction.
        reading: without the digest of its answer.
        answer: any JSON value; None for a reading that has a problem.

    Returns:
        The reading with the digest.
    """
    digest = None if answer is None else _keep(connection, answer)
    noted = replace(reading, raw=digest)
    connection.execute(insert(readings).values(**vars(noted)))
    return noted


def answer_of(connection: Connection, digest: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return an answer as it came.

    Raises:
        RawAltered: it is not what its digest says, or not there.
    """
    query = select(raws.c.content).where(raws.c.digest == digest)
    content = connection.execute(query).scalar_one_or_none()
    if content is None:
        raise RawAltered(f"The answer {digest} is not there any more.")
    try:
        said = zlib.decompress(content)
    except zlib.error:
        said = b""
    if hashlib.sha256(said).hexdigest() != digest:
        raise RawAltered(f"The answer {digest} is not what it was when it was kept.")
    return json.loads(said)


def between(
    connection: Connection, deployment: str, command: str, since: datetime, until: datetime
) -> Sequence[Reading]:
    """Return the readings of a deployment as a whole in [since, until), the oldest first.

    Failed ones too: they have a ``problem`` and no ``raw``.
    """
    mine = _as_a_whole(deployment, command)
    return _found(connection, select(readings).where(*mine, *_within(since, until)))


def of_instance(
    connection: Connection, instance: str, command: str, since: datetime, until: datetime
) -> Sequence[Reading]:
    """Return the readings of one instance in [since, until), the oldest first; failed ones too."""
    mine = (readings.c.instance == instance, readings.c.command == command)
    return _found(connection, select(readings).where(*mine, *_within(since, until)))


def of_instances(
    connection: Connection, deployment: str, command: str, since: datetime, until: datetime
) -> Sequence[Reading]:
    """Return the readings of every instance of a deployment in [since, until), the oldest first."""
    there = (readings.c.deployment == deployment, readings.c.instance.is_not(None))
    mine = (*there, readings.c.command == command)
    return _found(connection, select(readings).where(*mine, *_within(since, until)))


def around(
    connection: Connection, deployment: str, command: str, since: datetime, until: datetime
) -> Sequence[Reading]:
    """Return what says where nothing was read of a deployment in [since, until).

    Its readings from the last success before the period to the first one after it.
    """
    good = select(readings.c.time).where(
        *_as_a_whole(deployment, command), readings.c.problem.is_(None)
    )
    before = good.where(readings.c.time < since).order_by(readings.c.time.desc()).limit(1)
    after = good.where(readings.c.time >= until).order_by(readings.c.time).limit(1)
    query = select(readings).where(
        *_as_a_whole(deployment, command),
        readings.c.time >= (connection.execute(before).scalar() or since),
        readings.c.time <= (connection.execute(after).scalar() or datetime.max.replace(tzinfo=UTC)),
    )
    return _found(connection, query)


def latest(connection: Connection, deployment: str, command: str) -> Reading | None:
    """Return the last reading of a deployment as a whole, failed or not."""
    query = select(readings).where(*_as_a_whole(deployment, command))
    row = connection.execute(query.order_by(readings.c.time.desc()).limit(1)).mappings().first()
    return None if row is None else Reading(**row)


def is_read_since(connection: Connection, deployment: str, command: str, since: datetime) -> bool:
    """Whether a reading of a deployment as a whole succeeded at a time or later."""
    later = (readings.c.time >= since, readings.c.problem.is_(None))
    query = select(exists().where(*_as_a_whole(deployment, command), *later))
    return connection.execute(query).scalar_one()


def find(connection: Connection, reading: str) -> Reading | None:
    """Return a reading by its id; None when it is not kept any more."""
    row = connection.execute(select(readings).where(readings.c.id == reading)).mappings().first()
    return None if row is None else Reading(**row)


def forget(connection: Connection, before: datetime, limit: int) -> int:
    """Delete the oldest readings of before a time.

    Returns:
        How many, ``limit`` at most.
    """
    old = select(readings.c.id).where(readings.c.time < before).order_by(readings.c.time)
    some = old.limit(limit).scalar_subquery()
    return connection.execute(delete(readings).where(readings.c.id.in_(some))).rowcount


def forget_raws(connection: Connection, before: datetime, limit: int) -> int:
    """Delete answers that nothing refers to any more and that were first kept before a time.

    They are locked first and judged by a second statement: whoever notes an equal answer at this
    moment has locked it too, and is waited for and seen.

    Returns:
        How many, ``limit`` at most.
    """
    unused = ~exists().where(readings.c.raw == raws.c.digest)
    old = select(raws.c.digest).where(raws.c.create_time < before, unused)
    held = connection.execute(old.order_by(raws.c.digest).limit(limit).with_for_update())
    some = list(held.scalars())
    return connection.execute(delete(raws).where(raws.c.digest.in_(some), unused)).rowcount


def _keep(connection: Connection, answer: object) -> str:
    """Keep an answer, or hold the equal one that is kept; return its digest."""
    said = _canonical(answer)
    digest = hashlib.sha256(said).hexdigest()
    row = {"digest": digest, "content": zlib.compress(said), "create_time": now()}
    held = select(raws.c.digest).where(raws.c.digest == digest).with_for_update()
    while connection.execute(held).first() is None:
        if inserted(connection, insert(raws).values(**row)):
            break
    return digest


def _canonical(answer: object) -> bytes:
    said = json.dumps(answer, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return said.encode("ascii")


def _as_a_whole(deployment: str, command: str) -> tuple[ColumnElement[bool], ...]:
    mine = (readings.c.deployment == deployment, readings.c.instance.is_(None))
    return (*mine, readings.c.command == command)


def _within(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return readings.c.time >= since, readings.c.time < until


def _found(connection: Connection, query: Select[Any]) -> Sequence[Reading]:
    rows = connection.execute(query.order_by(readings.c.time, readings.c.id)).mappings()
    return [Reading(**row) for row in rows]
