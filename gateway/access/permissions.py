"""Permissions are named after the noun; roles are named sets of them."""

from enum import StrEnum


class Permission(StrEnum):
    """Every permission; the value is what tokens, grants and answers carry."""

    ARCHIVE_ADMIN_READ = "archive-admin:read"
    ARCHIVE_ADMIN_UPDATE = "archive-admin:update"
    ARCHIVE_ADMIN_LOGIN = "archive-admin:login"
    CLIENTS_CREATE = "clients:create"
    CLIENTS_DELETE = "clients:delete"
    CLIENTS_READ = "clients:read"
    CLIENTS_UPDATE = "clients:update"
    COMMANDS_INVOKE = "commands:invoke"
    DEPLOYMENTS_CREATE = "deployments:create"
    DEPLOYMENTS_DELETE = "deployments:delete"
    DEPLOYMENTS_READ = "deployments:read"
    DEPLOYMENTS_UPDATE = "deployments:update"
    INSTANCES_CREATE = "instances:create"
    INSTANCES_DELETE = "instances:delete"
    INSTANCES_OPERATE = "instances:operate"
    INSTANCES_PURGE = "instances:purge"
    INSTANCES_READ = "instances:read"
    INSTANCES_UPDATE = "instances:update"
    OPERATIONS_CANCEL = "operations:cancel"
    OPERATIONS_READ = "operations:read"
    RESELLERS_CREATE = "resellers:create"
    RESELLERS_DELETE = "resellers:delete"
    RESELLERS_READ = "resellers:read"
    RESELLERS_UPDATE = "resellers:update"
    STORES_CREATE = "stores:create"
    STORES_READ = "stores:read"
    STORES_RUN = "stores:run"
    STORES_UPDATE = "stores:update"
    USERS_ADMIN = "users:admin"
    USERS_CREATE = "users:create"
    USERS_CREDENTIALS = "users:credentials"
    USERS_DELETE = "users:delete"
    USERS_READ = "users:read"


DESCRIPTIONS: dict[Permission, str] = {
    Permission.ARCHIVE_ADMIN_READ: "See whether service provider access is on.",
    Permission.ARCHIVE_ADMIN_UPDATE: "Switch service provider access, the customer's consent.",
    Permission.ARCHIVE_ADMIN_LOGIN: "Make a one-time URL that logs in as archive administrator.",
    Permission.CLIENTS_CREATE: "Create API clients of the own reseller or below.",
    Permission.CLIENTS_DELETE: "Delete API clients.",
    Permission.CLIENTS_READ: "See API clients, without their secrets.",
    Permission.CLIENTS_UPDATE: "Change API clients and rotate their secrets.",
    Permission.COMMANDS_INVOKE: "Send any Management API command to a deployment.",
    Permission.DEPLOYMENTS_CREATE: "Probe and register deployments.",
    Permission.DEPLOYMENTS_DELETE: "Remove deployments that hold nothing.",
    Permission.DEPLOYMENTS_READ: "See deployments, their health and their hosts.",
    Permission.DEPLOYMENTS_UPDATE: "Change deployments, cordon them, write licence requests.",
    Permission.INSTANCES_CREATE: "Create instances.",
    Permission.INSTANCES_DELETE: "Delete instances with days of grace, and undelete them.",
    Permission.INSTANCES_OPERATE: "Start, stop, restart, freeze and thaw instances.",
    Permission.INSTANCES_PURGE: "Remove deleted instances before their days of grace are over.",
    Permission.INSTANCES_READ: "See instances, their configuration and statistics.",
    Permission.INSTANCES_UPDATE: "Change instances.",
    Permission.OPERATIONS_CANCEL: "Ask a running operation to stop.",
    Permission.OPERATIONS_READ: "See operations and their logs.",
    Permission.RESELLERS_CREATE: "Create resellers below the own one.",
    Permission.RESELLERS_DELETE: "Delete resellers that hold nothing.",
    Permission.RESELLERS_READ: "See the own reseller and those below.",
    Permission.RESELLERS_UPDATE: "Change resellers below the own one.",
    Permission.STORES_CREATE: "Create archive stores.",
    Permission.STORES_READ: "See archive stores.",
    Permission.STORES_RUN: "Verify and maintain archive stores.",
    Permission.STORES_UPDATE: "Rename archive stores and change their state.",
    Permission.USERS_ADMIN: "Give a user the privilege admin.",
    Permission.USERS_CREATE: "Create users.",
    Permission.USERS_CREDENTIALS: "Set a user's password.",
    Permission.USERS_DELETE: "Delete users; their archived mail stays.",
    Permission.USERS_READ: "See users and their privileges.",
}

_DEPLOYMENT_WIDE = frozenset(
    p for p in Permission if p.split(":")[0] in {"deployments", "commands"}
) | {Permission.INSTANCES_PURGE}

_READ = frozenset(p for p in Permission if p.endswith(":read")) - _DEPLOYMENT_WIDE

ROLES: dict[str, frozenset[Permission]] = {
    "operator": frozenset(Permission),
    "reseller-admin": frozenset(Permission) - _DEPLOYMENT_WIDE,
    "support": _READ
    | {Permission.INSTANCES_OPERATE, Permission.STORES_RUN, Permission.OPERATIONS_CANCEL},
    "read-only": _READ,
    "billing": frozenset({Permission.INSTANCES_READ, Permission.RESELLERS_READ}),
    "portal": frozenset(
        {
            Permission.INSTANCES_READ,
            Permission.STORES_READ,
            Permission.USERS_READ,
            Permission.OPERATIONS_READ,
        }
    ),
}
"""The roles by name. ``operator`` has effect for clients of the root reseller only."""

ROOT_ONLY = _DEPLOYMENT_WIDE
"""Permissions that reach a whole deployment: void for every client but the root's."""
