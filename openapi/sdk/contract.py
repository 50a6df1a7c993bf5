"""The contract as SDKs are made from it: the golden file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from gateway.web.contract import tree
from gateway.web.contract.tree import Json
from openapi.sdk.language import ROOT


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
    spec: Json
    parameters: tuple[Json, ...]


@cache
def document() -> Json:
    """Return the contract; nobody changes it (take ``copy.deepcopy``)."""
    text = (ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8")
    loaded: Json = json.loads(text)
    return loaded


def operations() -> Iterator[Operation]:
    """Yield every operation, in the order of the contract."""
    for path, method, spec in tree.operations(document()):
        shared = document()["paths"][path].get("parameters", [])
        parameters = tuple(resolved(each) for each in [*shared, *spec.get("parameters", [])])
        yield Operation(path, method, spec, parameters)


def resolved(node: Json) -> Json:
    """Return what an object refers to, or the object itself."""
    return tree.resolved(node, document())
