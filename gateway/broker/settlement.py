"""What became of a command whose answer was lost: settled by reading (law 5).

Each rule looks for what only our command can have brought about: the directory derived from
our own id, a name that was free before, a state. A rule that cannot tell says so.
"""

from collections.abc import Callable
from enum import Enum
from typing import Any

from gateway.broker.plan import command_of
from gateway.broker.reader import Reader
from gateway.model import Instance, Step
from gateway.spe.command import Evidence
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS


class Finding(Enum):
    """What the reading showed."""

    DONE = "done"
    ABSENT = "absent"
    FOREIGN = "foreign"
    UNDECIDED = "undecided"


MAX_ATTEMPTS = 2
"""A command that was proved absent is sent once more, not oftener."""

Rule = Callable[[Reader, Step, Instance], Finding]


def settle(reader: Reader, step: Step, instance: Instance | None) -> Finding:
    """Find out whether a step was carried out.

    Raises:
        UpstreamError: the deployment cannot be read now; ask again later.
    """
    if command_of(step).evidence is Evidence.SEND_AGAIN:
        return Finding.ABSENT if step.attempts < MAX_ATTEMPTS else Finding.UNDECIDED
    rule = RULES.get(step.command)
    if rule is None or instance is None:
        return Finding.UNDECIDED
    return rule(reader, step, instance)


def row_of(reader: Reader, instance: Instance) -> dict[str, Any] | None:
    """Return SPE's row of an instance, or None when it has none.

    The row is looked up in the whole list: an id that does not exist is no error there.
    """
    rows = reader.discover(instance.deployment)
    return next((row for row in rows if row.get("instanceID") == instance.instance_id), None)


def _created(reader: Reader, step: Step, instance: Instance) -> Finding:
    del step
    if row_of(reader, instance) is None:
        return Finding.ABSENT
    found = reader.read(instance.deployment, GET_INSTANCE_CONFIGURATION, instance=instance)
    ours = found.get("baseDirectory") == instance.base_directory
    return Finding.DONE if ours else Finding.FOREIGN


def _removed(reader: Reader, step: Step, instance: Instance) -> Finding:
    del step
    gone = row_of(reader, instance) is None
    return Finding.DONE if gone else Finding.UNDECIDED


def _in_state(*wanted: str) -> Rule:
    def rule(reader: Reader, step: Step, instance: Instance) -> Finding:
        del step
        row = row_of(reader, instance)
        if row is None:
            return Finding.UNDECIDED
        return Finding.DONE if row.get("status") in wanted else Finding.ABSENT

    return rule


def _store_created(reader: Reader, step: Step, instance: Instance) -> Finding:
    path = str(step.arguments["databasePath"])
    own = path.rpartition("\\")[2]
    stores = reader.read(instance.deployment, GET_STORES, instance=instance)
    found = any(own in str(store.get("databasePath")) for store in stores)
    return Finding.DONE if found else Finding.ABSENT


def _user_names(reader: Reader, instance: Instance) -> set[str]:
    users = reader.read(instance.deployment, GET_USERS, instance=instance)
    return {str(user.get("userName")).lower() for user in users}


def _user_created(reader: Reader, step: Step, instance: Instance) -> Finding:
    name = str(step.arguments["userName"]).lower()
    found = name in _user_names(reader, instance)
    return Finding.DONE if found else Finding.ABSENT


def _user_deleted(reader: Reader, step: Step, instance: Instance) -> Finding:
    name = str(step.arguments["userName"]).lower()
    found = name in _user_names(reader, instance)
    return Finding.UNDECIDED if found else Finding.DONE


RULES: dict[str, Rule] = {
    "CreateInstance": _created,
    "DeleteInstances": _removed,
    "StartInstances": _in_state("running", "safeMode"),
    "StopInstances": _in_state("stopped"),
    "CreateStore": _store_created,
    "CreateUser": _user_created,
    "DeleteUser": _user_deleted,
}
"""The rule of each command that is settled by reading; the others stay undecided."""
