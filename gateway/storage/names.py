"""The one table of names for each deployment: ids, aliases, tombstones, reserved words."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, case, delete, insert, select, tuple_, update

from gateway.errors import NameTaken
from gateway.model import Instance
from gateway.storage.database import inserted
from gateway.storage.tables import names

RESERVED = frozenset(
    {"admin", "all", "default", "management", "mailstore", "none", "null", "system"}
)
REFUSAL = "The instance id or alias cannot be used on this deployment; choose another."


def reserve(
    connection: Connection,
    deployment: str,
    name: str,
    *,
    instance: str,
    reseller: str,
    time: datetime,
) -> None:
    """Take a name for an instance.

    The same reseller gets its own tombstoned id back; nobody else ever does (law 3). What the
    instance has already it may take again.

    Raises:
        NameTaken: whatever the reason, the answer is the same (decision 7).
    """
    folded = name.lower()
    if folded in RESERVED:
        raise NameTaken(REFUSAL)
    if _retake(connection, deployment, folded, (instance, reseller, time)):
        return
    row = insert(names).values(
        deployment=deployment,
        name=folded,
        instance=instance,
        reseller=reseller,
        tombstone=False,
        used=False,
        create_time=time,
    )
    if not inserted(connection, row):
        raise NameTaken(REFUSAL)


def reserve_for(connection: Connection, instance: Instance) -> None:
    """Take the id and the alias of an instance that is about to be ours.

    Raises:
        NameTaken: whatever the reason.
    """
    for name in sorted({instance.instance_id, instance.alias or instance.instance_id}):
        reserve(
            connection,
            instance.deployment,
            name,
            instance=instance.id,
            reseller=instance.reseller,
            time=instance.create_time,
        )


def _retake(
    connection: Connection, deployment: str, name: str, taker: tuple[str, str, datetime]
) -> bool:
    instance, reseller, time = taker
    own = (
        names.c.deployment == deployment,
        names.c.name == name,
        names.c.reseller == reseller,
        names.c.tombstone | (names.c.instance == instance),
    )
    since = case((names.c.tombstone, time), else_=names.c.create_time)
    values = {"instance": instance, "tombstone": False, "create_time": since}
    return connection.execute(update(names).where(*own).values(values)).rowcount == 1


def bury(connection: Connection, instance: str) -> None:
    """Turn an instance's names into tombstones: its data is still on disk."""
    connection.execute(
        update(names).where(names.c.instance == instance).values(tombstone=True, used=True)
    )


def transfer(connection: Connection, instance: str, reseller: str) -> None:
    """Let an instance's names go to its new owner, those that it no longer uses too."""
    connection.execute(update(names).where(names.c.instance == instance).values(reseller=reseller))


def owner(connection: Connection, deployment: str, name: str) -> str | None:
    """Return the opaque id of the instance that has or had a name, or None."""
    query = select(names.c.instance).where(
        names.c.deployment == deployment, names.c.name == name.lower()
    )
    return connection.execute(query).scalar_one_or_none()


def holders(
    connection: Connection, places: Collection[tuple[str, str]]
) -> Mapping[tuple[str, str], str]:
    """Return whose names are or were; those that nobody ever had are left out.

    Args:
        connection: an open transaction.
        places: pairs of a deployment and a name in lower case.

    Returns:
        Resellers by those pairs.
    """
    wanted = tuple_(names.c.deployment, names.c.name).in_(list(places))
    rows = connection.execute(select(names).where(wanted))
    return {(row.deployment, row.name): row.reseller for row in rows}


def release(connection: Connection, instance: str) -> None:
    """Give back the names of an instance that was never made.

    A name that was ever used stays a tombstone: an older archive may lie under it.
    """
    mine = names.c.instance == instance
    connection.execute(delete(names).where(mine, names.c.used.is_(False)))
    connection.execute(update(names).where(mine).values(tombstone=True))


def give_back(connection: Connection, instance: str, name: str, since: datetime) -> None:
    """Give back a name that an instance took since a time, in vain; older ones stay its own."""
    mine = (names.c.instance == instance, names.c.name == name.lower())
    taken = (*mine, names.c.create_time >= since)
    connection.execute(delete(names).where(*taken, names.c.used.is_(False)))
    connection.execute(update(names).where(*taken).values(tombstone=True))
