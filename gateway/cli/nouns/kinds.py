"""What can be named on a command line: by its id, or by a name that only one thing has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final
from urllib.parse import quote

from gateway.cli.account import Account
from gateway.cli.failure import Failure
from gateway.cli.nouns.reading import every
from gateway.cli.progress import printable

OPAQUE: Final = "{}_[0-9a-f]{{32}}"
NUMBER: Final = "#"
"""Before a number where a name could be one, too."""

SHOWN: Final = 12
"""So many names are told to somebody who gave another one."""


@dataclass(frozen=True)
class Kind:
    """A kind of thing.

    Attributes:
        noun: one of them.
        id: regular expression of its ids; empty where names are the ids.
        path: of the list of them, with places for the ids of what it lies in.
        names: the members by which people know it, the first one first.
        query: the parameter of the list that looks for a text; empty if it has none.
        command: shows all of them.
    """

    noun: str
    id: str
    path: str
    names: tuple[str, ...]
    query: str = ""
    command: str = ""

    def is_id(self, given: str) -> bool:
        """Whether what was given is an id, and not a name."""
        return not self.id or bool(re.fullmatch(self.id, given, re.ASCII))

    def name_of(self, thing: Mapping[str, Any]) -> str:
        """Return how people call a thing."""
        return str(thing[self.names[0]])

    def called(self, given: str, known: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return those that have a name; of another member only if none has it as the first."""
        hits = [[each for each in known if _is(each.get(name), given)] for name in self.names]
        if self.is_numbered:
            return [each for each in known if any(each in found for found in hits)]
        return next(filter(None, hits), [])

    @property
    def is_numbered(self) -> bool:
        """Whether its ids are plain numbers, which may be names of others, too."""
        return self.id.startswith(NUMBER)

    @property
    def metavar(self) -> str:
        """How it stands in a usage line."""
        return "ID|NAME" if self.id else "NAME"


def _is(value: object, given: str) -> bool:
    return value is not None and str(value) == given


def _opaque(prefix: str) -> str:
    return OPAQUE.format(prefix)


DEPLOYMENT: Final = Kind(
    "deployment", _opaque("dep"), "/deployments", ("name",), command="deployments list"
)
RESELLER: Final = Kind(
    "reseller", _opaque("res"), "/resellers", ("name", "externalId"), command="resellers list"
)
CLIENT: Final = Kind("client", _opaque("cli"), "/clients", ("name",), command="clients list")
INSTANCE: Final = Kind(
    "instance",
    _opaque("ins"),
    "/instances",
    ("instanceID", "externalId", "alias", "displayName"),
    "q",
    "instances list",
)
STORE: Final = Kind(
    "store",
    f"{NUMBER}[0-9]{{1,9}}",
    "/instances/{instance}/stores",
    ("name", "id"),
    command="stores list {instance}",
)
USER: Final = Kind(
    "user", "", "/instances/{instance}/users", ("userName",), command="users list {instance}"
)
STATEMENT: Final = Kind(
    "statement", _opaque("stm"), "/statements", ("id",), command="statements list"
)
WEBHOOK: Final = Kind("webhook", _opaque("whk"), "/webhooks", ("name",), command="webhooks list")

KINDS: Final[Mapping[str, Kind]] = {
    kind.noun: kind
    for kind in (DEPLOYMENT, RESELLER, CLIENT, INSTANCE, STORE, USER, STATEMENT, WEBHOOK)
}
"""Each by the name of its place in a path."""


def kinds_of(path: str) -> tuple[Kind, ...]:
    """Return the kinds of the places in a path, from the left."""
    return tuple(KINDS[noun] for _, noun, _, _ in Formatter().parse(path) if noun)


def id_of(account: Account, kind: Kind, given: str, within: Mapping[str, str]) -> str:
    """Return the id of a thing that is given by id or by name.

    Args:
        account: who looks.
        kind: of the thing.
        given: its id or one of its names.
        within: ids of what it lies in, by their nouns.

    Raises:
        Failure: none, or more than one, has the name.
    """
    if kind.is_id(given):
        return given.removeprefix(NUMBER) if kind.is_numbered else given
    looked_for = {kind.query: given} if kind.query else {}
    known = every(account, kind.path.format(**within), looked_for)
    found = kind.called(given, known)
    if len(found) > 1:
        raise Failure(_several(kind, given, found))
    if found:
        return str(found[0]["id"])
    raise Failure(f"There is no {kind.noun} {printable(given)}. {_others(kind, known, within)}")


def path_of(path: str, ids: Mapping[str, str]) -> str:
    """Return a path with ids in their places."""
    return path.format(**{noun: quote(value, safe="") for noun, value in ids.items()})


def _several(kind: Kind, given: str, found: Sequence[Mapping[str, Any]]) -> str:
    mark = NUMBER if kind.is_numbered else ""
    ids = ", ".join(f"{mark}{each['id']}" for each in found)
    return f"{len(found)} {kind.noun}s are called {printable(given)}: give one of {ids}."


def _others(kind: Kind, known: Sequence[Mapping[str, Any]], within: Mapping[str, str]) -> str:
    names = sorted(printable(kind.name_of(each)) for each in known)
    if kind.query or len(names) > SHOWN:
        command = kind.command.format(**within)
        return f"'spe-gateway {command}' shows those that you may see."
    return f"There is: {', '.join(names)}." if names else "There is none yet."
