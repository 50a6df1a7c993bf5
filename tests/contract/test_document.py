"""The contract as a file: the one in the repository, valid, complete, and without places."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from gateway.web.contract.files import FILES, contract_file
from gateway.web.operation import OPERATIONS
from tests.answers import JSON, METHODS
from tests.contract.golden import golden, what_to_do
from tests.contract.rules.walk import objects
from tests.world import World

NUMBERED = re.compile(r".*[0-9]$")
RESERVED = re.compile(r"(?:[a-z0-9-]+\.)*example\.(?:com|net|org)")
"""Names that belong to nobody (RFC 2606)."""

URL = re.compile(r"://([A-Za-z0-9.-]+)")
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|de|local|internal)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def document(shared_world: World) -> JSON:
    found: JSON = shared_world.operator.get("/openapi.json").get_json()
    return found


def operations(document: JSON) -> Iterator[JSON]:
    for item in document["paths"].values():
        yield from (item[method] for method in METHODS if method in item)


def examples(content: JSON) -> Iterator[Any]:
    for media in content.values():
        yield from ([media["example"]] if "example" in media else [])
        yield from (each["value"] for each in media.get("examples", {}).values())


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_what_the_code_makes(document: JSON, name: str) -> None:
    if golden(name) != contract_file(document, name):
        pytest.fail(what_to_do(golden("openapi.json"), contract_file(document, "openapi.json")))


def test_the_contract_is_openapi_3_1(document: JSON) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


OAUTH = {"createToken", "revokeToken", "introspectToken"}
"""Clients sign in there, and errors are those of RFC 6749."""


def test_every_operation_says_what_it_is_and_what_it_needs(document: JSON) -> None:
    for operation in operations(document):
        name = operation["operationId"]
        assert operation.get("summary") or operation.get("description"), name
        assert operation["tags"], name
        assert ("x-permission" in operation) is (OPERATIONS[name].permission is not None), name
        assert (operation.get("security") == []) is (
            OPERATIONS[name].public and name not in OAUTH
        ), name


def test_every_operation_is_in_the_contract(document: JSON) -> None:
    assert {operation["operationId"] for operation in operations(document)} == set(OPERATIONS)


def test_every_operation_documents_its_errors_with_examples(document: JSON) -> None:
    for operation in operations(document):
        name, public = operation["operationId"], OPERATIONS[operation["operationId"]].public
        needed = {"400", "422"} if public else {"400", "401", "422", "503"}
        needed |= {"404"} if "{" in json.dumps(_path_of(document, name)) else set()
        assert needed <= set(operation["responses"]), name
        for status, answer in operation["responses"].items():
            if status >= "400" and name not in OAUTH:
                shown = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                assert list(examples(shown["content"])), (name, status)


def _path_of(document: JSON, name: str) -> str:
    for path, item in document["paths"].items():
        if any(item[method]["operationId"] == name for method in METHODS if method in item):
            return str(path)
    raise LookupError(name)


def test_every_example_is_what_its_schema_says(shared_world: World, document: JSON) -> None:
    shown = [
        (media["schema"], example)
        for each in objects(document)
        for media in each.get("content", {}).values()
        if "schema" in media
        for example in examples({"": media})
    ]

    assert len(shown) > 300
    for schema, example in shown:
        shared_world.served.contract.check_body(schema, example)


@pytest.mark.parametrize(
    ("path", "status", "member"),
    [
        ("/clients", "201", "clientSecret"),
        ("/clients/{client}/rotate-secret", "200", "clientSecret"),
        ("/webhooks", "201", "secret"),
        ("/webhooks/{webhook}/rotate-secret", "200", "secret"),
    ],
)
def test_the_example_of_a_first_answer_shows_the_secret(
    document: JSON, path: str, status: str, member: str
) -> None:
    answer = document["paths"][path]["post"]["responses"][status]
    (shown,) = examples(answer["content"])

    assert "bWFkZSB1cC" in shown[member] or "made-up" in shown[member]
    assert shown.get("status", "active") == "active"
    assert not shown.get("disableReason")
    assert not shown.get("disableTime")
    assert len(shown["secrets"]) == (2 if path.endswith("rotate-secret") else 1)


def test_the_example_of_a_webhooks_rotation_says_when_the_old_secret_ends(document: JSON) -> None:
    answer = document["paths"]["/webhooks/{webhook}/rotate-secret"]["post"]["responses"]["200"]
    (shown,) = examples(answer["content"])

    newest, oldest = shown["secrets"]
    assert newest["expireTime"] is None
    assert oldest["createTime"] < newest["createTime"] < oldest["expireTime"]


def test_the_example_of_a_profile_has_no_password(document: JSON) -> None:
    """Its details are answered without passwords."""
    answer = document["paths"]["/instances/{instance}/profiles/{profile}"]["get"]["responses"]
    (shown,) = examples(answer["200"]["content"])

    assert shown["details"]
    assert "password" not in json.dumps(shown)


def test_no_schema_has_an_invented_name(document: JSON) -> None:
    assert [name for name in document["components"]["schemas"] if NUMBERED.fullmatch(name)] == []


def test_no_place_is_named(document: JSON) -> None:
    text = json.dumps(document)
    assert [url for url in URL.findall(text) if not RESERVED.fullmatch(url)] == []
    assert [host for host in HOST.findall(text) if not RESERVED.fullmatch(host)] == []
