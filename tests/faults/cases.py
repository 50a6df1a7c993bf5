"""Every changing command that the REST operations send, and how to see whether it was done."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.broker.engine.plan import Invocation
from gateway.model import Instance, Operation
from gateway.spe.command import Command
from gateway.spe.commands.archive_admin import SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    FREEZE_INSTANCES,
    RESTART_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
    THAW_INSTANCES,
)
from gateway.spe.commands.stores import (
    CREATE_STORE,
    RENAME_STORE,
    SET_STORE_REQUESTED_STATE,
    VERIFY_STORE,
    VERIFY_STORES,
)
from gateway.spe.commands.users import CREATE_USER, DELETE_USER
from tests.core import Core
from tests.simulated import JSON, Control

Seen = Callable[[JSON, Instance], bool]
FIRST_PROCESS = 3004
"""Of the one instance that a case plants; a start takes the next number but three."""


def row(state: JSON, instance: Instance) -> JSON:
    """Return the deployment's record of an instance."""
    found: JSON = state["instances"].get(instance.instance_id, {})
    return found


def archive(state: JSON, instance: Instance) -> JSON:
    """Return what lies in an instance's directory."""
    key = f"{instance.instance_host}|{instance.base_directory}".casefold()
    found: JSON = state["archives"][key]
    return found


def _exists(state: JSON, instance: Instance) -> bool:
    return instance.instance_id in state["instances"]


def _is_gone(state: JSON, instance: Instance) -> bool:
    return not _exists(state, instance)


def _status(*wanted: str) -> Seen:
    return lambda state, instance: row(state, instance).get("status") in wanted


def _store(state: JSON, instance: Instance, name: str) -> list[JSON]:
    return [store for store in archive(state, instance)["stores"] if store["name"] == name]


def _restarted_once(state: JSON, instance: Instance) -> bool:
    return bool(row(state, instance)["process_id"] == FIRST_PROCESS + 4)


@dataclass(frozen=True)
class Case:
    """One command.

    Attributes:
        command: what is sent.
        done: whether the deployment is as the command should have made it, exactly once.
        arguments: besides the tenant's name.
        seed: of the instance that is there before; None for one that is to be made.
        settles: whether its outcome can be found out.
    """

    command: Command
    done: Seen
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: Mapping[str, Any] | None = field(default_factory=dict)
    settles: bool = True

    def __str__(self) -> str:
        return self.command.name

    def opened(self, core: Core, control: Control) -> tuple[Instance, Operation]:
        """Commit the intent of sending the command to an instance of its own."""
        if self.seed is None:
            instance = core.new_instance("acme")
            wish = Invocation(self.command, {"config": configuration(instance)})
            made = core.opened(instance, wish, kind="createInstance", fresh=True)
            return instance, made
        instance = core.planted(control, "acme", **self.seed)
        wish = Invocation(self.command, self.arguments)
        return instance, core.opened(instance, wish, kind=KINDS.get(self.command.name, "test"))


def configuration(instance: Instance) -> dict[str, Any]:
    """Return the configuration that makes an instance."""
    return {
        "displayName": "Acme",
        "instanceHost": instance.instance_host,
        "startMode": "automatic",
        "baseDirectory": instance.base_directory,
    }


KINDS = {"DeleteInstances": "purgeInstance"}
STOPPED = {"status": "stopped"}
CASES = (
    Case(CREATE_INSTANCE, _exists, seed=None),
    Case(DELETE_INSTANCES, _is_gone, seed=STOPPED),
    Case(START_INSTANCES, _status("running"), seed=STOPPED),
    Case(STOP_INSTANCES, _status("stopped")),
    Case(RESTART_INSTANCES, _restarted_once),
    Case(FREEZE_INSTANCES, _status("frozen")),
    Case(THAW_INSTANCES, _status("running"), seed={"status": "frozen"}),
    Case(
        SET_INSTANCE_CONFIGURATION,
        lambda state, i: row(state, i)["display_name"] == "Other",
        {"config": {"displayName": "Other"}},
        STOPPED,
    ),
    Case(
        CREATE_STORE,
        lambda state, i: len(_store(state, i, "More")) == 1,
        {"name": "More", "databasePath": "~\\0123456789abcdef"},
    ),
    Case(
        RENAME_STORE,
        lambda state, i: len(_store(state, i, "Post")) == 1,
        {"id": 1, "name": "Post"},
    ),
    Case(
        SET_STORE_REQUESTED_STATE,
        lambda state, i: _store(state, i, "Mail")[0]["requested_state"] == "disabled",
        {"id": 1, "requestedState": "disabled"},
    ),
    Case(
        SET_ARCHIVE_ADMIN_ENABLED,
        lambda state, i: not row(state, i)["archive_admin_enabled"],
        {"enabled": False},
    ),
    Case(
        CREATE_USER,
        lambda state, i: "john" in archive(state, i)["users"],
        {"userName": "john", "privileges": ["login"], "password": "secret-of-john"},
    ),
    Case(
        DELETE_USER,
        lambda state, i: "jane" not in archive(state, i)["users"],
        {"userName": "jane"},
    ),
    Case(VERIFY_STORE, _exists, {"id": 1, "includeIndexes": False}, settles=False),
    Case(VERIFY_STORES, _exists, {"includeIndexes": False}, settles=False),
)


def garbage(body: str) -> JSON:
    """Return a fault that answers with a body of its own."""
    return {"kind": "garbage", "body": base64.b64encode(body.encode()).decode()}


def envelope(word: str, result: object = None) -> str:
    """Return an answer with a state of its own."""
    whole = {"error": None, "token": None, "statusVersion": 1, "statusCode": word}
    rest = {"percentProgress": None, "statusText": None, "result": result, "logOutput": None}
    return json.dumps(whole | rest)


SPOILT: Mapping[str, JSON] = {
    "drop": {"kind": "drop-before"},
    "truncate": {"kind": "truncate", "size": 20},
    "html": garbage("<html>Service Unavailable</html>"),
    "unknown-word": garbage(envelope("paused")),
    "hang": {"kind": "hang"},
    "status-500": {"kind": "status", "status": 500, "text": "Internal Server Error"},
}
"""The ways to lose an answer; each is tried with the command carried out, and without."""

PATIENT = {"CreateInstance", "StartInstances", "SetArchiveAdminEnabled", "DeleteUser"}
"""One command of each way of settling: only these are also left without any answer."""
LOST = [
    (case, spoilt)
    for case in CASES
    for spoilt in SPOILT
    if spoilt != "hang" or case.command.name in PATIENT
]
