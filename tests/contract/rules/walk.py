"""Ways through a document."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.answers import JSON, METHODS

Rule = Callable[[JSON], Iterator[str]]
"""Yields what is wrong, and with what; the document is in OpenAPI 3.1."""

JSON_BODY: Final = "application/json"
SCHEMAS: Final = "#/components/schemas/"


@dataclass(frozen=True)
class Called:
    """An operation with where it is called.

    Attributes:
        path: with its parameters in braces.
        method: in lower case.
        said: the Operation Object.
        shared: the parameters of its path.
    """

    path: str
    method: str
    said: JSON
    shared: list[JSON]

    @property
    def name(self) -> str:
        """Its operationId."""
        return str(self.said["operationId"])

    def parameters(self, document: JSON) -> list[JSON]:
        """Return its parameters and those of its path."""
        every = [*self.shared, *self.said.get("parameters", ())]
        return [resolved(each, document) for each in every]

    def answers(self, document: JSON) -> Iterator[tuple[str, JSON]]:
        """Yield its statuses and what they answer."""
        for status, answer in self.said["responses"].items():
            yield status, resolved(answer, document)


def operations(document: JSON) -> Iterator[Called]:
    """Yield every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield Called(path, method, item[method], item.get("parameters", []))


def resolved(node: JSON, document: JSON) -> JSON:
    """Return what a reference refers to; anything else as it is."""
    if "$ref" not in node:
        return node
    found: Any = document
    for key in str(node["$ref"]).removeprefix("#/").split("/"):
        found = found[key]
    return dict(found)


def properties(document: JSON) -> Iterator[tuple[str, str, JSON]]:
    """Yield each member of each named schema: the schema's name, its own, and what it takes."""
    for name, schema in document["components"]["schemas"].items():
        for member, said in schema.get("properties", {}).items():
            yield name, member, said


def answered_schemas(document: JSON) -> Iterator[tuple[str, JSON]]:
    """Yield each named schema that comes in an answer, or is sent to a webhook."""
    seen: set[str] = set()
    answers = [answer for each in operations(document) for _, answer in each.answers(document)]
    _follow([*answers, document.get("webhooks", {})], document, seen)
    yield from ((name, document["components"]["schemas"][name]) for name in sorted(seen))


def _follow(node: object, document: JSON, seen: set[str]) -> None:
    for each in objects(node):
        name = str(each.get("$ref", "")).removeprefix(SCHEMAS)
        if name in document["components"]["schemas"] and name not in seen:
            seen.add(name)
            _follow(document["components"]["schemas"][name], document, seen)


def objects(node: object) -> Iterator[JSON]:
    """Yield every object in JSON, the outer before the inner."""
    if isinstance(node, dict):
        yield node
    for value in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from objects(value)
