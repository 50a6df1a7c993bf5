"""Who calls, what of the tree is reached, and which permissions are in effect."""

from dataclasses import dataclass

from gateway.access.permissions import ROLES, ROOT_ONLY, Permission
from gateway.model import Client, Reach

_KNOWN = frozenset(Permission)


@dataclass(frozen=True)
class Principal:
    """An authenticated client with the token it came with.

    Args:
        client: id of the client.
        reseller: id of the client's reseller.
        reach: the part of the tree that is reached.
        permissions: what is in effect: (roles and grants) within the token's scope.
        is_operator: whether the client belongs to the root reseller.
        token_id: ``jti`` of the token.
    """

    client: str
    reseller: str
    reach: Reach
    permissions: frozenset[Permission]
    is_operator: bool
    token_id: str = ""


def permissions_of(client: Client, *, is_operator: bool) -> frozenset[Permission]:
    """Return what a client may do at most: its roles and its own grants.

    Nothing deployment-wide unless it is an operator's; names that no longer exist grant nothing.
    """
    granted = _granted(client)
    return granted if is_operator else granted - ROOT_ONLY


def void_grants(client: Client, *, is_operator: bool) -> frozenset[Permission]:
    """Return what a client is granted without effect: the operators' own, below the root."""
    return frozenset() if is_operator else _granted(client) & ROOT_ONLY


def _granted(client: Client) -> frozenset[Permission]:
    roles = {p for role in client.roles for p in ROLES.get(role, frozenset())}
    return frozenset(roles | {Permission(name) for name in client.permissions if name in _KNOWN})


def narrowed(permissions: frozenset[Permission], scope: str | None) -> frozenset[Permission]:
    """Narrow to a token's ``scope`` (RFC 6749, section 3.3); None leaves all."""
    if scope is None:
        return permissions
    return permissions & {Permission(word) for word in scope.split() if word in _KNOWN}
