"""What is sent for each event in the life of an instance, one command after the other."""

from collections.abc import Mapping
from typing import Any

from gateway.broker.engine.plan import Invocation
from gateway.spe.command import Command
from gateway.spe.commands.archive_admin import GET_ARCHIVE_ADMIN_ENABLED, SET_ARCHIVE_ADMIN_ENABLED
from gateway.spe.commands.compliance import GET_COMPLIANCE_CONFIGURATION
from gateway.spe.commands.instances import (
    DELETE_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    GET_INSTANCES,
    SET_INSTANCE_CONFIGURATION,
    START_INSTANCES,
    STOP_INSTANCES,
)

EXPECTED = {
    "StartInstances": "is-not-stopped",
    "RestartInstances": "is-not-stopped",
    "StopInstances": "is-not-running",
}
"""What must be read after a command: SPE's success alone proves nothing (law 7)."""
LOOK_AT_CONSENT = Invocation(GET_ARCHIVE_ADMIN_ENABLED, prepare="if-running", tolerant=True)
"""SPE tells whether service provider access is on of running instances only."""
READING = (
    Invocation(GET_INSTANCES),
    Invocation(GET_INSTANCE_CONFIGURATION, prepare="if-listed"),
    LOOK_AT_CONSENT,
)
PURGE = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(DELETE_INSTANCES),
    Invocation(GET_INSTANCES, check="is-gone", tolerant=True),
)
CONFIGURATION = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(STOP_INSTANCES, prepare="stop-to-configure"),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="merge-configuration"),
    Invocation(START_INSTANCES, prepare="start-again", always=True),
    Invocation(GET_INSTANCES),
    Invocation(GET_INSTANCE_CONFIGURATION),
)
DELETION = (
    Invocation(GET_INSTANCES, check="is-listed"),
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(GET_COMPLIANCE_CONFIGURATION, tolerant=True),
    Invocation(STOP_INSTANCES, prepare="stop-if-running"),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="disable-start"),
    Invocation(GET_INSTANCES, check="is-not-running"),
)
UNDELETION = (
    Invocation(GET_INSTANCE_CONFIGURATION),
    Invocation(SET_INSTANCE_CONFIGURATION, prepare="restore-start"),
    Invocation(START_INSTANCES, prepare="start-if-it-ran"),
    Invocation(GET_INSTANCES, tolerant=True),
)


def operating(command: Command, arguments: Mapping[str, Any]) -> tuple[Invocation, ...]:
    """Return the wishes to start, stop, restart, freeze or thaw an instance."""
    return (
        Invocation(GET_INSTANCES, check="is-listed"),
        Invocation(command, arguments),
        Invocation(GET_INSTANCES, check=EXPECTED.get(command.name, "is-listed")),
    )


def switching(*, enabled: bool) -> tuple[Invocation, ...]:
    """Return the wishes to switch service provider access of an instance that is as wanted."""
    return (
        Invocation(GET_INSTANCES, check="is-listed"),
        Invocation(GET_INSTANCE_CONFIGURATION, check="is-unchanged"),
        Invocation(SET_ARCHIVE_ADMIN_ENABLED, {"enabled": enabled}),
        Invocation(GET_ARCHIVE_ADMIN_ENABLED),
    )
