"""The contract: valid, complete, closed, and the same bytes every time."""

import json
import re
from typing import Any

import pytest
import yaml
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from gateway.errors import DeclarationError, GatewayError
from gateway.storage.readings import RawAltered
from gateway.web import operation, schemas
from gateway.web.api import named
from gateway.web.contract.document import openapi_document
from gateway.web.contract.files import FILES, contract_file
from gateway.web.docs import problem_kinds
from gateway.web.error_answers import ERROR_ANSWERS
from gateway.web.http_errors import MethodNotAllowed, RangeNotSatisfiable
from gateway.web.schemas import Problem, Schema
from tests.web.toy import ToyGateway, make_app

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    return openapi_document(app)


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for path in document["paths"].values():
        found |= {path[method]["operationId"]: path[method] for method in METHODS if method in path}
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.1"
    validate(document)


def files(app: Flask) -> list[str]:
    made = openapi_document(app)
    return [contract_file(made, name) for name in FILES]


def test_the_document_is_the_same_bytes_every_time(app: Flask) -> None:
    first = files(app)
    assert files(app) == first
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "OPERATIONS", {})
        patch.setattr(schemas, "_DECLARED", {})
        again = make_app(ToyGateway())
        assert files(again) == first


def test_yaml_and_json_say_the_same(document: dict[str, Any]) -> None:
    text = contract_file(document, "openapi.yaml")
    assert yaml.safe_load(text) == json.loads(contract_file(document, "openapi.json")) == document
    assert "&id" not in text


def test_no_host_is_named_but_our_own_root(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "/", "description": "This gateway."}]
    hosts = re.findall(r"://([A-Za-z0-9.-]+)", json.dumps(document))
    assert [host for host in hosts if not host.endswith(".example.com")] == []


def test_every_operation_says_what_it_needs(operations: dict[str, dict[str, Any]]) -> None:
    assert operations["listShelves"]["x-permission"] == "stores:read"
    assert operations["getBook"]["x-permission"] == "any"
    for each in operations.values():
        assert each["tags"]
        assert each["summary"]
        assert ("x-permission" in each) is ("security" not in each)


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("listShelves", {200, 400, 401, 403, 404, 422, 429, 503}),
        ("createShelf", {201, 400, 401, 403, 404, 409, 413, 415, 422, 429, 503}),
        ("updateShelf", {200, 400, 401, 403, 404, 412, 413, 415, 422, 429, 503}),
        ("verifyShelf", {200, 202, 400, 401, 403, 404, 409, 422, 429, 502, 503, 504}),
        ("deleteShelf", {204, 400, 401, 403, 404, 422, 429, 503}),
        ("getBook", {400, 401, 403, 404, 422, 429, 503}),
        ("createToken", {200, 400, 401, 413, 415, 422, 429, 503}),
        ("listSigningKeys", {200, 400, 422, 503}),
    ],
)
def test_every_answer_of_an_operation_is_documented(
    operations: dict[str, dict[str, Any]], name: str, statuses: set[int]
) -> None:
    assert {int(status) for status in operations[name]["responses"]} == statuses


def test_every_kind_of_problem_has_an_error_answer() -> None:
    elsewhere = {GatewayError, MethodNotAllowed, RangeNotSatisfiable, RawAltered}  # no answers
    for kind in problem_kinds():
        assert kind.status in ERROR_ANSWERS or kind in elsewhere, kind


def test_no_operation_documents_a_500(operations: dict[str, dict[str, Any]]) -> None:
    assert not any("500" in each["responses"] for each in operations.values())


def test_the_token_endpoint_documents_its_own_errors(operations: dict[str, dict[str, Any]]) -> None:
    answer = operations["createToken"]["responses"]["401"]
    schema = answer["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/OAuthError"}
    form = operations["createToken"]["requestBody"]["content"]
    assert list(form) == ["application/x-www-form-urlencoded"]


def test_every_error_answer_is_a_problem_with_an_example(document: dict[str, Any]) -> None:
    shown = {answer.name: status for status, answer in ERROR_ANSWERS.items()}
    for name, response in document["components"]["responses"].items():
        if name not in shown:
            assert name == "Accepted"
            continue
        content = response["content"]["application/problem+json"]
        assert content["example"]["status"] == shown[name]
        assert Problem().fields.keys() >= {"type", "title"}


def test_every_answer_carries_the_common_headers(document: dict[str, Any]) -> None:
    inline = document["paths"]["/instances/{instance}/shelves"]["get"]["responses"]["200"]
    for response in [inline, *document["components"]["responses"].values()]:
        assert {"X-Request-Id", "SPE-Gateway-Version"} <= set(response["headers"])
    assert {"Link", "RateLimit", "RateLimit-Policy"} <= set(inline["headers"])


def test_an_operation_that_goes_on_documents_how(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    verify = operations["verifyShelf"]
    assert verify["responses"]["202"] == {"$ref": "#/components/responses/Accepted"}
    assert verify["parameters"] == [
        {"$ref": "#/components/parameters/Prefer"},
        {"$ref": "#/components/parameters/Priority"},
        {"$ref": "#/components/parameters/IdempotencyKey"},
    ]
    accepted = document["components"]["responses"]["Accepted"]
    assert {"Location", "Retry-After"} <= set(accepted["headers"])
    schema = accepted["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Operation"}


def test_header_parameters_are_named_by_the_operation(
    operations: dict[str, dict[str, Any]],
) -> None:
    refs = [each["$ref"] for each in operations["createShelf"]["parameters"]]
    assert refs == ["#/components/parameters/IdempotencyKey"]
    assert operations["updateShelf"]["parameters"] == [{"$ref": "#/components/parameters/IfMatch"}]


def test_every_schema_is_closed_and_described(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        if name != "Operation":  # the toy's own
            assert schema["additionalProperties"] is False, name
            assert schema["description"], name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("height", {"type": ["integer", "null"], "format": "int64", "minimum": 0, "maximum": 300}),
        ("isLocked", {"type": "boolean"}),
        ("load", {"type": "number"}),
        ("bought", {"type": "string", "format": "date-time"}),
        ("wood", {"type": ["string", "null"], "x-extensible-enum": ["oak", "pine"]}),
        ("number", {"type": "integer", "format": "int64", "readOnly": True}),
        (
            "displayName",
            {
                "type": "string",
                "minLength": 1,
                "maxLength": 20,
                "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$",
            },
        ),
        (
            "combination",
            {
                "type": "string",
                "format": "password",
                "writeOnly": True,
                "minLength": 1,
                "maxLength": 255,
                "pattern": "^[^\\u0000-\\u001F\\u007F-\\u009F]*$",
            },
        ),
        (
            "brackets",
            {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Bracket"},
                "minItems": 0,
                "maxItems": 500,
            },
        ),
    ],
)
def test_each_field_documents_what_it_takes(
    document: dict[str, Any], name: str, expected: dict[str, Any]
) -> None:
    documented = dict(document["components"]["schemas"]["Shelf"]["properties"][name])
    assert documented.pop("description")
    assert documented == expected


def test_words_are_closed_where_they_are_only_sent(
    document: dict[str, Any], operations: dict[str, dict[str, Any]]
) -> None:
    patch = document["components"]["schemas"]["ShelfPatch"]["properties"]["wood"]
    assert patch["enum"] == ["oak", "pine"]
    query = {each["name"]: each for each in operations["listShelves"]["parameters"]}
    assert query["wood"]["schema"]["enum"] == ["oak", "pine"]
    assert (query["tags"]["explode"], query["tags"]["style"]) == (False, "form")


def test_what_is_only_answered_has_no_read_only(document: dict[str, Any]) -> None:
    assert "readOnly" not in json.dumps(document["components"]["schemas"]["Problem"])


def test_path_parameters_are_documented_by_their_converters(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/instances/{instance}/shelves/{shelf}"]["parameters"]
    instance, shelf = sorted(parameters, key=lambda each: str(each["name"]))
    assert instance["schema"] == {"type": "string", "pattern": "^ins_[0-9a-f]{32}$"}
    assert instance["description"] == "Id of the instance."
    assert instance["example"].startswith("ins_")
    assert shelf["schema"]["maximum"] == 2147483647


@pytest.mark.parametrize("cut", [{"only": ("a",)}, {"exclude": ("a",)}, {"partial": True}])
def test_a_cut_schema_is_refused(cut: dict[str, Any]) -> None:
    class Thing(Schema):
        """A thing."""

        a = schemas.Text()
        b = schemas.Text()

    assert named(Thing) == named(Thing()) == "Thing"
    with pytest.raises(DeclarationError, match="write a schema of its own"):
        named(Thing(**cut))


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("openapi.yaml", "application/yaml"),
        ("openapi.json", "application/json"),
        ("openapi-3.0.json", "application/json"),
    ],
)
def test_each_file_is_served_byte_for_byte(
    anonymous: FlaskClient, document: dict[str, Any], name: str, media_type: str
) -> None:
    answer = anonymous.get(f"/{name}")
    assert answer.content_type == media_type
    assert answer.text == contract_file(document, name)


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_no_query(anonymous: FlaskClient, name: str) -> None:
    assert anonymous.get(f"/{name}?edition=2.0").status_code == 422
