"""What the resellers above a client leave of its rights: bounds, and suspension."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from gateway.access.permissions import ROLES, ROOT_ONLY, Permission
from gateway.model import Reseller

KNOWN = frozenset(Permission)


def named(names: Iterable[str]) -> frozenset[Permission]:
    """Return the permissions of some names; names that no longer exist stand for nothing."""
    return frozenset(Permission(name) for name in names if name in KNOWN)


def of_roles(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what some roles grant together; roles that no longer exist grant nothing."""
    return frozenset(each for role in roles for each in ROLES.get(role, frozenset()))


def bound_of(reseller: Reseller) -> frozenset[Permission]:
    """Return the most that one reseller leaves to itself and to everything below it.

    Its ``roles``, where it has any, less its ``disabled_permissions``.
    """
    most = KNOWN if reseller.roles is None else of_roles(reseller.roles)
    return most - named(reseller.disabled_permissions)


@dataclass(frozen=True)
class Lineage:
    """A reseller with all those above it.

    Args:
        resellers: from the root down to the reseller itself.
    """

    resellers: Sequence[Reseller]

    @property
    def own(self) -> Reseller:
        """The reseller itself."""
        return self.resellers[-1]

    @cached_property
    def most(self) -> frozenset[Permission]:
        """What any client of the reseller can hold: the bounds of the whole line together.

        Nothing deployment-wide below the root.
        """
        reserved = frozenset() if self.own.is_root else ROOT_ONLY
        return KNOWN.intersection(*map(bound_of, self.resellers)) - reserved

    @property
    def is_suspended(self) -> bool:
        """Whether the reseller, or one above it, is suspended."""
        return any(each.suspend_time is not None for each in self.resellers)
