"""The rows of nouns say what the contract says: paths, members, choices, what lasts."""

import json
from functools import cache
from typing import Any

import pytest

from gateway.cli.nouns.rows import Change, Field, Form, Listing, Page, Row
from tests.architecture.tree import ROOT
from tests.cli.commands import rows

SINGLE = {"reseller", "deployment", "client", "instance", "store", "user", "statement", "webhook"}


@cache
def contract() -> dict[str, Any]:
    """Return the golden document."""
    found: dict[str, Any] = json.loads((ROOT / "openapi/openapi.json").read_text())
    return found


def resolved(thing: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in thing:
        found: Any = contract()
        for name in thing["$ref"].split("/")[1:]:
            found = found[name]
        thing = found
    return thing


def operation(row: Row) -> dict[str, Any]:
    """Return what the contract says of the call of a row."""
    method = row.method if isinstance(row, Change) else "GET"
    found: dict[str, Any] = contract()["paths"][row.path][method.lower()]
    return found


def parameters(row: Row) -> dict[str, dict[str, Any]]:
    shared = contract()["paths"][row.path].get("parameters", [])
    known = [resolved(each) for each in [*shared, *operation(row).get("parameters", [])]]
    return {each["name"]: resolved(each["schema"]) for each in known if each["in"] == "query"}


def body(row: Row) -> dict[str, Any]:
    content = resolved(operation(row)["requestBody"])["content"]
    return resolved(content["application/json"]["schema"])


def member(row: Row, field: Field) -> dict[str, Any]:
    """Return the schema of a field; a KeyError says that there is none."""
    if field.in_query:
        return parameters(row)[field.member]
    schema = body(row)
    for name in field.member.split("."):
        schema = resolved(resolved(schema)["properties"][name])
    return schema


def types(schema: dict[str, Any]) -> set[str]:
    told = schema.get("type", "object")
    return {told} if isinstance(told, str) else set(told)


def words(schema: dict[str, Any]) -> list[str]:
    inner = resolved(schema.get("items", schema))
    return [each for each in inner.get("enum", inner.get("x-extensible-enum", ())) if each]


TYPES = {
    Form.TEXT: "string",
    Form.NUMBER: "integer",
    Form.SWITCH: "boolean",
    Form.FLAG: "boolean",
    Form.LIST: "array",
    Form.LABELS: "object",
    Form.SECRET: "string",
    Form.NEW_SECRET: "string",
}
FIELDS = [(name, row, field) for name, row in rows().items() for field in row.fields]
IDS = [f"{name} --{field.name}" for name, _, field in FIELDS]


@pytest.mark.parametrize("name", rows())
def test_the_contract_has_the_call_of_a_row(name: str) -> None:
    assert operation(rows()[name])["operationId"]


@pytest.mark.parametrize(("name", "row", "field"), FIELDS, ids=IDS)
def test_a_field_is_one_of_the_contract(name: str, row: Row, field: Field) -> None:
    schema = member(row, field)
    if not (field.in_query and field.form is Form.LABELS):
        assert TYPES[field.form] in types(schema), name
    assert ("null" in types(schema)) or not field.nullable
    if field.choices:
        assert list(field.choices) == words(schema)


@pytest.mark.parametrize("name", rows())
def test_what_a_call_needs_is_required(name: str) -> None:
    row = rows()[name]
    needed = set(body(row).get("required", ())) if "requestBody" in operation(row) else set()
    assert needed <= {field.member for field in row.fields if field.required}


@pytest.mark.parametrize("name", [name for name, row in rows().items() if isinstance(row, Change)])
def test_what_lasts_is_followed_and_what_can_be_rehearsed_is(name: str) -> None:
    row = rows()[name]
    assert isinstance(row, Change)
    assert row.lasting == ("202" in operation(row)["responses"])
    assert row.rehearsed == ("validateOnly" in parameters(row))


def test_every_verb_of_the_nouns_is_a_command() -> None:
    """A new operation on one of these nouns belongs on the command line, or in this list."""
    nouns = {"resellers", "clients", "instances", "stores", "users", "quotas", "auditLog"}
    left_out = {
        "instances.act": "one command for one and for many",
        "quotas.get": "gateway/cli/quotas.py",
        "quotas.set": "gateway/cli/quotas.py",
        "stores.getAutoCreation": "seldom set by hand",
        "stores.setAutoCreation": "seldom set by hand",
        "stores.transfer": "seldom set by hand",
        "users.clearFolderPrivileges": "seldom set by hand",
        "users.listFolderPrivileges": "seldom set by hand",
        "users.setFolderPrivileges": "seldom set by hand",
        "users.setPrivilegesOnFolder": "seldom set by hand",
    }
    methods = {
        each["x-sdk-method"]
        for path in contract()["paths"].values()
        for name, each in path.items()
        if name != "parameters"
    }
    ours = {each for each in methods if each.partition(".")[0] in nouns}
    done = {operation(row)["x-sdk-method"] for row in rows().values()}
    assert ours - done == set(left_out)


def test_a_row_is_a_listing_a_page_or_a_change() -> None:
    assert {type(row) for row in rows().values()} == {Listing, Page, Change}
    assert {kind.noun for row in rows().values() for kind in row.kinds} == SINGLE
