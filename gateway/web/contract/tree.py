"""Walks through a document of the contract, or of any other OpenAPI."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

Json = dict[str, Any]

METHODS: Final = ("get", "post", "put", "patch", "delete")
"""Those of HTTP that an operation may have, in the order in which they are told."""

SCHEMAS: Final = "#/components/schemas/"
"""Where references to schemas lead."""


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield the path, the method and the Operation Object of each, in the order of the paths."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def answers(document: Json) -> Iterator[Json]:
    """Yield every Response Object, those of the components once."""
    yield from document["components"].get("responses", {}).values()
    for _, _, operation in operations(document):
        yield from (each for each in operation["responses"].values() if "$ref" not in each)


def objects(node: object) -> Iterator[Json]:
    """Yield every JSON object in a value, itself first; they may be changed on the way."""
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)


def resolved(node: Json, document: Json) -> Json:
    """Return what a reference to a component refers to; anything else as it is."""
    if "$ref" not in node:
        return node
    _, _, kind, name = str(node["$ref"]).split("/")
    found: Json = document.get("components", {}).get(kind, {})[name]
    return found


def schema_name(node: Json) -> str:
    """Return the name of the schema that an object refers to; of another object none."""
    reference = str(node.get("$ref", ""))
    return reference.removeprefix(SCHEMAS) if reference.startswith(SCHEMAS) else ""


def schemas_in(nodes: Iterable[object], document: Json) -> set[str]:
    """Return the names of the schemas that values consist of, however deep."""
    schemas = document["components"].get("schemas", {})
    found: set[str] = set()
    waiting = [schema_name(each) for each in objects(list(nodes))]
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in found:
            found.add(name)
            waiting += [schema_name(each) for each in objects(schemas[name])]
    return found
