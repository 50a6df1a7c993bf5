"""What may be called next with what an answer holds: the links of the contract.

A link (OpenAPI 3.1, Link Object) names an operation, and where its parameters stand in the answer
or stood in the request. They are made by rule: what was made leads to reading, changing and
deleting it; what was read, to everything that needs no other id, with its ``ETag`` where that may
be asked for; a list, to reading its first; and 202, to its operation.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gateway.web.contract.tree import Json, operations, resolved

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_MADE: Final = "201"
_READ: Final = "200"

KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {"administrator": "userName", "server": "serverName", "user": "userName"}
)
"""The members of the answers that hold a parameter of the path, where that is not ``id``."""


def add_links(document: Json) -> None:
    """Write its links into each answer.

    Args:
        document: the contract in OpenAPI 3.1; its answers get ``links``.
    """
    nouns = list(_nouns(document))
    for noun in nouns:
        _link_the_read(document, noun)
        _link_the_listed(document, noun)
    for path, _, operation in operations(document):
        if _MADE in operation["responses"]:
            _link_the_made(document, path, operation, nouns)
    accepted = document["components"]["responses"]["Accepted"]
    accepted["links"] = {"getOperation": _link("getOperation", {"operation": _member("id")})}


@dataclass(frozen=True)
class _Noun:
    """One thing of a kind.

    Attributes:
        path: where it is read, ending in its parameter.
        reading: the operation that reads it.
    """

    path: str
    reading: Json

    @property
    def collection(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def parameter(self) -> str:
        return str(_PARAMETER.findall(self.path)[-1])

    @property
    def key(self) -> str:
        return KEYS.get(self.parameter, "id")

    @property
    def schema(self) -> Json:
        found: Json = self.reading["responses"][_READ]["content"]["application/json"]["schema"]
        return found

    def known(self, pointer: str) -> Json:
        """Return the parameters of its path, its own at a place in an answer's body."""
        above = _PARAMETER.findall(self.collection)
        return {**_repeated(above), self.parameter: _member(pointer)}


def _nouns(document: Json) -> Iterator[_Noun]:
    for path, method, operation in operations(document):
        if method == "get" and path.endswith("}") and _READ in operation["responses"]:
            yield _Noun(path, operation)


def _link_the_read(document: Json, noun: _Noun) -> None:
    """Lead from a thing to everything that needs no other id."""
    needed = _PARAMETER.findall(noun.path)
    answer = noun.reading["responses"][_READ]
    for path, _, operation in operations(document):
        is_below = path.startswith(noun.path) and _PARAMETER.findall(path) == needed
        if is_below and operation is not noun.reading:
            tag = _tag(document, answer, operation)
            _add(answer, operation, {**_repeated(needed), **tag})


def _link_the_listed(document: Json, noun: _Noun) -> None:
    listing = document["paths"].get(noun.collection, {}).get("get", {})
    answer = listing.get("responses", {}).get(_READ)
    if answer is not None:
        _add(answer, noun.reading, noun.known(f"items/0/{noun.key}"))


def _link_the_made(document: Json, path: str, operation: Json, nouns: list[_Noun]) -> None:
    """Lead from a new thing to itself."""
    answer = operation["responses"][_MADE]
    schema = answer["content"]["application/json"]["schema"]
    for noun in nouns:
        if path == noun.collection or (schema == noun.schema and _leads(path, noun)):
            for each in _at(document, noun.path):
                _add(answer, each, noun.known(noun.key))


def _leads(path: str, noun: _Noun) -> bool:
    """Tell whether a path has every id above a noun."""
    return set(_PARAMETER.findall(noun.collection)) <= set(_PARAMETER.findall(path))


def _tag(document: Json, answer: Json, target: Json) -> Json:
    """Return the condition that what was read is still so, where the target takes one."""
    told = (resolved(each, document) for each in target.get("parameters", ()))
    takes = any(each.get("name") == "If-Match" for each in told)
    return {"If-Match": "$response.header.ETag"} if takes and "ETag" in answer["headers"] else {}


def _add(answer: Json, target: Json, parameters: Json) -> None:
    name = target["operationId"]
    answer.setdefault("links", {})[name] = _link(name, parameters)


def _link(operation: str, parameters: Json) -> Json:
    return {"operationId": operation, "parameters": parameters}


def _repeated(names: list[str]) -> Json:
    return {name: f"$request.path.{name}" for name in names}


def _member(pointer: str) -> str:
    return f"$response.body#/{pointer}"


def _at(document: Json, path: str) -> Iterator[Json]:
    return (each for other, _, each in operations(document) if other == path)
