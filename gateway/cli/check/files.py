"""The files: only their owner's, and the witness not where the database is copied."""

import os
from collections.abc import Iterator
from pathlib import Path

from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.settings import Settings
from gateway.storage.vault import KEY_FILE

OPERATING = "docs/operating.md"
OTHERS = 0o077


def home(settings: Settings) -> Iterator[Finding]:
    """Look at the folder of the state."""
    folder = settings.home
    if not folder.is_dir():
        yield error(
            "files.home",
            f"There is no folder {folder}.",
            "Run 'spe-gateway init', or correct SPE_GATEWAY_HOME.",
            OPERATING,
        )
        return
    found = [*_modes(folder), *_owner(folder)]
    yield from found or (fine("files.home", f"{folder} is its owner's alone."),)


def _modes(folder: Path) -> Iterator[Finding]:
    if not _open_to_others(folder):
        return  # nobody else comes as far as the files
    yield error(
        "files.home",
        f"Others on this machine may look into {folder}.",
        f"Run 'chmod 700 {folder}'.",
        OPERATING,
    )
    for path in sorted(folder.iterdir()):
        if path.name != KEY_FILE and path.is_file() and _open_to_others(path):
            yield error(
                "files.mode",
                f"Others on this machine may use {path}.",
                f"Run 'chmod 600 {path}'.",
                OPERATING,
            )


def _owner(folder: Path) -> Iterator[Finding]:
    if folder.stat().st_uid not in {os.geteuid(), 0} or not os.access(folder, os.W_OK):
        yield error(
            "files.owner",
            f"{folder} is another user's, or cannot be written.",
            "Run the gateway, and this check, as the user that the home belongs to.",
            OPERATING,
        )


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS)


def witness(settings: Settings) -> Iterator[Finding]:
    """Look where the file lies that must survive a restore."""
    path = settings.witness_file
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        yield error(
            "files.witness",
            f"The witness {path} cannot be written: no change that it must know is accepted.",
            "Make its folder, for the gateway's user only.",
            OPERATING,
        )
    elif settings.is_embedded and path.parent.resolve() == settings.home.resolve():
        yield warning(
            "files.witness",
            "The witness lies beside the database: a copy of the folder that is put back takes "
            "both back, and who was let go since comes with it.",
            "Set SPE_GATEWAY_WITNESS to a file on another disk, outside of backups.",
            OPERATING,
        )
    elif path.exists() and _open_to_others(path):
        yield error(
            "files.witness",
            f"Others on this machine may use {path}.",
            f"Run 'chmod 600 {path}'.",
            OPERATING,
        )
    else:
        yield fine("files.witness", f"The witness is {path}.")


CHECKS = (home, witness)
