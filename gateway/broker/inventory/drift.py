"""How an instance at its deployment differs from what we know of it. Nothing is read or written.

A drift is either what differs, member by member: ``{"instanceHost": {"known": …, "found": …}}``,
or that the instance is not listed: ``{"missing": {"since": …}}``, with ``renamedTo`` where an
instance that we did not know lies in its very directory. It names paths, so it is for operators.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import PureWindowsPath
from typing import Any

from gateway.broker.endings import MISSING
from gateway.model import Instance, InstanceStatus

Drift = dict[str, Any]
DISABLED = "disabled"
STOPPED = "stopped"


def compared(known: Instance, row: Mapping[str, Any]) -> Drift | None:
    """Return what differs in SPE's row of an instance; None when nothing does.

    A member that the row does not tell, differs in nothing.
    """
    drift = {}
    for name, expected in _expected(known).items():
        if name in row and _folded(name, row[name]) != _folded(name, expected):
            drift[name] = {"known": expected, "found": row[name]}
    return drift or None


def missing(known: Instance, time: datetime, renamed_to: str | None) -> Drift:
    """Return the drift of an instance that is not listed at a time; since when, stays.

    Args:
        known: as we know it.
        time: when the deployment was asked.
        renamed_to: another name under which its directory was found.
    """
    before = (known.drift or {}).get("missing", {})
    first = known.observe_time if is_missing(known) and known.observe_time else time
    said = {"since": before.get("since", first.isoformat())}
    return {"missing": said | ({"renamedTo": renamed_to} if renamed_to else {})}


def is_missing(known: Instance) -> bool:
    """Whether an instance was not listed when it was last looked for."""
    return dict(known.observed) == MISSING


def _expected(known: Instance) -> Drift:
    """Return what SPE's row should say; suspended or deleted, it was left stopped and disabled."""
    expected = {
        "instanceHost": known.instance_host,
        "baseDirectory": known.base_directory,
        "displayName": known.display_name,
        "alias": known.alias,
    }
    if known.status in {InstanceStatus.SUSPENDED, InstanceStatus.DELETED}:
        expected |= {"startMode": DISABLED, "status": STOPPED}
    return expected


def _folded(name: str, value: str | None) -> object:
    """Return what counts of a value: nothing and an empty text are one, paths and hosts fold."""
    if name == "baseDirectory":
        return PureWindowsPath(value or "")
    return (value or "").lower() if name == "instanceHost" else value or ""
