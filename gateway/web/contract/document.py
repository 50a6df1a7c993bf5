"""The contract as one document: complete, closed, and the same bytes every time."""

import json
from collections.abc import Iterator
from typing import Any, Final

from flask import Flask

from gateway.web.contract.links import add_links
from gateway.web.contract.methods import name_methods
from gateway.web.contract.samples import add_samples
from gateway.web.contract.told import describe_events
from gateway.web.contract.tree import Json, answers, objects, operations, schemas_in

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


def openapi_document(app: Flask) -> Json:
    """Return the OpenAPI 3.1 document of the application, sorted.

    Args:
        app: all its blueprints are registered.
    """
    api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    document = json.loads(json.dumps(api.document()))
    for path, _, operation in operations(document):
        _complete(path, operation)
    name_methods([each for _, _, each in operations(document)])
    _add_common_headers(document)
    add_links(document)
    _settle_directions(document)
    add_samples(document)
    describe_events(document)
    return {key: _sorted(document[key]) for key in _ORDER if key in document}


def _complete(path: str, operation: Json) -> None:
    """Add the 404 that every path with an id has, and what tells a repeated call's answer."""
    if "{" in path:
        operation["responses"]["404"] = {"$ref": "#/components/responses/NotFound"}
    if "x-idempotency" in operation:
        _mark_replays(operation["responses"])


def _mark_replays(responses: Json) -> None:
    for status, response in responses.items():
        if status < "300" and "$ref" not in response:
            headers = response.setdefault("headers", {})
            headers[_REPLAYED] = {"$ref": f"#/components/headers/{_REPLAYED}"}


def _add_common_headers(document: Json) -> None:
    for response in answers(document):
        headers = response.setdefault("headers", {})
        for name in (*_COMMON_HEADERS, *_RATE_HEADERS):
            headers[name] = {"$ref": f"#/components/headers/{name}"}


def _settle_directions(document: Json) -> None:
    """Say of each schema only what is true in the direction in which it travels.

    What is only sent to us has closed word lists; what is only answered needs no ``readOnly``.
    """
    schemas = document["components"].get("schemas", {})
    sent = schemas_in(_bodies(document), document)
    answered = schemas_in(answers(document), document)
    for name, schema in schemas.items():
        if name not in answered:
            _close_words(schema)
        if name not in sent:
            _drop_read_only(schema)
    for parameter in _parameters(document):
        _close_words(parameter)


def _bodies(document: Json) -> Iterator[Json]:
    return (each.get("requestBody", {}) for _, _, each in operations(document))


def _parameters(document: Json) -> Iterator[Json]:
    for _, _, operation in operations(document):
        yield from operation.get("parameters", ())


def _close_words(node: object) -> None:
    for each in objects(node):
        if "x-extensible-enum" in each:
            null = [None] if "null" in each.get("type", ()) else []
            each["enum"] = each.pop("x-extensible-enum") + null


def _drop_read_only(node: object) -> None:
    for each in objects(node):
        if each.get("readOnly") is True:
            del each["readOnly"]


def _sorted(node: Any) -> Any:  # noqa: ANN401 # JSON
    if isinstance(node, dict):
        return {key: _sorted(node[key]) for key in sorted(node)}
    if isinstance(node, list):
        return [_sorted(item) for item in node]
    return node
