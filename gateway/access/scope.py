"""The rules that say yes or no, and why.

Each rule is a frozen dataclass with ``verify(principal)``; it returns ``Allowed`` or
``Denied``, which are true and false in a condition.
"""

from dataclasses import dataclass
from typing import Literal

from gateway.access.permissions import Permission
from gateway.access.principal import Principal


@dataclass(frozen=True)
class Allowed:
    """The rule says yes."""

    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True)
class Denied:
    """The rule says no, and why: for the audit, and for the caller where it may know."""

    reason: str

    def __bool__(self) -> Literal[False]:
        return False


Verdict = Allowed | Denied


@dataclass(frozen=True)
class Holds:
    """The principal holds a permission."""

    permission: Permission

    def verify(self, principal: Principal) -> Verdict:
        """Judge the principal."""
        if self.permission in principal.permissions:
            return Allowed()
        return Denied(f"needs {self.permission}")


@dataclass(frozen=True)
class Reaches:
    """A reseller lies at or below the principal's own."""

    path: str

    def verify(self, principal: Principal) -> Verdict:
        """Judge the principal. A path ends with a slash, so no name is a prefix of another."""
        if self.path.startswith(principal.reach.path):
            return Allowed()
        return Denied("outside the tree")


@dataclass(frozen=True)
class Unrestricted:
    """The principal is not restricted to single instances (decision 21)."""

    def verify(self, principal: Principal) -> Verdict:
        """Judge the principal."""
        if principal.reach.instances is None:
            return Allowed()
        return Denied("restricted to single instances")


@dataclass(frozen=True)
class Covers:
    """The principal holds all of a set of permissions: nobody grants more than they have."""

    permissions: frozenset[Permission]

    def verify(self, principal: Principal) -> Verdict:
        """Judge the principal."""
        missing = sorted(self.permissions - principal.permissions)
        return Denied(f"needs {missing[0]}") if missing else Allowed()
