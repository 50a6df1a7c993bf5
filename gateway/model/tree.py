"""Resellers and whom they let in, and what they may have at most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Reach:
    """The part of the tree of resellers that a caller reaches.

    Args:
        path: the reseller's own path; everything below it is reached.
        instances: opaque ids that the caller is restricted to; None for all below the path.
    """

    path: str
    instances: frozenset[str] | None = None

    def within(self, instances: frozenset[str] | None) -> "Reach":
        """Return the part of this that lies within some instances; None narrows nothing."""
        if instances is None:
            return self
        return Reach(self.path, instances if self.instances is None else instances & self.instances)


@dataclass(frozen=True)
class Reseller:
    """A node of the tree; ``path`` holds the ids from the root to itself: ``/res_a/res_b/``."""

    id: str
    name: str
    path: str
    parent: str | None
    external_id: str | None
    deployments: tuple[str, ...] | None
    create_time: datetime
    update_time: datetime
    roles: tuple[str, ...] | None = None
    disabled_permissions: tuple[str, ...] = ()
    suspend_time: datetime | None = None

    @property
    def is_root(self) -> bool:
        """Whether this is the operators' own reseller."""
        return self.parent is None

    @property
    def level(self) -> int:
        """How deep it lies; the operators' own is the first level."""
        return self.path.count("/") - 1


@dataclass(frozen=True)
class Client:
    """An API client of a reseller; its secrets lie elsewhere, as hashes.

    ``disabled_by`` is the reseller whose client, or whose restore, disabled it.
    """

    id: str
    name: str
    reseller: str
    reseller_path: str
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    instances: tuple[str, ...] | None
    disabled: bool
    expire_time: datetime | None
    create_time: datetime
    update_time: datetime
    allowed_ips: tuple[str, ...] | None = None
    public_keys: tuple[Mapping[str, Any], ...] | None = None
    issuer: str | None = None
    subject: str | None = None
    last_use_time: datetime | None = None
    disabled_by: str | None = None
    secret_times: tuple[datetime, ...] = ()

    @property
    def is_disabled_above(self) -> bool:
        """Whether a reseller above its own disabled it, and alone can enable it again."""
        return self.disabled_by not in {None, self.reseller}

    @property
    def live_secrets(self) -> list[Mapping[str, datetime]]:
        """What may be told of its secrets: when each was made."""
        return [{"create_time": time} for time in self.secret_times]

    @property
    def reach(self) -> Reach:
        """What of the tree this client reaches."""
        only = None if self.instances is None else frozenset(self.instances)
        return Reach(self.reseller_path, only)


class Resource(StrEnum):
    """What a reseller's quotas limit."""

    INSTANCES = "instances"
    USERS = "users"
    STORES = "stores"
    CONCURRENT_OPERATIONS = "concurrentOperations"


@dataclass(frozen=True)
class Transfer:
    """A change of an instance's owner; None for a reseller that the reader does not reach."""

    id: str
    instance: str
    former: str | None
    owner: str | None
    client: str
    request_id: str
    create_time: datetime
