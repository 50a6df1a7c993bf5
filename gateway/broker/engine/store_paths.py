r"""Where archive stores lie: compared in their expanded form, as Windows compares paths.

Deleting an instance leaves its data on disk, so a directory that any instance ever had stays
its own: a path into it would open another customer's archive.
"""

from collections.abc import Iterable, Mapping
from pathlib import PureWindowsPath
from typing import Any

from gateway.errors import InUse
from gateway.model import Instance

PATHS = ("databasePath", "contentPath", "indexPath")


def expanded(path: str, base_directory: str) -> PureWindowsPath:
    r"""Return a path with ``~`` replaced by the instance's base directory."""
    if path.startswith("~"):
        return PureWindowsPath(base_directory) / path[1:].lstrip("\\/")
    return PureWindowsPath(path)


def require_free_of_others(
    arguments: Mapping[str, Any], instance: Instance, others: Iterable[Instance]
) -> None:
    """Refuse a path that lies in, or around, the directory of another instance.

    Raises:
        InUse: it does; which instance it is remains untold.
    """
    directories = [PureWindowsPath(other.base_directory) for other in others]
    for path in _wanted(arguments, instance):
        if any(path.is_relative_to(one) or one.is_relative_to(path) for one in directories):
            raise InUse("The directory belongs to another instance, or contains one.")


def require_free_of_stores(
    arguments: Mapping[str, Any], instance: Instance, stores: Iterable[Mapping[str, Any]]
) -> None:
    """Refuse a path that another store of the same instance uses.

    Raises:
        InUse: it does.
    """
    taken = {
        expanded(str(store[name]), instance.base_directory)
        for store in stores
        if store.get("id") != arguments.get("id")
        for name in PATHS
        if store.get(name)
    }
    if taken & set(_wanted(arguments, instance)):
        raise InUse("Another store of the instance lies in that directory.")


def _wanted(arguments: Mapping[str, Any], instance: Instance) -> list[PureWindowsPath]:
    return [
        expanded(str(value), instance.base_directory)
        for name, value in arguments.items()
        if name.endswith(("Path", "Directory")) and value is not None
    ]
