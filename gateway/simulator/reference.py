"""The vendor's function reference as data, transcribed for the simulator alone."""

import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

OLD_FORM = "22"
"""Servers before this version say in `get-metadata` under which path a command lies."""

LOGIN_PRIVILEGES = ("none", "windows", "web", "outlook", "windowsCmd", "imap", "api")


@dataclass(frozen=True)
class Argument:
    """One argument of a command as the vendor's reference describes it.

    Attributes:
        many: a comma separated list of its values.
        since: the version that brought it; empty where every version has it.
    """

    name: str
    type: str
    nullable: bool
    values: tuple[str | int, ...] = ()
    many: bool = False
    since: str = ""


@dataclass(frozen=True)
class Signature:
    """A command's name, the block of the reference it stands in, and its arguments.

    Attributes:
        block: "management", "instance" (which needs service provider access), or "unlisted"
            for commands that only other pages or the vendor's clients name.
        since: the version that brought it; empty where every version has it.
    """

    name: str
    block: str
    arguments: tuple[Argument, ...]
    since: str = ""

    def metadata(self) -> dict[str, Any]:
        """Return the entry that `get-metadata` lists for this command."""
        return {
            "name": self.name,
            "args": [
                {"name": argument.name, "type": argument.type, "nullable": argument.nullable}
                for argument in self.arguments
            ],
        }


OBSERVED: dict[tuple[str, str], dict[str, Any]] = {
    ("CreateUser", "loginPrivileges"): {"values": LOGIN_PRIVILEGES},
    ("SetUserLoginPrivileges", "loginPrivileges"): {"values": LOGIN_PRIVILEGES},
    ("DeleteJob", "id"): {"type": "number"},
    ("SetJobSchedule", "interval"): {"values": (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720)},
}
"""Where servers differ from the print: values the vendor's client knows, slips of the pen."""

UNPRINTED = {"SetJobSchedule": (Argument("instanceID", "string", nullable=False),)}
"""Arguments that the print forgets: a job is nothing without its instance."""


def version(text: str) -> tuple[int, ...]:
    """Return a version such as "25.3.1" so that versions can be compared."""
    return tuple(int(part) for part in text.split(".") if part.isdigit())


@cache
def signatures() -> dict[str, Signature]:
    """Return every known command by its name.

    Source: the vendor's "Management API - Function Reference" of December 2025, and for the
    block "unlisted" the page "Instance Management" and the vendor's clients. Two values
    differ from its print: `includeIndexes` of the verify commands is optional, because it has
    a default and the vendor's own examples leave it out, and `int` is read as `number`.
    `since` follows the update notices and an older print of the reference.
    """
    text = (files(__package__) / "reference.json").read_text(encoding="utf-8")
    return {entry["name"]: _signature(entry) for entry in json.loads(text)}


@cache
def offered(release: str) -> dict[str, Signature]:
    """Return the commands that a version has, with the arguments that they have there."""
    mine = version(release)
    return {
        name: replace(
            signature,
            arguments=tuple(one for one in signature.arguments if version(one.since) <= mine),
        )
        for name, signature in sorted(signatures().items())
        if version(signature.since) <= mine
    }


def metadata(release: str) -> list[dict[str, Any]]:
    """Return what `get-metadata` of a version lists."""
    path = {"path": "api/invoke/"} if version(release) < version(OLD_FORM) else {}
    return [{**signature.metadata(), **path} for signature in offered(release).values()]


def _signature(entry: dict[str, Any]) -> Signature:
    name = entry["name"]
    printed = tuple(_argument(name, argument) for argument in entry["args"])
    given = (*UNPRINTED.get(name, ()), *printed)
    return Signature(name, entry["block"], given, entry.get("since", ""))


def _argument(command: str, entry: dict[str, Any]) -> Argument:
    corrected = OBSERVED.get((command, entry["name"]), {})
    return Argument(**{**entry, "values": tuple(entry.get("values", ())), **corrected})
