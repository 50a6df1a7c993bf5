"""The roles, and what each may do at most, from the documents."""

from collections.abc import Mapping
from typing import Any

from tests.personas.model import DEPLOYMENT_WIDE
from tests.personas.table import TABLE

FURTHER = frozenset(
    {"audit:read", "clients:federate", "jobs:owner", "operations:resolve", "profiles:any"}
    | {"resellers:unlimited", "users:admin"}
)
"""Permissions that no operation needs by itself."""

ALL = frozenset(row.permission for row in TABLE.values()) - {""} | FURTHER
WIDE = frozenset(
    p for p in ALL if p.startswith((*DEPLOYMENT_WIDE, "jobs:owner", "resellers:unlimited"))
)
"""What reaches a whole deployment: void below the root."""

READS = frozenset(p for p in ALL - WIDE if p.endswith(":read"))
PORTAL = frozenset({"instances:read", "stores:read", "users:read", "operations:read"})
ROLES: Mapping[str, frozenset[str]] = {
    "operator": ALL,
    "reseller-admin": ALL - WIDE,
    "read-only": READS,
    "portal": PORTAL,
}


def granted(client: Mapping[str, Any]) -> frozenset[str]:
    """Return what the roles and the permissions of a client grant together."""
    return frozenset(client["permissions"]).union(*(ROLES[role] for role in client["roles"]))


def bound(reseller: Mapping[str, Any]) -> frozenset[str]:
    """Return the most that a reseller leaves to its clients and to those below it."""
    roles = reseller.get("roles")
    most = ALL if roles is None else frozenset[str]().union(*(ROLES[role] for role in roles))
    return most - frozenset(reseller.get("disabledPermissions", ()))
