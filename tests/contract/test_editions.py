"""The contract in OpenAPI 3.0 is valid, and says what the contract says."""

import json
import re

import pytest
from jsonschema import ValidationError
from openapi_schema_validator import OAS30WriteValidator
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from gateway.errors import DeclarationError
from gateway.web.contract.editions import Edition, in_edition
from tests.answers import JSON
from tests.contract.golden import golden
from tests.contract.rules.walk import objects, operations

NEWER = ("const", "contentMediaType", "examples", "propertyNames")


@pytest.fixture(scope="module")
def newer() -> JSON:
    found: JSON = json.loads(golden("openapi.json"))
    return found


@pytest.fixture(scope="module")
def older(newer: JSON) -> JSON:
    return in_edition(newer, Edition.OPENAPI_3_0)


def downgraded(schema: JSON) -> JSON:
    """Return a schema as 3.0 has it."""
    document = {
        "openapi": "3.1.1",
        "info": {"license": {"name": "MIT", "identifier": "MIT"}},
        "paths": {},
        "components": {"schemas": {"Thing": schema}},
    }
    made = in_edition(document, Edition.OPENAPI_3_0)
    assert made["info"]["license"] == {"name": "MIT"}
    found: JSON = made["components"]["schemas"]["Thing"]
    return found


def test_the_edition_is_openapi_3_0(older: JSON) -> None:
    assert older["openapi"] == "3.0.3"
    validate(older, cls=OpenAPIV30SpecValidator)


def test_the_other_edition_is_the_document_itself(newer: JSON) -> None:
    before = json.dumps(newer)
    in_edition(newer, Edition.OPENAPI_3_0)

    assert in_edition(newer, Edition.OPENAPI_3_1) is newer
    assert json.dumps(newer) == before


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string"]}, {"type": "string"}),
        ({"type": "null"}, {"enum": [None], "nullable": True}),
        (
            {"type": ["array", "object"]},
            {"anyOf": [{"type": "array", "items": {}}, {"type": "object"}]},
        ),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"examples": ["a", "b"]}, {"example": "a"}),
        ({"exclusiveMinimum": 0}, {"exclusiveMinimum": True, "minimum": 0}),
        ({"exclusiveMaximum": 9}, {"exclusiveMaximum": True, "maximum": 9}),
        ({"propertyNames": {"pattern": "a"}, "type": "object"}, {"type": "object"}),
        ({"$ref": "#/x"}, {"$ref": "#/x"}),
        (
            {"$ref": "#/x", "description": "X."},
            {"allOf": [{"$ref": "#/x"}], "description": "X."},
        ),
        (
            {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
            {"allOf": [{"$ref": "#/x"}], "nullable": True},
        ),
        (
            {"oneOf": [{"$ref": "#/x"}, {"$ref": "#/y"}]},
            {"oneOf": [{"$ref": "#/x"}, {"$ref": "#/y"}]},
        ),
        (
            {"properties": {"const": {"type": ["integer", "null"]}}},
            {"properties": {"const": {"type": "integer", "nullable": True}}},
        ),
        (
            {"items": {"type": ["string", "null"]}, "additionalProperties": False},
            {"items": {"type": "string", "nullable": True}, "additionalProperties": False},
        ),
        (
            {"additionalProperties": {"type": ["string", "null"]}},
            {"additionalProperties": {"type": "string", "nullable": True}},
        ),
        ({"default": {"const": 1}}, {"default": {"const": 1}}),
        (
            {"type": ["string", "null"], "x-extensible-enum": ["a"]},
            {"nullable": True, "type": "string", "x-extensible-enum": ["a"]},
        ),
    ],
    ids=str,
)
def test_each_keyword_has_its_older_word(schema: JSON, expected: JSON) -> None:
    assert downgraded(schema) == expected


@pytest.mark.parametrize("keyword", ["if", "prefixItems", "patternProperties", "$defs"])
def test_what_the_older_edition_cannot_say_is_refused(keyword: str) -> None:
    said = keyword.replace("$", r"\$")
    with pytest.raises(DeclarationError, match=f"has no {said}"):
        downgraded({"type": "object", keyword: {}})


def test_nothing_newer_is_left(older: JSON) -> None:
    schemas = older["components"]["schemas"]
    keywords = {key for each in objects(list(schemas.values())) for key in each}
    members = {key for each in schemas.values() for key in each.get("properties", {})}

    assert set(NEWER) & (keywords - members) == set()
    assert not re.search(r'"type": (?:\[|"null")', json.dumps(older))


def test_both_editions_have_the_same_operations(newer: JSON, older: JSON) -> None:
    said = [
        [(each.path, each.method, each.name) for each in operations(one)] for one in (newer, older)
    ]

    assert said[0] == said[1] != []
    assert older["x-webhooks"].keys() == newer["webhooks"].keys()
    for name, schema in newer["components"]["schemas"].items():
        other = older["components"]["schemas"][name]
        assert schema.get("properties", {}).keys() == other.get("properties", {}).keys()
        assert schema.get("required") == other.get("required")


def test_every_example_fits_both_editions(older: JSON) -> None:
    """The older edition takes no narrower values: what fits the newer one fits it, too."""
    for schema, example in shown(older):
        whole = {**schema, "components": older["components"]}
        faults = list(OAS30WriteValidator(whole).iter_errors(example))
        assert [fault.message for fault in faults if not _is_null(fault)] == [], example


def _is_null(fault: ValidationError) -> bool:
    """A nullable reference: ``allOf`` beside ``nullable``, as every generator reads it."""
    return fault.instance is None


def shown(document: JSON) -> list[tuple[JSON, object]]:
    """Return each example of a body or an answer in JSON with its schema."""
    return [
        (each["schema"], each["example"])
        for each in objects(document["paths"])
        if "schema" in each and "example" in each and "in" not in each
    ]
