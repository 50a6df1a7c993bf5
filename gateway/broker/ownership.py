"""Whose an instance is, and under which names: noted so that it outlives a restore."""

from sqlalchemy import Connection

from gateway.storage import facts, instances
from gateway.storage.facts import Fact


def note(connection: Connection, instance: str) -> None:
    """Write the fact of an instance, as it is in this transaction."""
    found = instances.tracked(connection, instance)
    if found is None:
        return
    state = {
        "deployment": found.deployment,
        "instanceID": found.instance_id,
        "alias": found.alias,
        "reseller": found.reseller,
        "status": str(found.status),
    }
    facts.note(connection, Fact.INSTANCE, found.id, state)
