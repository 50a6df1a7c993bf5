"""Walks through an OpenAPI document."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from openapi.sdk.contract import METHODS, objects

Json = dict[str, Any]

PREFIX: Final = "#/components/schemas/"


def calls(document: Json) -> Iterator[Json]:
    """Yield every Operation Object."""
    for item in document["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


def answers(document: Json) -> Iterator[Json]:
    """Yield every Response Object, those of the components once."""
    yield from document["components"]["responses"].values()
    for call in calls(document):
        yield from (each for each in call["responses"].values() if "$ref" not in each)


def answered(document: Json) -> set[str]:
    """Return the names of the schemas that answers consist of."""
    schemas = document["components"]["schemas"]
    found: set[str] = set()
    waiting = [name_of(each) for answer in answers(document) for each in objects(answer)]
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in found:
            found.add(name)
            waiting += [name_of(each) for each in objects(schemas[name])]
    return found


def name_of(schema: Mapping[str, Any]) -> str:
    """Return the name of the schema that a reference points to, or nothing."""
    return str(schema.get("$ref", "")).removeprefix(PREFIX)
