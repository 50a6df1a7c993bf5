"""What became of a command whose answer was lost: settled by reading (law 5).

Each rule looks for what only our command can have brought about: the directory derived from
our own id, a name that was free before, a state. A rule that cannot tell says so.
"""

from collections.abc import Callable
from enum import Enum
from pathlib import PureWindowsPath
from typing import Any

from gateway.broker.engine.evidence import BEFORE, PROOFS, Scene
from gateway.broker.engine.plan import command_of
from gateway.broker.engine.reader import Reader
from gateway.errors import Conflict, UpstreamError
from gateway.model import Instance, Step, is_derived
from gateway.spe.command import Evidence
from gateway.spe.commands.instances import GET_INSTANCE_CONFIGURATION, GET_INSTANCES
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS

RUNNING = frozenset({"running", "safeMode"})
"""SPE's words for an instance that answers."""


class Finding(Enum):
    """What the reading showed."""

    DONE = "done"
    ABSENT = "absent"
    FOREIGN = "foreign"
    UNDECIDED = "undecided"


MAX_ATTEMPTS = 2
"""A command that was proved absent is sent once more, not oftener."""

Rule = Callable[[Reader, Step, Instance], Finding]
Look = Callable[[Reader, Step, Instance], Any]


PROVED = {True: Finding.DONE, False: Finding.ABSENT, None: Finding.UNDECIDED}


def settle(reader: Reader, step: Step, deployment: str, instance: Instance | None) -> Finding:
    """Find out whether a step was carried out.

    Raises:
        UpstreamError: the deployment cannot be read now; ask again later.
    """
    rule = RULES.get(step.command)
    if rule is not None and instance is not None:
        return rule(reader, step, instance)
    if step.command in PROOFS:
        return PROVED[PROOFS[step.command](Scene(reader, deployment, instance), step)]
    again = command_of(step).evidence is Evidence.SEND_AGAIN and step.attempts < MAX_ATTEMPTS
    return Finding.ABSENT if again else Finding.UNDECIDED


def look_before(reader: Reader, step: Step, deployment: str, instance: Instance | None) -> Any:  # noqa: ANN401 - JSON
    """Read what a rule compares with later; None where none does, or when it cannot be read."""
    look = LOOKS.get(step.command)
    proof = BEFORE.get(step.command)
    try:
        if look is not None and instance is not None:
            return look(reader, step, instance)
        return proof(Scene(reader, deployment, instance), step) if proof else None
    except UpstreamError:
        return None


class InstanceMissing(Conflict):
    """The deployment has lost an instance that we know."""

    code = "INSTANCE_MISSING"
    title = "The deployment does not list the instance"

    def __init__(self) -> None:
        super().__init__("The deployment does not list this instance any more; ask the operator.")


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
    return Finding.DONE if _is_ours(reader, instance) else Finding.FOREIGN


def _is_ours(reader: Reader, instance: Instance) -> bool:
    """Whether what has our name lies in the directory that only we derive.

    Windows compares without case. Of an adopted instance nothing proves it (decision 8).
    """
    found = reader.record(instance.deployment, GET_INSTANCE_CONFIGURATION, instance)
    directory = str(found.get("baseDirectory"))
    known = PureWindowsPath(directory) == PureWindowsPath(instance.base_directory)
    return known and is_derived(directory, instance.id)


def _removed(reader: Reader, step: Step, instance: Instance) -> Finding:
    """What is still there is removed only when it is provably ours, not made anew since."""
    del step
    if row_of(reader, instance) is None:
        return Finding.DONE
    return Finding.ABSENT if _is_ours(reader, instance) else Finding.UNDECIDED


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
    stores = reader.rows(instance.deployment, GET_STORES, instance)
    found = any(own in str(store.get("databasePath")) for store in stores)
    return Finding.DONE if found else Finding.ABSENT


def _user_names(reader: Reader, instance: Instance) -> set[str]:
    users = reader.rows(instance.deployment, GET_USERS, instance)
    return {str(user.get("userName")).lower() for user in users}


def _user_created(reader: Reader, step: Step, instance: Instance) -> Finding:
    if not _is_user(reader, step, instance):
        return Finding.ABSENT
    found = {False: Finding.DONE, True: Finding.FOREIGN}
    return found.get(step.before, Finding.UNDECIDED)


def _user_deleted(reader: Reader, step: Step, instance: Instance) -> Finding:
    return Finding.ABSENT if _is_user(reader, step, instance) else Finding.DONE


def _is_user(reader: Reader, step: Step, instance: Instance) -> bool:
    return str(step.arguments["userName"]).lower() in _user_names(reader, instance)


def _process(reader: Reader, step: Step, instance: Instance) -> object:
    """Return the number of the instance's process, which a restart changes."""
    del step
    rows = reader.rows(instance.deployment, GET_INSTANCES, instance)
    return rows[0].get("processID") if len(rows) == 1 else None


def _restarted(reader: Reader, step: Step, instance: Instance) -> Finding:
    found = _process(reader, step, instance)
    if found is None or step.before is None:
        return Finding.UNDECIDED
    return Finding.ABSENT if found == step.before else Finding.DONE


LOOKS: dict[str, Look] = {"CreateUser": _is_user, "RestartInstances": _process}
"""What is read before a command is sent, because its outcome alone would prove nothing."""


RULES: dict[str, Rule] = {
    "CreateInstance": _created,
    "DeleteInstances": _removed,
    "StartInstances": _in_state(*RUNNING),
    "StopInstances": _in_state("stopped"),
    "RestartInstances": _restarted,
    "FreezeInstances": _in_state("frozen"),
    "ThawInstances": _in_state(*RUNNING),
    "CreateStore": _store_created,
    "CreateUser": _user_created,
    "DeleteUser": _user_deleted,
}
"""The rule of each command that is settled by reading; others are sent again or undecided."""
