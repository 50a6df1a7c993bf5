"""The nouns that the gateway owns; frozen, without behaviour that needs a database.

Times are aware datetimes in UTC, sizes are bytes, durations are seconds.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PureWindowsPath
from typing import Any

from uuid_utils.compat import uuid7


class Prefix(StrEnum):
    """What stands before the UUIDv7 of an opaque id."""

    INSTANCE = "ins"
    DEPLOYMENT = "dep"
    RESELLER = "res"
    CLIENT = "cli"
    OPERATION = "op"
    TRANSFER = "trf"
    AUDIT = "aud"


def new_id(prefix: Prefix) -> str:
    """Make an opaque id: the prefix, ``_`` and the 32 hex digits of a UUIDv7 (RFC 9562)."""
    return f"{prefix}_{uuid7().hex}"


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def version_of(fields: Mapping[str, object]) -> str:
    """Return the version of an object: SHA-256 over the canonical JSON of some fields, in hex."""
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


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


@dataclass(frozen=True)
class Deployment:
    """A registered SPE deployment; its password lies elsewhere, encrypted.

    ``pin`` is the SHA-256 (64 hex) or SHA-1 (40 hex) thumbprint of the certificate,
    None where the system's trust store decides. ``commands`` holds what get-metadata lists:
    the names of the arguments by the name of the command. ``drained`` ones take no changes.
    ``quarantine`` is the certificate that was found in the place of the pinned one: nothing is
    sent until a person has said which is right.
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


class InstanceStatus(StrEnum):
    """Where an instance is in its life with us; what SPE says of it is ``observed``."""

    PROVISIONING = "provisioning"
    ACTIVE = "active"
    DELETED = "deleted"
    PURGED = "purged"
    RELEASED = "released"
    FAILED = "failed"


@dataclass(frozen=True)
class Instance:
    """An instance with exactly one owner. Only ``instance_id`` ever reaches SPE.

    ``drift`` says what is otherwise at the deployment than we made or left it.
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


def derived_directory(base: str, opaque_id: str) -> str:
    r"""Derive the only directory an instance of ours may have: ``<base>\<32 hex>``.

    It also recognises an instance as ours after a lost answer (law 2).
    """
    return str(PureWindowsPath(base) / opaque_id.partition("_")[2])


def is_derived(directory: str, opaque_id: str) -> bool:
    """Whether a directory is one that we derived from an id; an adopted instance has none."""
    return PureWindowsPath(directory).name.lower() == opaque_id.partition("_")[2]


class OperationStatus(StrEnum):
    """The states of an operation; the last four are final."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self in FINAL


FINAL = frozenset(
    {
        OperationStatus.SUCCEEDED,
        OperationStatus.FAILED,
        OperationStatus.CANCELLED,
        OperationStatus.UNKNOWN,
    }
)


class StepStatus(StrEnum):
    """The states of one command within an operation.

    ``sending`` is committed before the command leaves: a step found there after a crash
    may have been carried out, and is settled by reading.
    """

    QUEUED = "queued"
    SENDING = "sending"
    RUNNING = "running"
    SETTLING = "settling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


BY_PERSON = "person"
"""The evidence of a step that a person has settled."""


@dataclass
class Step:
    """One command of an operation, and how far it is. ``arguments`` never leave encryption.

    ``prepare`` names the rule that makes the arguments when the step's turn comes, or says
    that it is not needed; ``check`` names the rule that judges what it has read (law 7).
    A failure of a ``tolerant`` step is noted and passed over; an ``always`` step is carried out
    even after a failure, to put back what an earlier step took away.
    """

    command: str
    arguments: dict[str, Any]
    status: StepStatus = StepStatus.QUEUED
    attempts: int = 0
    token: str | None = None
    version: int = 0
    result: Any = None
    evidence: str | None = None
    before: Any = None
    prepare: str | None = None
    check: str | None = None
    tolerant: bool = False
    always: bool = False
    cancel_sent: bool = False


class Urgency(StrEnum):
    """Whom an operation shares a deployment with; each has its turn, however long another's is."""

    INTERACTIVE = "interactive"
    BILLING = "billing"
    BULK = "bulk"


@dataclass(frozen=True)
class Share:
    """Who has a claim on a place in a deployment's lane: one reseller's work of one urgency.

    ``begun`` work is polled, the other waits for its first call; neither holds up the other.
    """

    deployment: str
    urgency: Urgency
    reseller: str
    begun: bool = False


@dataclass
class Operation:
    """A piece of work on deployments: its intent, its progress and its outcome.

    ``parent`` is the operation that this one is a part of, if any.
    ``log`` is what is kept of SPE's log, from the character ``log_start`` on. ``resolution`` is
    a person's word on an outcome that could not be found out, with what stood there before.
    """

    id: str
    kind: str
    reseller: str
    reseller_path: str
    client: str
    deployment: str | None
    instance: str | None
    on_behalf_of: str | None
    request_id: str
    steps: list[Step]
    deadline: datetime
    parent: str | None = None
    urgency: Urgency = Urgency.INTERACTIVE
    status: OperationStatus = OperationStatus.QUEUED
    percent_progress: int | None = None
    status_text: str | None = None
    log: str = ""
    log_start: int = 0
    problem: dict[str, Any] | None = None
    resolution: dict[str, Any] | None = None
    result: Any = None
    context: dict[str, Any] = field(default_factory=dict)
    changes: bool = True
    lock: str | None = None
    cancel_requested: bool = False
    one_time: bool = False
    fence: int = 0
    next_poll_time: datetime | None = None
    create_time: datetime = field(default_factory=now)
    update_time: datetime = field(default_factory=now)
    end_time: datetime | None = None

    @property
    def in_parts(self) -> bool:
        """Whether it has no steps of its own: its parts carry it out, each at its deployment."""
        return self.deployment is None

    @property
    def share(self) -> Share:
        """Whose place in the deployment's lane it takes."""
        begun = self.status is not OperationStatus.QUEUED
        return Share(str(self.deployment), self.urgency, self.reseller, begun)

    @property
    def current(self) -> Step | None:
        """The first step that is not done; None after the last."""
        done = {
            StepStatus.SUCCEEDED,
            StepStatus.SKIPPED,
            StepStatus.FAILED,
            StepStatus.CANCELLED,
        }
        return next((step for step in self.steps if step.status not in done), None)
