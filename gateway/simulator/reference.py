"""The vendor's function reference as data, transcribed for the simulator alone."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Argument:
    """One argument of a command as the vendor's reference describes it."""

    name: str
    type: str
    nullable: bool
    values: tuple[str | int, ...] = ()
    many: bool = False


@dataclass(frozen=True)
class Signature:
    """A command's name, the block of the reference it stands in, and its arguments."""

    name: str
    block: str
    arguments: tuple[Argument, ...]

    def metadata(self) -> dict[str, Any]:
        """Return the entry that `get-metadata` lists for this command."""
        return {
            "name": self.name,
            "args": [
                {"name": argument.name, "type": argument.type, "nullable": argument.nullable}
                for argument in self.arguments
            ],
        }


def _argument(entry: dict[str, Any]) -> Argument:
    return Argument(**{**entry, "values": tuple(entry.get("values", ()))})


@cache
def signatures() -> dict[str, Signature]:
    """Return every documented command by its name.

    Source: the vendor's "Management API - Function Reference" of December 2025. Two values
    differ from its print: `includeIndexes` of the verify commands is optional, because it has
    a default and the vendor's own examples leave it out, and `int` is read as `number`.
    """
    text = (files(__package__) / "reference.json").read_text(encoding="utf-8")
    return {
        entry["name"]: Signature(
            entry["name"], entry["block"], tuple(map(_argument, entry["args"]))
        )
        for entry in json.loads(text)
    }
