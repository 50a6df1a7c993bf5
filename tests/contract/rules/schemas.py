"""Rules for schemas: how members are called, and what they say of themselves."""

import re
from collections.abc import Iterator
from typing import Final

from tests.answers import JSON
from tests.contract.rules.walk import (
    answered_schemas,
    objects,
    operations,
    properties,
    resolved,
)

CAMEL_CASE: Final = re.compile(r"[a-z][a-zA-Z0-9]*")


def has_a_name(document: JSON) -> Iterator[str]:
    """An object with members stands among the components, so that generators need not name it."""
    for operation in operations(document):
        for media_type, schema in _bodies(operation.said):
            if "properties" in schema and media_type not in UNNAMED:
                yield f"{operation.name}: make a named schema of its body, {media_type}."
    for name, member, said in properties(document):
        if any("properties" in each for each in objects(said)):
            yield f"{name}.{member}: make a named schema of what it holds."


UNNAMED: Final = frozenset({"application/x-www-form-urlencoded", "text/event-stream"})
"""Of a form generators make arguments, and of a stream nothing."""


def _bodies(node: object) -> Iterator[tuple[str, JSON]]:
    for each in objects(node):
        for media_type, media in each.get("content", {}).items():
            yield media_type, media.get("schema", {})


def is_described(document: JSON) -> Iterator[str]:
    """A schema and each of its members has a description."""
    for name, schema in document["components"]["schemas"].items():
        if not schema.get("description"):
            yield f"{name}: describe it in its docstring."
    for name, member, said in properties(document):
        if not said.get("description"):
            yield f"{name}.{member}: describe it, the field's first argument."


def is_in_camel_case(document: JSON) -> Iterator[str]:
    """A member is written in camelCase, unless a standard has its name."""
    for name, member, _ in properties(document):
        if name not in FOREIGN and not CAMEL_CASE.fullmatch(member):
            yield f"{name}.{member}: write it in camelCase."


FOREIGN: Final = frozenset({"Metadata", "TokenAnswer", "TokenDescription", "OAuthError"})
"""Their names are those of RFC 6749, 7662, 8414 and 8693."""


def is_a_moment(document: JSON) -> Iterator[str]:
    """Whatever is called a time is a date-time (RFC 3339), and a day is a date."""
    for name, member, said in properties(document):
        is_time = re.search(r"(?:[a-z]Time|^time)$", member) and "string" in said.get("type", ())
        if is_time and said.get("format") != "date-time" and (name, member) != DAILY:
            yield f"{name}.{member}: a time is a date-time."


DAILY: Final = ("JobSchedule", "time")
"""A time of each day, without a day."""


def may_grow(document: JSON) -> Iterator[str]:
    """Words that are answered may become more: x-extensible-enum says so to generators."""
    for name, schema in answered_schemas(document):
        for each in objects(schema):
            if isinstance(each.get("enum"), list):
                yield f"{name}: answer words of x-extensible-enum, not {each['enum']}."


def has_a_spelling(document: JSON) -> Iterator[str]:
    """An id in a path has a pattern; a number in it has limits; each has an example."""
    for each in operations(document):
        for parameter in each.parameters(document):
            if parameter["in"] == "path":
                schema = parameter["schema"]
                if not {"pattern", "maximum", "maxLength", "enum"} & set(schema):
                    yield f"{each.name}: say how {parameter['name']} is spelt."
                if "example" not in parameter:
                    yield f"{each.name}: show an example of {parameter['name']}."


def has_an_end(document: JSON) -> Iterator[str]:
    """Text, lists and numbers that are sent have a limit."""
    for name in _sent(document):
        for member, said in document["components"]["schemas"][name].get("properties", {}).items():
            if (name, member) not in PASSED_ON:
                yield from _endless(f"{name}.{member}", said)


PASSED_ON: Final = frozenset({("RetentionPolicies", "policies")})
"""SPE documents no shape for it; the size of the body is its limit."""


def _endless(name: str, said: JSON) -> Iterator[str]:
    for each in objects(said):
        types = each.get("type", ())
        if "string" in types and not {"maxLength", "enum", "format", "pattern"} & set(each):
            yield f"{name}: say how long it may be."
        if "array" in types and "maxItems" not in each:
            yield f"{name}: say how many there may be."


def _sent(document: JSON) -> list[str]:
    names = []
    for each in operations(document):
        body = resolved(each.said.get("requestBody", {}), document)
        for media in body.get("content", {}).values():
            names += [
                str(one["$ref"]).rpartition("/")[2] for one in objects(media) if "$ref" in one
            ]
    return sorted(set(names))


def is_closed(document: JSON) -> Iterator[str]:
    """An object says whether it has other members than its own."""
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema and schema.get("additionalProperties") is not False:
            yield f"{name}: close it."
