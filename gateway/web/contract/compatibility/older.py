"""Contracts in OpenAPI 3.0, brought back into the words of 3.1 so that they can be compared."""

from typing import Any, Final

from gateway.web.contract.editions import Edition, in_edition
from gateway.web.contract.tree import Json

_NULL: Final = {"type": "null"}


def is_older(document: Json) -> bool:
    """Return whether a contract is in OpenAPI 3.0."""
    return str(document.get("openapi")).startswith("3.0.")


def comparable(released: Json, current: Json) -> tuple[Json, Json]:
    """Return two contracts in the same words.

    What 3.0 cannot say is then in neither, so that it counts as no change.

    Args:
        released: in OpenAPI 3.1, or our edition in 3.0.
        current: in OpenAPI 3.1.
    """
    if not is_older(released):
        return released, current
    return _newer(released), _newer(in_edition(current, Edition.OPENAPI_3_0))


def _newer(document: Json) -> Json:
    names = {"x-webhooks": "webhooks"}
    return {names.get(key, key): _raised(value) for key, value in document.items()}


def _raised(node: Any) -> Any:  # noqa: ANN401 # JSON
    """Return a part of a document with null among the types again."""
    if isinstance(node, list):
        return [_raised(each) for each in node]
    if not isinstance(node, dict):
        return node
    said = {key: _raised(value) for key, value in node.items()}
    return _with_null(said) if said.pop("nullable", None) is True else said


def _with_null(schema: Json) -> Json:
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    if "allOf" in schema:
        said = {key: value for key, value in schema.items() if key != "allOf"}
        return {**said, "anyOf": [*schema["allOf"], _NULL]}
    return schema
