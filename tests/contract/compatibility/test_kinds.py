"""Each kind of breaking change is planted once, and told with its place and what to do."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gateway.web.contract.compatibility import Kind, breaking_changes
from gateway.web.contract.compatibility.callers import STEPS
from gateway.web.contract.compatibility.change import REMEDIES
from tests.answers import JSON

Change = Callable[[JSON], object]
GET = ("paths", "/shelves/{shelf}", "get")
POST = ("paths", "/shelves/{shelf}", "post")
SHELF = ("components", "schemas", "Shelf")
FILL = ("components", "schemas", "ShelfFill")


def put(*path: str | int, value: object) -> Change:
    """Return a change that puts a value somewhere."""

    def change(document: JSON) -> None:
        *above, last = path
        at(document, above)[last] = value

    return change


def drop(*path: str | int) -> Change:
    """Return a change that takes something away."""

    def change(document: JSON) -> None:
        *above, last = path
        del at(document, above)[last]

    return change


def at(document: JSON, path: Sequence[str | int]) -> JSON:
    found: Any = document
    for key in path:
        found = found[key]
    return found  # type: ignore[no-any-return] # whatever is there


def prop(schema: tuple[str, ...], *path: str) -> tuple[str, ...]:
    return (*schema, "properties", *path)


BREAKING = [
    (drop(*GET), Kind.OPERATION_REMOVED, "GET /shelves/{shelf} is gone."),
    (put(*GET, "operationId", value="showShelf"), Kind.OPERATION_RENAMED, "is called showShelf"),
    (put(*GET, "x-sdk-method", value="shelves.show"), Kind.SDK_METHOD_RENAMED, "shelves.show now"),
    (drop(*GET, "x-sdk-method"), Kind.SDK_METHOD_RENAMED, "is called None now"),
    (put(*GET, "x-permission", value="shelves:admin"), Kind.PERMISSION_CHANGED, "shelves:admin"),
    (put(*GET, "security", value=[{"key": []}]), Kind.SECURITY_RAISED, "with bearer"),
    (
        put("components", "securitySchemes", "bearer", "scheme", value="basic"),
        Kind.SECURITY_RAISED,
        "with bearer",
    ),
    (drop(*POST, "x-idempotency"), Kind.IDEMPOTENCY_LOWERED, "takes no key now"),
    (put(*POST, "x-idempotency", "class", value="create"), Kind.IDEMPOTENCY_LOWERED, "create for"),
    (put(*POST, "x-idempotency", "keptHours", value=1), Kind.IDEMPOTENCY_LOWERED, "for 1 hours"),
    (drop(*GET, "parameters", 0), Kind.PARAMETER_REMOVED, "The parameter depth of GET"),
    (drop(*GET, "parameters", 1), Kind.PARAMETER_REMOVED, "The parameter prefer of GET"),
    (
        put("paths", "/shelves/{shelf}", "parameters", 0, "name", value="board"),
        Kind.PARAMETER_REMOVED,
        "The parameter shelf of GET",
    ),
    (put(*GET, "parameters", 0, "required", value=True), Kind.PARAMETER_REQUIRED, "must be sent"),
    (
        put(*GET, "parameters", 1, value={"name": "n", "in": "query", "required": True}),
        Kind.PARAMETER_REQUIRED,
        "needs a new parameter, n.",
    ),
    (put(*GET, "parameters", 0, "explode", value=False), Kind.PARAMETER_SPELT, "spelt otherwise"),
    (drop(*POST, "requestBody"), Kind.BODY_REMOVED, "not taken any more"),
    (put(*POST, "requestBody", "required", value=True), Kind.BODY_REQUIRED, "must be sent now"),
    (
        put(*POST, "requestBody", "content", value={"text/csv": {}}),
        Kind.MEDIA_TYPE_REMOVED,
        "not application/json any more",
    ),
    (
        put(*GET, "responses", "200", "content", value={}),
        Kind.MEDIA_TYPE_REMOVED,
        "not application",
    ),
    (drop(*prop(FILL, "size")), Kind.REQUEST_MEMBER_REMOVED, "ShelfFill.size cannot be sent"),
    (
        put(*prop(FILL, "size"), "readOnly", value=True),
        Kind.REQUEST_MEMBER_REMOVED,
        "ShelfFill.size cannot be sent",
    ),
    (
        put(*FILL, "required", value=["name", "wood", "size"]),
        Kind.REQUEST_MEMBER_REQUIRED,
        "ShelfFill.size must be sent now.",
    ),
    (
        put(*prop(FILL, "size"), "type", value="integer"),
        Kind.REQUEST_TYPE_NARROWED,
        "was null, and must be integer now",
    ),
    (
        put(*prop(FILL, "weight"), "type", value="integer"),
        Kind.REQUEST_TYPE_NARROWED,
        "was number, and must be integer now",
    ),
    (
        put(*prop(FILL, "kind", "enum"), value=["open"]),
        Kind.REQUEST_WORD_REMOVED,
        "does not take shut any more",
    ),
    (
        put(*prop(FILL, "made", "enum"), value=["today"]),
        Kind.REQUEST_WORD_REMOVED,
        "took any value, and takes today now",
    ),
    (
        put(*prop(FILL, "name", "maxLength"), value=10),
        Kind.REQUEST_LIMIT_NARROWED,
        "has maxLength 10 now, and had 20",
    ),
    (
        put(*prop(FILL, "size", "minimum"), value=2),
        Kind.REQUEST_LIMIT_NARROWED,
        "has minimum 2 now, and had 1",
    ),
    (
        put(*prop(FILL, "books", "maxItems"), value=2),
        Kind.REQUEST_LIMIT_NARROWED,
        "has maxItems 2 now, and had none",
    ),
    (
        put(*prop(FILL, "name", "pattern"), value="^[a-y]+$"),
        Kind.REQUEST_FORM_CHANGED,
        "has pattern ^[a-y]+$ now",
    ),
    (
        put(*GET, "parameters", 0, "schema", "default", value=2),
        Kind.REQUEST_DEFAULT_CHANGED,
        "was 1 by default, and is 2 now",
    ),
    (drop(*GET, "responses", "404"), Kind.STATUS_REMOVED, "does not answer 404 any more"),
    (drop(*POST, "responses", "204"), Kind.STATUS_REMOVED, "does not answer 204 any more"),
    (put(*GET, "responses", "202", value={}), Kind.STATUS_ADDED, "may answer 202 now"),
    (drop(*GET, "responses", "200", "headers", "ETag"), Kind.HEADER_REMOVED, "header ETag"),
    (
        drop("webhooks", "event", "post", "parameters", 0),
        Kind.HEADER_REMOVED,
        "comes without webhook-id now",
    ),
    (drop(*prop(SHELF, "size")), Kind.RESPONSE_MEMBER_REMOVED, "Shelf.size is not answered"),
    (
        drop("components", "schemas", "Told", "properties", "type"),
        Kind.RESPONSE_MEMBER_REMOVED,
        "Told.type is not answered",
    ),
    (put(*SHELF, "required", value=["wood"]), Kind.RESPONSE_MEMBER_OPTIONAL, "Shelf.name was alw"),
    (
        put(*prop(SHELF, "name", "type"), value=["string", "null"]),
        Kind.RESPONSE_TYPE_CHANGED,
        "Shelf.name was string, and may be null now.",
    ),
    (
        put(*prop(SHELF, "size", "type"), value="number"),
        Kind.RESPONSE_TYPE_CHANGED,
        "and may be number now.",
    ),
    (drop(*prop(SHELF, "made", "type")), Kind.RESPONSE_TYPE_CHANGED, "and may be anything now"),
    (
        put(*prop(SHELF, "books", "items"), value={"type": "string"}),
        Kind.RESPONSE_TYPE_CHANGED,
        "Book was object, and may be string now.",
    ),
    (
        put(*prop(SHELF, "labels", "additionalProperties"), value={"type": "integer"}),
        Kind.RESPONSE_TYPE_CHANGED,
        "Shelf.labels.* was string, and may be integer now.",
    ),
    (
        put(*prop(SHELF, "kind", "enum"), value=["open", "shut", "ajar"]),
        Kind.RESPONSE_WORD_ADDED,
        "Shelf.kind may be ajar now.",
    ),
    (drop(*prop(SHELF, "kind", "enum")), Kind.RESPONSE_WORD_ADDED, "there may be others now"),
    (drop(*prop(SHELF, "made", "format")), Kind.RESPONSE_FORM_CHANGED, "had the format date-time"),
    (drop("webhooks", "event"), Kind.WEBHOOK_REMOVED, "The webhook event is gone."),
]

HARMLESS = [
    put("paths", "/books", value={"get": {"operationId": "listBooks"}}),
    put(*GET, "parameters", 1, value={"name": "prefer", "in": "header", "schema": {}}),
    put(*GET, "deprecated", value=True),
    put(*GET, "x-permission", value="any"),
    put(*GET, "x-commands", value=["GetShelves"]),
    put(*GET, "security", value=[{"bearer": []}, {"key": []}]),
    put(*GET, "responses", "409", value={"$ref": "#/components/responses/NotFound"}),
    put(*GET, "responses", "200", "headers", "Link", value={"schema": {"type": "string"}}),
    put(*POST, "x-idempotency", "keptHours", value=48),
    put(*prop(SHELF, "colour"), value={"type": "string"}),
    put(*SHELF, "required", value=["name", "wood", "size"]),
    put(*prop(SHELF, "size", "type"), value="integer"),
    put(*prop(SHELF, "weight", "type"), value="integer"),
    put(*prop(SHELF, "wood", "x-extensible-enum"), value=["ash", "oak", "pine"]),
    put(*prop(SHELF, "wood", "x-extensible-enum"), value=["oak"]),
    put(*prop(SHELF, "kind", "enum"), value=["open"]),
    put(*prop(SHELF, "owner"), value={"$ref": "#/components/schemas/Book"}),
    put(*prop(FILL, "colour"), value={"type": "string"}),
    put(*FILL, "required", value=[]),
    put(*prop(FILL, "name", "maxLength"), value=30),
    put(*prop(FILL, "name"), value={"type": ["string", "null"]}),
    put(*prop(FILL, "kind", "enum"), value=["open", "shut", "ajar"]),
    put("components", "schemas", "Unused", value={"type": "string"}),
]


@pytest.mark.parametrize(
    ("change", "kind", "said"), BREAKING, ids=[f"{row[1]}-{n}" for n, row in enumerate(BREAKING)]
)
def test_a_breaking_change_is_found(contract: JSON, change: Change, kind: Kind, said: str) -> None:
    released = json.loads(json.dumps(contract))
    change(contract)

    found = [each for each in breaking_changes(released, contract) if each.kind is kind]

    assert any(said in each.detail for each in found), found
    assert all(each.pointer.startswith("#/") and each.remedy for each in found)


@pytest.mark.parametrize("change", HARMLESS, ids=map(str, range(len(HARMLESS))))
def test_an_addition_is_none(contract: JSON, change: Change) -> None:
    released = json.loads(json.dumps(contract))
    change(contract)

    assert breaking_changes(released, contract) == []


def test_every_kind_is_planted_and_has_its_remedy() -> None:
    assert {kind for _, kind, _ in BREAKING} == set(Kind) == set(REMEDIES) == set(STEPS)


def test_a_dry_run_brings_its_answer_with_it(contract: JSON) -> None:
    released = json.loads(json.dumps(contract))
    operation = at(contract, GET)
    operation["responses"]["204"] = {"description": "With `validateOnly`."}
    assert breaking_changes(released, contract) != []
    operation["parameters"].append({"name": "validateOnly", "in": "query", "schema": {}})

    assert breaking_changes(released, contract) == []
