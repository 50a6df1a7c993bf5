"""Where in a document something is, for programs and for people."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Place:
    """A place in the released document.

    Attributes:
        pointer: RFC 6901, as a fragment.
        name: for a sentence, as ``Store.name`` or ``limit of GET /instances``.
    """

    pointer: str
    name: str

    def at(self, *keys: str) -> Self:
        """Return a place below, under the same name."""
        tokens = "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in keys)
        return replace(self, pointer=self.pointer + tokens)

    def called(self, name: str) -> Self:
        """Return the place under another name."""
        return replace(self, name=name)

    def member(self, name: str) -> Self:
        """Return the place of a member of the object that is here."""
        return self.at("properties", name).called(f"{self.name}.{name}")

    def item(self) -> Self:
        """Return the place of an item of the array that is here."""
        return self.at("items").called(f"{self.name}[]")


ROOT = Place("#", "the contract")


def component(kind: str, name: str) -> Place:
    """Return the place of a component, as ``schemas`` and ``Store``."""
    return ROOT.at("components", kind, name).called(name)
