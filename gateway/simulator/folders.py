"""The folder tree of an instance; on top are the archives of the users."""

from typing import Any

from .archive import Archive
from .archive_admin import opened
from .commands import command
from .deployment import Deployment
from .failures import Failure, out_of_range
from .wire import Arguments

SEPARATOR = "/"


@command("GetChildFolders", "read")
def get_child_folders(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """Return the tree below a folder, or the whole one, down to `maxLevels`."""
    archive, parent = opened(deployment, arguments), normal(arguments["folder"])
    if parent:
        _require(archive, parent)
    levels = arguments["maxLevels"]
    if levels is not None and levels < 1:
        raise out_of_range()
    return _children(_paths(archive), parent, levels)


@command("GetFolderStatistics", "read")
def get_folder_statistics(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List every folder with its own messages.

    Raises:
        Failure: the instance is one of those that fail here.
    """
    archive = opened(deployment, arguments)
    if archive.folder_statistics_fail:
        raise Failure("Nullable object must have a value.")
    return [
        {"folder": path, "count": folder.messages, "size": folder.size}
        for path, folder in sorted(archive.folders.items())
    ]


@command("MoveFolder", "change")
def move_folder(deployment: Deployment, arguments: Arguments) -> None:
    """Move or rename a folder with all below it."""
    archive = opened(deployment, arguments)
    source, target = normal(arguments["fromFolder"]), normal(arguments["toFolder"])
    _require(archive, source)
    if not target or _is_within(target, source):
        raise out_of_range()
    if target in _paths(archive):
        raise Failure(f"The folder '{target}' already exists.")
    archive.folders = {
        target + path.removeprefix(source) if _is_within(path, source) else path: folder
        for path, folder in archive.folders.items()
    }


@command("DeleteEmptyFolders", "change")
def delete_empty_folders(deployment: Deployment, arguments: Arguments) -> None:
    """Remove the folders that hold no messages, neither themselves nor below them."""
    archive, start = opened(deployment, arguments), normal(arguments["folder"])
    if start:
        _require(archive, start)
    full = [path for path, folder in archive.folders.items() if folder.messages]
    archive.folders = {
        path: folder
        for path, folder in archive.folders.items()
        if not _is_within(path, start) or any(_is_within(one, path) for one in full)
    }


def top_level(archive: Archive) -> list[str]:
    """Return the names of the users' archives."""
    return sorted({path.split(SEPARATOR)[0] for path in archive.folders})


def normal(path: str | None) -> str:
    """Return the path of a folder as it is kept; the root is empty."""
    return (path or "").replace("\\", SEPARATOR).strip(SEPARATOR)


def _is_within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(folder + SEPARATOR)


def _paths(archive: Archive) -> set[str]:
    """Return all folders; one that is only named by those below it exists as well."""
    return {
        path[:end]
        for path in archive.folders
        for end in (*(at for at, sign in enumerate(path) if sign == SEPARATOR), len(path))
    }


def _require(archive: Archive, path: str) -> None:
    if path not in _paths(archive):
        raise Failure(f"The folder '{path}' does not exist.")


def _children(paths: set[str], parent: str, levels: int | None) -> list[dict[str, Any]]:
    if levels == 0:
        return []
    deeper = None if levels is None else levels - 1
    prefix = parent + SEPARATOR if parent else ""
    names = {
        path.removeprefix(prefix).split(SEPARATOR)[0]
        for path in paths
        if path.startswith(prefix) and path != parent
    }
    return [
        {"name": name, "childFolders": _children(paths, prefix + name, deeper)}
        for name in sorted(names)
    ]
