"""The contract as one document: complete, closed, and the same bytes every time."""

import json
from collections.abc import Iterator
from typing import Any, Final

from flask import Flask

from gateway.web.contract.links import add_links
from gateway.web.contract.methods import name_methods
from gateway.web.contract.samples import add_samples
from gateway.web.contract.told import describe_events

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_COMMON_HEADERS: Final = ("X-Request-Id", "SPE-Gateway-Version")
_RATE_HEADERS: Final = ("RateLimit", "RateLimit-Policy")
_REPLAYED: Final = "Idempotency-Replayed"
_ORDER: Final = (
    "openapi",
    "info",
    "servers",
    "security",
    "tags",
    "paths",
    "webhooks",
    "components",
)
_PREFIX: Final = "#/components/schemas/"


def openapi_document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the application, sorted.

    Args:
        app: all its blueprints are registered.
    """
    api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    document = json.loads(json.dumps(api.spec.to_dict()))
    for path, operations in document["paths"].items():
        _complete(path, operations)
    name_methods([each for item in document["paths"].values() for each in _operations(item)])
    _add_common_headers(document)
    add_links(document)
    _settle_directions(document)
    add_samples(document)
    describe_events(document)
    return {key: _sorted(document[key]) for key in _ORDER if key in document}


def _complete(path: str, operations: dict[str, Any]) -> None:
    """Add the 404 that every path with an id has, and what tells a repeated call's answer."""
    for operation in _operations(operations):
        if "{" in path:
            operation["responses"]["404"] = {"$ref": "#/components/responses/NotFound"}
        if "x-idempotency" in operation:
            _mark_replays(operation["responses"])


def _mark_replays(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status < "300" and "$ref" not in response:
            headers = response.setdefault("headers", {})
            headers[_REPLAYED] = {"$ref": f"#/components/headers/{_REPLAYED}"}


def _add_common_headers(document: dict[str, Any]) -> None:
    for response in _responses(document):
        headers = response.setdefault("headers", {})
        for name in (*_COMMON_HEADERS, *_RATE_HEADERS):
            headers[name] = {"$ref": f"#/components/headers/{name}"}


def _responses(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"].get("responses", {}).values()
    for operations in document["paths"].values():
        for operation in _operations(operations):
            yield from (each for each in operation["responses"].values() if "$ref" not in each)


def _operations(operations: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operations[method] for method in _METHODS if method in operations)


def _settle_directions(document: dict[str, Any]) -> None:
    """Say of each schema only what is true in the direction in which it travels.

    What is only sent to us has closed word lists; what is only answered needs no ``readOnly``.
    """
    schemas = document["components"].get("schemas", {})
    sent, answered = _reachable(document, schemas)
    for name, schema in schemas.items():
        if name not in answered:
            _close_words(schema)
        if name not in sent:
            _drop_read_only(schema)
    for parameter in _parameters(document):
        _close_words(parameter)


def _reachable(document: dict[str, Any], schemas: dict[str, Any]) -> tuple[set[str], set[str]]:
    sent: set[str] = set()
    answered: set[str] = set()
    for response in _responses(document):
        _follow(response, schemas, answered)
    for operations in document["paths"].values():
        for operation in _operations(operations):
            _follow(operation.get("requestBody", {}), schemas, sent)
    return sent, answered


def _follow(node: object, schemas: dict[str, Any], seen: set[str]) -> None:
    for each in _objects(node):
        name = str(each.get("$ref", "")).removeprefix(_PREFIX)
        if name in schemas and name not in seen:
            seen.add(name)
            _follow(schemas[name], schemas, seen)


def _parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in _operations(operations):
            yield from operation.get("parameters", ())


def _close_words(node: object) -> None:
    for each in _objects(node):
        if "x-extensible-enum" in each:
            null = [None] if "null" in each.get("type", ()) else []
            each["enum"] = each.pop("x-extensible-enum") + null


def _drop_read_only(node: object) -> None:
    for each in _objects(node):
        if each.get("readOnly") is True:
            del each["readOnly"]


def _objects(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from _objects(value)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value)


def _sorted(node: Any) -> Any:  # noqa: ANN401 # JSON
    if isinstance(node, dict):
        return {key: _sorted(node[key]) for key in sorted(node)}
    if isinstance(node, list):
        return [_sorted(item) for item in node]
    return node
