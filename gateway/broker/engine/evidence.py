"""What a reading proves of a command inside an instance or on a whole deployment.

A proof answers true when the command was carried out, false when it was not, and None when
the reading cannot tell. ``settlement`` decides what follows from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PureWindowsPath
from typing import Any

from gateway.broker.engine.listings import (
    CREDENTIALS,
    JOBS,
    NAMED,
    NUMBERED,
    REMOVED,
    STORES,
    USERS,
    Listing,
)
from gateway.broker.engine.reader import Reader
from gateway.errors import CommandFailed, CredentialsRefused, UpstreamTimeout
from gateway.model import Instance, Step, now
from gateway.spe.commands.environment import PING
from gateway.spe.commands.folders import GET_CHILD_FOLDERS
from gateway.spe.commands.instance_hosts import GET_DIRECTORIES_ON_INSTANCE_HOST


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


QUIET = timedelta(seconds=3)
"""How long after sending an absence proves nothing, for what has no name of ours.

SPE documents no time within which what it makes is listed, so this is a guess: well above the
tenths of a second that a create takes, and below what a caller would call a hang. Too short, and
a create whose answer was lost is sent once more although the first one comes through: there are
two. Too long, and the caller waits. It is said in docs/operations.md, and in no other place.
"""

Proof = Callable[[Scene, Step], bool | None]
Look = Callable[[Scene, Step], Any]


def _is_new(listing: Listing) -> Proof:
    """Something is listed that was not: under the instance's lock only we can have made it.

    SPE may still be at it when the answer is lost, and nothing of ours tells two of a kind
    apart: that nothing is there counts only after a while.
    """

    def proof(scene: Scene, step: Step) -> bool | None:
        if step.before is None:
            return None
        if set(listing.keys(scene.rows(listing))) - set(step.before["keys"]):
            return True
        if now() < datetime.fromisoformat(step.before["time"]) + QUIET:
            raise UpstreamTimeout("Nothing is there yet; it may be under way.")
        return False

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


def _dated_keys(listing: Listing) -> Look:
    def look(scene: Scene, step: Step) -> dict[str, Any]:
        del step
        return {"keys": listing.keys(scene.rows(listing)), "time": now().isoformat()}

    return look


def _keys(listing: Listing) -> Look:
    def look(scene: Scene, step: Step) -> list[str]:
        del step
        return listing.keys(scene.rows(listing))

    return look


def _is_merged(scene: Scene, step: Step) -> bool | None:
    """A merged store is empty, or listed no more; one with messages may still be merging."""
    rows = [row for row in scene.rows(STORES) if row.get("id") == step.arguments["sourceId"]]
    return None if any(row.get("statisticsCount") for row in rows) else True


def _trouble(scene: Scene, step: Step) -> object:
    """Return what is wrong with a store."""
    return (scene.row(STORES, step) or {}).get("error")


def _is_mended(scene: Scene, step: Step) -> bool | None:
    """The trouble is gone; where there was none to see, nothing can be told."""
    return None if step.before is None else _trouble(scene, step) is None


def _is_unlocked(scene: Scene, step: Step) -> bool:
    """Unlocking what is open does no harm, so without a trouble before it is done again."""
    return bool(_is_mended(scene, step))


def _has_child(scene: Scene, path: str) -> bool:
    """Whether a folder is in the tree; one whose parent cannot be read is not."""
    parent, _, name = path.replace("\\", "/").strip("/").rpartition("/")
    arguments = {"maxLevels": 1, **({"folder": parent} if parent else {})}
    try:
        found = scene.reader.read(scene.deployment, GET_CHILD_FOLDERS, arguments, scene.instance)
    except CommandFailed:
        return False
    rows = found if isinstance(found, list) else []
    return name in [row.get("name") if isinstance(row, dict) else row for row in rows]


def _is_moved(scene: Scene, step: Step) -> bool | None:
    """The folder is where it should go and no more where it was, or the other way round."""
    left = not _has_child(scene, step.arguments["fromFolder"])
    arrived = _has_child(scene, step.arguments["toFolder"])
    return arrived if left == arrived else None


def _has_directory(scene: Scene, step: Step) -> bool:
    """Whether a directory is on a host; one whose parent cannot be read is not."""
    path = PureWindowsPath(step.arguments["path"])
    arguments = {"serverName": step.arguments["serverName"], "path": str(path.parent)}
    try:
        found = scene.reader.read(scene.deployment, GET_DIRECTORIES_ON_INSTANCE_HOST, arguments)
    except CommandFailed:
        return False
    rows = found if isinstance(found, list) else []
    paths = [row.get("path") if isinstance(row, dict) else row for row in rows]
    return path in [PureWindowsPath(str(one)) for one in paths]


def _is_directory(scene: Scene, step: Step) -> bool | None:
    """It is there, and was not before."""
    if not _has_directory(scene, step):
        return False
    return True if step.before is False else None


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
    """The new name is there and the old one is not; letter case may be all that differs."""
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
    "MoveFolder": _is_moved,
    "CreateDirectoryOnInstanceHost": _is_directory,
    "UnlockStore": _is_unlocked,
    "RecoverStore": _is_mended,
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
    **{name: _dated_keys(listing) for name, listing in NUMBERED.items()},
    **{name: _keys(listing) for name, listing in NAMED.items()},
    "CreateDirectoryOnInstanceHost": _has_directory,
    "UnlockStore": _trouble,
    "RecoverStore": _trouble,
    "SetCredentialSettings": _thumbprint,
    "RunJobAsync": _last_start,
}
"""What is read before a command is sent, because the reading afterwards alone proves nothing."""
