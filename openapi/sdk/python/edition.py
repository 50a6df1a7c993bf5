"""The contract as openapi-python-client gets it."""

from copy import deepcopy

from gateway.web.contract.tree import Json, objects, schemas_in
from openapi.sdk.contract import Operation, document, operations, resolved


def edition() -> Json:
    """Return the contract in the form of which a lasting client is made.

    What is answered may have fields that are new: they are kept, not refused. What is of one type
    or another is anything: the generator leaves out what it has no type for.
    """
    made = deepcopy(document())
    made.pop("webhooks", None)
    schemas = made["components"]["schemas"]
    for name in _answered():
        if schemas[name].get("additionalProperties") is False:
            del schemas[name]["additionalProperties"]
    for node in objects(schemas):
        if {"array", "object"} <= set(_types(node)):
            del node["type"]
    return made


def _types(node: Json) -> list[str]:
    kinds = node.get("type", [])
    return kinds if isinstance(kinds, list) else []


def _answered() -> set[str]:
    """Return the names of the schemas that are never sent."""
    bodies = (each.spec.get("requestBody", {}) for each in operations())
    return set(document()["components"]["schemas"]) - schemas_in(bodies, document())


def answers(operation: Operation) -> dict[str, Json | None]:
    """Return the schemas of what is answered if all goes well, by status; None without a body."""
    found: dict[str, Json | None] = {}
    for status, response in operation.spec["responses"].items():
        if status < "300" and status != "202":
            content = resolved(response).get("content", {})
            kinds = [kind for kind in content if kind.endswith("json")]
            stream = "text/event-stream" in content
            found[status] = content[kinds[0]]["schema"] if kinds else {} if stream else None
    return found
