"""The contract as SDKs are made from it: the golden file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from openapi.sdk.language import ROOT

METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One operation of the contract.

    Args:
        path: its template, as ``/instances/{instance}``.
        method: of HTTP, in lower case.
        spec: the Operation Object.
        parameters: all that it takes, those of its path too, without references.
    """

    path: str
    method: str
    spec: dict[str, Any]
    parameters: tuple[dict[str, Any], ...]


@cache
def document() -> dict[str, Any]:
    """Return the contract; nobody changes it (take ``copy.deepcopy``)."""
    text = (ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def operations() -> Iterator[Operation]:
    """Yield every operation, in the order of the contract."""
    for path, item in document()["paths"].items():
        shared = item.get("parameters", [])
        for method in METHODS:
            if method in item:
                own = item[method].get("parameters", [])
                parameters = tuple(resolved(each) for each in [*shared, *own])
                yield Operation(path, method, item[method], parameters)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Return what an object refers to, or the object itself."""
    found = node
    while "$ref" in found:
        target: Any = document()
        for name in found["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        found = target
    return found


def objects(node: object) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in a value, itself first."""
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from objects(value)
