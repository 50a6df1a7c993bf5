"""Retention policies: what is deleted when its time has come."""

from typing import Any

from .archive import Archive
from .archive_admin import granted, opened
from .commands import command
from .compliance import is_on_hold
from .deployment import Deployment
from .failures import Failure, missing
from .operations import LongRun, Step
from .state import Instance, StoreFiles
from .stores import files
from .wire import Arguments


@command("GetRetentionPolicies", "read")
def get_retention_policies(deployment: Deployment, arguments: Arguments) -> Any:  # noqa: ANN401 - as it was set
    """Return the policies as they were set; an empty list at first."""
    return opened(deployment, arguments).configuration.get("retentionPolicies", [])


@command("SetRetentionPolicies", "change")
def set_retention_policies(deployment: Deployment, arguments: Arguments) -> None:
    """Replace all policies."""
    archive, config = opened(deployment, arguments), arguments["config"]
    if not isinstance(config, list | dict):
        raise missing("config")
    archive.configuration["retentionPolicies"] = config


@command("ProcessRetentionPolicies", "run")
def process_retention_policies(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Delete the messages whose time has come.

    Raises:
        Failure: legal hold is on, or a store is not upgraded, not in use or write protected.
    """
    instance, archive = granted(deployment, arguments), opened(deployment, arguments)
    _require_permission(deployment, instance, archive)
    expired = [data for data in _files(deployment, instance) if data and data.expired]
    if not archive.configuration.get("retentionPolicies"):
        expired = []
    count = sum(data.expired for data in expired)
    lines = "Processing retention policies...\r\n", f"{count} messages deleted.\r\n"
    seconds = count / deployment.scenario.verify_rate
    steps = Step(0.0, lines[0], 0), Step(seconds, lines[1], 100)
    return LongRun(steps, seconds, lambda: _delete(expired))


def _files(deployment: Deployment, instance: Instance) -> list[StoreFiles | None]:
    return [files(deployment, instance, store) for store in deployment.archive(instance).stores]


def _require_permission(deployment: Deployment, instance: Instance, archive: Archive) -> None:
    if is_on_hold(archive):
        raise Failure("Retention policies cannot be processed while legal hold is enabled.")
    if any(store.needs_upgrade for store in archive.stores):
        raise Failure("Retention policies are not available until all stores are upgraded.")
    protected = any(store.requested_state == "writeProtected" for store in archive.stores)
    if protected or None in _files(deployment, instance):
        raise Failure("Retention policies need all archive stores to be writable.")


def _delete(expired: list[StoreFiles]) -> None:
    for data in expired:
        share = data.size // max(data.messages, 1)
        data.messages -= data.expired
        data.size -= share * data.expired
        data.expired = 0
