"""Deployments and their instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PureWindowsPath
from typing import Any


@dataclass(frozen=True)
class Deployment:
    """A registered SPE deployment; its password lies elsewhere, encrypted.

    ``pin`` is the SHA-256 (64 hex) or SHA-1 (40 hex) thumbprint of the certificate,
    None where the system's trust store decides; ``next_pin`` that of the certificate that will take
    its place, and is as good already. ``commands`` holds what get-metadata lists:
    the names of the arguments by the name of the command. ``drained`` ones take no changes.
    ``quarantine`` is the certificate that was found in the place of the pinned one: nothing is
    sent until a person has said which is right. ``down_time`` is when the operators were told that
    it cannot be reached; None while it can.
    """

    id: str
    name: str
    host: str
    port: int
    user_name: str
    pin: str | None
    labels: Mapping[str, str]
    capacity: int | None
    instance_base_directory: str | None
    instance_url: str | None
    cordoned: bool
    version: str | None
    commands: Mapping[str, Sequence[str]]
    last_contact_time: datetime | None
    revision: int
    create_time: datetime
    update_time: datetime
    drained: bool = False
    quarantine: Mapping[str, Any] | None = None
    down_time: datetime | None = None
    next_pin: str | None = None

    @property
    def pins(self) -> tuple[str, ...]:
        """The certificates that are accepted; none where the system's trust store decides."""
        return tuple(pin for pin in (self.pin, self.next_pin) if pin)


class InstanceStatus(StrEnum):
    """Where an instance is in its life with us; what SPE says of it is ``observed``."""

    PROVISIONING = "provisioning"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETED = "deleted"
    PURGED = "purged"
    RELEASED = "released"
    FAILED = "failed"


@dataclass(frozen=True)
class Instance:
    """An instance with exactly one owner. Only ``instance_id`` ever reaches SPE.

    ``drift`` says what is otherwise at the deployment than we made or left it. ``kept_state`` is
    how a suspended or deleted one was before: ``startMode``, whether it ``ran``, ``legalHold``
    (null where SPE did not tell), and ``suspended`` of a deleted one that was.
    """

    id: str
    instance_id: str
    deployment: str
    reseller: str
    reseller_path: str
    display_name: str
    alias: str | None
    external_id: str | None
    labels: Mapping[str, str]
    instance_host: str
    base_directory: str
    status: InstanceStatus
    create_time: datetime
    update_time: datetime
    observed: Mapping[str, Any] = field(default_factory=dict)
    observe_time: datetime | None = None
    kept_state: Mapping[str, Any] = field(default_factory=dict)
    delete_time: datetime | None = None
    purge_time: datetime | None = None
    drift: Mapping[str, Any] | None = None


def derived_directory(base: str, opaque_id: str) -> str:
    r"""Derive the only directory an instance of ours may have: ``<base>\<32 hex>``.

    It also recognises an instance as ours after a lost answer (law 2).
    """
    return str(PureWindowsPath(base) / opaque_id.partition("_")[2])


def is_derived(directory: str, opaque_id: str) -> bool:
    """Whether a directory is one that we derived from an id; an adopted instance has none."""
    return PureWindowsPath(directory).name.lower() == opaque_id.partition("_")[2]
