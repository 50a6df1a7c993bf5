"""Whose archive lies where: what an instance is renamed to, its directory tells (law 3)."""

import ntpath
from collections.abc import Iterable
from operator import attrgetter
from pathlib import PureWindowsPath

from gateway.errors import InUse
from gateway.model import Instance, InstanceStatus
from gateway.storage.deployments import GONE

KNOWN = (
    "The instance lies in, or around, the directory of {0}, which has an owner: if that one is "
    "missing it was renamed in SPE, so release it first."
)
FORMER = (
    "The instance lies in, or around, a directory that was another reseller's last: its archive "
    "is never given to another."
)


def require_own_archive(instance: Instance, others: Iterable[Instance]) -> None:
    """Refuse an instance in whose directory another's archive lies, or may lie.

    Deleting an instance, in SPE or through us, leaves its data on disk, and SPE makes an archive
    that it finds in a directory the new instance's own.

    Args:
        instance: about to be given to a reseller.
        others: what else is or was on its deployment.

    Raises:
        InUse: another has the directory now, or a former one was another reseller's.
    """
    place = _place(instance)
    for other in _last(others):
        if not _overlap(place, _place(other)):
            continue
        if other.status not in GONE:
            raise InUse(KNOWN.format(other.id))
        if other.reseller != instance.reseller:
            raise InUse(FORMER)


def _last(others: Iterable[Instance]) -> Iterable[Instance]:
    """Return the last instance in each directory; those that were never made lie nowhere."""
    made = (other for other in others if other.status is not InstanceStatus.FAILED)
    return {_place(other): other for other in sorted(made, key=attrgetter("create_time"))}.values()


def _place(instance: Instance) -> PureWindowsPath:
    """Return a directory as Windows compares it: without case, and without ``..``."""
    return PureWindowsPath(ntpath.normpath(instance.base_directory))


def _overlap(one: PureWindowsPath, other: PureWindowsPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
