"""The contract against one that clients were made from: what breaks them, and what is new."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import rich_click as click
import yaml

from gateway.cli.counting import counted
from gateway.cli.failure import FAILED, Failure
from gateway.web.contract.compatibility import (
    Change,
    additions,
    breaking_changes,
    needs_version,
)
from gateway.web.contract.compatibility.callers import STEPS
from gateway.web.contract.compatibility.older import comparable
from gateway.web.contract.tree import Json

_ADDRESS: Final = re.compile(r"https?:/")


def tell_changes(current: Json, path: Path, *, as_json: bool) -> None:
    """Print what in the contract changed since another; status 1 if it breaks its clients.

    Args:
        current: the contract of this gateway.
        path: of a file with the contract that clients were made from, JSON or YAML.
        as_json: print it for programs.

    Raises:
        Failure: the file cannot be read, or is no contract.
    """
    pinned, current = comparable(_read(path), current)
    changes, added = _compared(path, pinned, current)
    write = _as_json if as_json else _as_lines
    click.echo(write(changes, added, pinned, current))
    if changes:
        sys.exit(FAILED)


def refuse_breakage(current: Json, path: Path) -> None:
    """Refuse to release a contract that breaks the last one under the same version.

    Args:
        current: the contract of this gateway.
        path: of the contract of the last release; there need not be one.

    Raises:
        Failure: it does, or the file is no contract.
    """
    if not path.exists():
        return
    released, current = comparable(_read(path), current)
    changes, _ = _compared(path, released, current)
    if needs_version(changes, released, current):
        found = counted(len(changes), "breaking change")
        raise Failure(
            f"{found} would need another version than {_version(released)}: "
            f"spe-gateway openapi --against {path} tells what to do."
        )


def _compared(path: Path, pinned: Json, current: Json) -> tuple[list[Change], list[str]]:
    try:
        return breaking_changes(pinned, current), additions(pinned, current)
    except KeyError as error:
        raise Failure(f"{path} is no whole contract: {error.args[0]} is missing.") from error


def _read(path: Path) -> Json:
    if _ADDRESS.match(str(path)):
        raise Failure("An address is no file: download the contract first (curl -O), then name it.")
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if text.startswith("{") else yaml.safe_load(text)
    except OSError as error:
        raise Failure(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, yaml.YAMLError) as error:
        raise Failure(f"{path} is neither JSON nor YAML.") from error
    said = document if isinstance(document, dict) else {}
    is_known = str(said.get("openapi")).startswith(("3.0.", "3.1."))
    if not is_known or not {"info", "paths"} <= set(said):
        raise Failure(f"{path} is no contract in OpenAPI 3.1 or 3.0, such as openapi.json.")
    return said


def _as_json(changes: Sequence[Change], added: Sequence[str], pinned: Json, current: Json) -> str:
    told = [
        {
            "kind": each.kind,
            "pointer": each.pointer,
            "detail": each.detail,
            "step": STEPS[each.kind],
            "remedy": each.remedy,
        }
        for each in changes
    ]
    versions = {"against": _version(pinned), "version": _version(current)}
    needed = needs_version(changes, pinned, current)
    said = {**versions, "needsVersion": needed, "changes": told, "additions": list(added)}
    return json.dumps(said, indent=2)


def _as_lines(changes: Sequence[Change], added: Sequence[str], pinned: Json, current: Json) -> str:
    lines = [*_told(changes), *added, _sum(changes, pinned, current)]
    return "\n".join([*lines, *([f"{counted(len(added), 'addition')}."] if added else [])])


def _told(changes: Sequence[Change]) -> Iterator[str]:
    for each in changes:
        yield f"{each.kind}: {each.detail}"
        yield f"  at {each.pointer}"
        yield f"  Clients: {STEPS[each.kind]}."
        yield f"  The gateway's maintainers: {each.remedy}."


def _sum(changes: Sequence[Change], pinned: Json, current: Json) -> str:
    was, becomes = _version(pinned), _version(current)
    if not changes:
        return f"Nothing in version {becomes} breaks clients of version {was}."
    found = counted(len(changes), "breaking change")
    if needs_version(changes, pinned, current):
        return f"{found} since version {was}, which {becomes} may not have: raise the version."
    return f"{found} between version {was} and version {becomes}."


def _version(document: Json) -> str:
    return str(document["info"]["version"])
