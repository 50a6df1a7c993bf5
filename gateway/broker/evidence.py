"""What a reading proves of a command inside an instance or on a whole deployment.

A proof answers true when the command was carried out, false when it was not, and None when
the reading cannot tell. ``settlement`` decides what follows from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.broker.listings import (
    CREDENTIALS,
    JOBS,
    NAMED,
    NUMBERED,
    REMOVED,
    STORES,
    USERS,
    Listing,
)
from gateway.broker.reader import Reader
from gateway.errors import CredentialsRefused
from gateway.model import Instance, Step
from gateway.spe.commands.environment import PING


@dataclass(frozen=True)
class Scene:
    """Where a command was sent, and what reads there."""

    reader: Reader
    deployment: str
    instance: Instance | None

    def rows(self, listing: Listing) -> list[dict[str, Any]]:
        """Read a list."""
        return listing.rows(self.reader, self.deployment, self.instance)

    def row(self, listing: Listing, step: Step) -> dict[str, Any] | None:
        """Return what a step is about, as it is listed now."""
        rows = self.rows(listing)
        return next((row for row in rows if listing.keys([row]) == [listing.wanted(step)]), None)


Proof = Callable[[Scene, Step], bool | None]
Look = Callable[[Scene, Step], Any]


def _is_new(listing: Listing) -> Proof:
    """Something is listed that was not: under the instance's lock only we can have made it."""

    def proof(scene: Scene, step: Step) -> bool | None:
        if step.before is None:
            return None
        return bool(set(listing.keys(scene.rows(listing))) - set(step.before))

    return proof


def _is_made(listing: Listing) -> Proof:
    """Our name is listed, and was not before."""

    def proof(scene: Scene, step: Step) -> bool | None:
        if not listing.has(scene.rows(listing), step):
            return False
        was_there = step.before is None or listing.wanted(step) in step.before
        return None if was_there else True

    return proof


def _is_gone(listing: Listing) -> Proof:
    def proof(scene: Scene, step: Step) -> bool:
        return not listing.has(scene.rows(listing), step)

    return proof


def _keys(listing: Listing) -> Look:
    def look(scene: Scene, step: Step) -> list[str]:
        del step
        return listing.keys(scene.rows(listing))

    return look


def _is_merged(scene: Scene, step: Step) -> bool | None:
    """A merged store is listed no more; one that is may still be merging."""
    keys = STORES.keys(scene.rows(STORES))
    return None if str(step.arguments["sourceId"]) in keys else True


def _store_has(member: str, value: object) -> Proof:
    def proof(scene: Scene, step: Step) -> bool | None:
        row = scene.row(STORES, step)
        return None if row is None else row.get(member) == value

    return proof


def _no_store_has(member: str) -> Proof:
    def proof(scene: Scene, step: Step) -> bool:
        del step
        return not any(row.get(member) for row in scene.rows(STORES))

    return proof


def _again(scene: Scene, step: Step) -> bool:
    """Doing it twice equals doing it once: what may not have been done is done again."""
    del scene, step
    return False


def _thumbprint(scene: Scene, step: Step) -> object:
    row = scene.row(CREDENTIALS, step)
    return ((row or {}).get("Settings") or {}).get("CertificateThumbprint")


def _is_renewed(scene: Scene, step: Step) -> bool | None:
    """Another certificate than before proves it; without a new one it is simply sent again."""
    if not step.arguments.get("createNewCertificate"):
        return False
    found = _thumbprint(scene, step)
    return None if found is None or step.before is None else found != step.before


def _old_password_works(scene: Scene, step: Step) -> bool | None:
    """While the password that we have is good, a lost new one does no harm: make another."""
    del step
    try:
        scene.reader.read(scene.deployment, PING)
    except CredentialsRefused:
        return None
    return False


def _last_start(scene: Scene, step: Step) -> list[object]:
    """Return when a job was started last: in a list, because never is an answer too."""
    row = scene.row(JOBS, step)
    return [None if row is None else row.get("lastStartDateTimeUtc")]


def _is_started(scene: Scene, step: Step) -> bool | None:
    return None if step.before is None else _last_start(scene, step) != step.before


def _is_renamed(scene: Scene, step: Step) -> bool | None:
    """The new name is there and the old one is not; upper and lower case may be all that differs."""
    names = {user.get("userName") for user in scene.rows(USERS)}
    old, new = step.arguments["oldUserName"], step.arguments["newUserName"]
    if new in names and old not in names:
        return True
    return False if old in names and new not in names else None


PROOFS: Mapping[str, Proof] = {
    **{name: _is_new(listing) for name, listing in NUMBERED.items()},
    **{name: _is_made(listing) for name, listing in NAMED.items()},
    **{name: _is_gone(listing) for name, listing in REMOVED.items()},
    "MergeStore": _is_merged,
    "UnlockStore": _store_has("error", None),
    "RecoverStore": _store_has("error", None),
    "UpgradeStore": _store_has("needsUpgrade", value=False),
    "UpgradeStores": _no_store_has("needsUpgrade"),
    "RebuildSelectedStoreIndexes": _no_store_has("searchIndexesNeedRebuild"),
    "RetryOpenStores": _again,
    "RenameUser": _is_renamed,
    "InitializeMFA": _again,
    "RunJobAsync": _is_started,
    "CancelJobAsync": _again,
    "SetCredentialSettings": _is_renewed,
    "PairWithManagementServer": _again,
    "InitializeSystemAdministratorMFA": _again,
    "CreateSystemAdministratorAPIPassword": _old_password_works,
}
"""By the command whose answer was lost."""

BEFORE: Mapping[str, Look] = {
    **{name: _keys(listing) for name, listing in {**NUMBERED, **NAMED}.items()},
    "SetCredentialSettings": _thumbprint,
    "RunJobAsync": _last_start,
}
"""What is read before a command is sent, because the reading afterwards alone proves nothing."""
