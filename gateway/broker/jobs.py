"""Jobs: what they may run, and who may let them.

A job is a command that SPE carries out later and again, so nobody plans, or sets going, what
they may not do themselves.
"""

from collections.abc import Collection, Mapping
from typing import Final

from gateway.access.permissions import Permission
from gateway.errors import Conflict, PermissionMissing

ACTIONS: Final[Mapping[str, Permission]] = {
    "VerifyStores": Permission.STORES_RUN,
    "RefreshAllStoreStatistics": Permission.STORES_RUN,
    "RetryOpenStores": Permission.STORES_RUN,
    "MaintainFileSystemDatabases": Permission.STORES_RUN,
    "UpgradeStores": Permission.STORES_RUN,
    "SelectAllStoreIndexesForRebuild": Permission.INDEXES_RUN,
    "RebuildSelectedStoreIndexes": Permission.INDEXES_RUN,
    "SyncUsersWithDirectoryServices": Permission.DIRECTORY_SERVICES_RUN,
    "ProcessRetentionPolicies": Permission.RETENTION_POLICIES_RUN,
}
"""The commands that a job may run, each with the right that it needs when called directly.

An action is a name, nothing more: none of them has an argument that SPE demands.
"""


def allowed_actions(permissions: Collection[Permission]) -> list[str]:
    """Return the commands that somebody with these permissions may let a job run."""
    return [action for action, needed in ACTIONS.items() if needed in permissions]


def require_action(action: object, allowed: Collection[str]) -> None:
    """Check that a job runs something that its caller may do.

    Args:
        action: of the job, as SPE lists it.
        allowed: what the caller may let a job run.

    Raises:
        PermissionMissing: names the right that the job's command needs.
        Conflict: the command is none that the gateway lets a job run.
    """
    if action in allowed:
        return
    if isinstance(action, str) and action in ACTIONS:
        raise PermissionMissing(ACTIONS[action])
    raise Conflict("The job runs something that is not on the gateway's list of actions.")
