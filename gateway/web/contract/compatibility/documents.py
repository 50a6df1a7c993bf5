"""Two documents of the contract, operation by operation."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.operations import operation_changes
from gateway.web.contract.compatibility.place import ROOT, Place
from gateway.web.contract.compatibility.schemas import Pair
from gateway.web.contract.compatibility.webhooks import webhook_changes
from gateway.web.contract.tree import Json, operations

_PARAMETER: Final = re.compile(r"\{[^}]*\}")


def breaking_changes(released: Json, current: Json) -> list[Change]:
    """Return what in a document breaks clients of a released one, sorted by its place.

    Args:
        released: the contract that clients were made from, in OpenAPI 3.1.
        current: the contract of now, likewise.
    """
    pair = Pair(released, current, set())
    return sorted({*_path_changes(pair), *_webhook_changes(pair)})


def _path_changes(pair: Pair) -> Iterator[Change]:
    """A parameter of a path has no name in the path that is called: it is compared later."""
    current = {key: operation for key, (_, operation) in _operations(pair.new).items()}
    for (path, method), (place, old) in _operations(pair.old).items():
        new = current.get((path, method))
        if new is None:
            yield Change(place.pointer, Kind.OPERATION_REMOVED, f"{place.name} is gone.")
        else:
            yield from operation_changes(pair, place, old, new)


def _operations(document: Json) -> dict[tuple[str, str], tuple[Place, Json]]:
    """Return each operation with the parameters of its path, by nameless path and method."""
    found = {}
    for path, method, operation in operations(document):
        shared = document["paths"][path].get("parameters", ())
        whole = {**operation, "parameters": [*shared, *operation.get("parameters", ())]}
        place = ROOT.at("paths", path, method).called(f"{method.upper()} {path}")
        found[_PARAMETER.sub("{}", path), method] = place, whole
    return found


def _webhook_changes(pair: Pair) -> Iterator[Change]:
    current = pair.new.get("webhooks", {})
    for name, item in pair.old.get("webhooks", {}).items():
        place = ROOT.at("webhooks", name, "post").called(f"The webhook {name}")
        if name not in current:
            yield Change(place.pointer, Kind.WEBHOOK_REMOVED, f"{place.name} is gone.")
        else:
            yield from webhook_changes(pair, place, item["post"], current[name]["post"])
