"""Who calls, what of the tree is reached, and which permissions are in effect."""

from dataclasses import dataclass
from datetime import datetime

from gateway.access.bounds import Lineage, named, of_roles
from gateway.access.permissions import Permission
from gateway.model import Client, Reach


@dataclass(frozen=True)
class Principal:
    """An authenticated client with the token it came with.

    Args:
        client: id of the client.
        reseller: id of the client's reseller.
        reach: the part of the tree that is reached.
        permissions: what is in effect: roles and grants, within the bounds of every reseller
            of the line and within the token's scope.
        is_operator: whether the client belongs to the root reseller.
        token_id: ``jti`` of the token.
        reseller_name: the name of the client's reseller.
        roles: the client's roles by their names.
        is_suspended: whether its reseller, or one above it, is suspended.
        allowed_ips: networks that the client may call from; None for everywhere.
        expire_time: when the client ends; None for never.
        last_use_time: when the client was last seen, as far as it was written down.
        is_narrowed: whether the token allows less than the client could do.
    """

    client: str
    reseller: str
    reach: Reach
    permissions: frozenset[Permission]
    is_operator: bool
    token_id: str = ""
    reseller_name: str = ""
    roles: tuple[str, ...] = ()
    is_suspended: bool = False
    allowed_ips: tuple[str, ...] | None = None
    expire_time: datetime | None = None
    last_use_time: datetime | None = None
    is_narrowed: bool = False


def permissions_of(client: Client, lineage: Lineage) -> frozenset[Permission]:
    """Return what a client may do at most: its roles and its own grants, within the bounds.

    Args:
        client: any.
        lineage: its reseller with all those above it.
    """
    return _granted(client) & lineage.most


def void_grants(client: Client, lineage: Lineage) -> frozenset[Permission]:
    """Return what a client is granted without effect: what its reseller cannot hold."""
    return _granted(client) - lineage.most


def _granted(client: Client) -> frozenset[Permission]:
    return of_roles(client.roles) | named(client.permissions)


def narrowed(permissions: frozenset[Permission], scope: str | None) -> frozenset[Permission]:
    """Narrow to a token's ``scope`` (RFC 6749, section 3.3); None leaves all."""
    if scope is None:
        return permissions
    return permissions & named(scope.split())
