"""Inputs that the contract does not allow, made from the OpenAPI document."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

JSON = Any
KINDS: dict[str, JSON] = {
    "null": None,
    "boolean": True,
    "integer": 5,
    "number": 1.5,
    "string": "text",
    "array": ["text"],
    "object": {"text": "text"},
}
"""A value of each JSON type."""

UNKNOWN = "notInTheContract"
CONTROL = "\u0007"
"""No text of ours may hold it."""

EXACT = 2**53
"""Numbers beyond are malformed, since not every reader keeps them (RFC 7493)."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an input.

    Args:
        pointer: to what is wrong (RFC 6901).
        reason: what is wrong.
        value: the whole input.
    """

    pointer: str
    reason: str
    value: JSON


@dataclass(frozen=True)
class Reader:
    """Reads schemas of a document.

    Args:
        document: OpenAPI 3.1.
    """

    document: dict[str, JSON]

    def schema(self, schema: dict[str, JSON]) -> dict[str, JSON]:
        """Return a schema, itself or what it refers to."""
        while "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            schema = self.document["components"]["schemas"][name]
        return schema

    def parameter(self, parameter: dict[str, JSON]) -> dict[str, JSON]:
        """Return a parameter, itself or what it refers to."""
        if "$ref" not in parameter:
            return parameter
        name = parameter["$ref"].rpartition("/")[2]
        found: dict[str, JSON] = self.document["components"]["parameters"][name]
        return found

    def of_body(self, operation: dict[str, JSON]) -> Iterator[Fault]:
        """Yield faulty bodies of an operation, each with one fault."""
        media = operation["requestBody"]["content"]["application/json"]
        schema = self.schema(media["schema"])
        yield from self._object(schema, media["example"], "")
        for kind in sorted(set(KINDS) - {"object"}):
            yield Fault("", f"is {kind}", KINDS[kind])

    def of_value(self, schema: dict[str, JSON], value: JSON, pointer: str) -> Iterator[Fault]:
        """Yield faulty values in place of a right one."""
        schema = self.schema(schema)
        yield from _wrong_types(schema, pointer)
        yield from _unknown_words(schema, pointer)
        yield from _out_of_limits(schema, pointer)
        if "properties" in schema:
            yield from self._object(schema, value if isinstance(value, dict) else {}, pointer)
        elif "additionalProperties" in schema:
            yield from self._map(schema, pointer)
        elif isinstance(schema.get("items"), dict):
            yield from self._array(schema, value, pointer)

    def _object(self, schema: dict[str, JSON], value: JSON, pointer: str) -> Iterator[Fault]:
        for name in sorted(schema.get("required", ())):
            rest = {key: kept for key, kept in value.items() if key != name}
            yield Fault(f"{pointer}/{name}", "is missing", rest)
        yield Fault(f"{pointer}/{UNKNOWN}", "is unknown", {**value, UNKNOWN: "x"})
        for name, inner in sorted(schema["properties"].items()):
            if inner.get("readOnly"):
                continue
            for fault in self.of_value(inner, value.get(name), f"{pointer}/{name}"):
                whole = {**deepcopy(value), name: fault.value}
                yield Fault(fault.pointer, fault.reason, whole)

    def _map(self, schema: dict[str, JSON], pointer: str) -> Iterator[Fault]:
        for fault in self.of_value(schema["additionalProperties"], None, f"{pointer}/key"):
            yield Fault(fault.pointer, fault.reason, {"key": fault.value})
        if "propertyNames" in schema:
            yield Fault(f"{pointer}/a b", "is no key", {"a b": "x"})

    def _array(self, schema: dict[str, JSON], value: JSON, pointer: str) -> Iterator[Fault]:
        first = value[0] if value else None
        for fault in self.of_value(schema["items"], first, f"{pointer}/0"):
            yield Fault(fault.pointer, fault.reason, [fault.value])


def of_query(schema: dict[str, JSON], name: str) -> Iterator[Fault]:
    """Yield faulty texts of a query parameter; an empty list cannot be written in one."""
    pointer = f"/query/{name}"
    if schema["type"] in {"integer", "boolean"}:
        for text in ("", "text", "1.5", "TRUE", "0x10", "null"):
            yield Fault(pointer, "is of the wrong type", text)
    sendable = {name: bound for name, bound in schema.items() if name != "minItems"}
    faults = [*_unknown_words(schema, pointer), *_out_of_limits(sendable, pointer)]
    yield from (Fault(fault.pointer, fault.reason, str(fault.value)) for fault in faults)


def _types(schema: dict[str, JSON]) -> set[str]:
    """Return the JSON types that a schema allows; all when it names none."""
    allowed = schema.get("type", list(KINDS))
    names = {allowed} if isinstance(allowed, str) else set(allowed)
    return names | ({"integer"} if "number" in names else set())


def _wrong_types(schema: dict[str, JSON], pointer: str) -> Iterator[Fault]:
    for kind in sorted(set(KINDS) - _types(schema)):
        yield Fault(pointer, f"is {kind}", KINDS[kind])


def _unknown_words(schema: dict[str, JSON], pointer: str) -> Iterator[Fault]:
    words = schema.get("enum") or schema.get("x-extensible-enum")
    if words:
        strange = 260 if isinstance(words[0], int) else "strange"
        yield Fault(pointer, "is an unknown word", strange)
        if str(words[0]).swapcase() != str(words[0]):
            yield Fault(pointer, "is a word in another case", words[0].swapcase())


def _out_of_limits(schema: dict[str, JSON], pointer: str) -> Iterator[Fault]:
    if schema.get("minLength", 0) > 0:
        yield Fault(pointer, "is empty", "")
    if "maxLength" in schema:
        yield Fault(pointer, "is too long", "a" * (schema["maxLength"] + 1))
    if "pattern" in schema:
        yield Fault(pointer, "holds a control character", f"a{CONTROL}b")
    if schema.get("format") == "date-time":
        yield Fault(pointer, "is no time", "yesterday")
        yield Fault(pointer, "is a time without a zone", "2026-11-21T08:00:00")
    if "minimum" in schema:
        yield Fault(pointer, "is too small", schema["minimum"] - 1)
    if "maximum" in schema and schema["maximum"] + 1 <= EXACT:
        yield Fault(pointer, "is too large", schema["maximum"] + 1)
    if schema.get("minItems", 0) > 0:
        yield Fault(pointer, "has too few items", [])
    if "maxItems" in schema:
        yield Fault(pointer, "has too many items", ["x"] * (schema["maxItems"] + 1))
    if "maxProperties" in schema:
        many = {f"k{number}": "x" for number in range(schema["maxProperties"] + 1)}
        yield Fault(pointer, "has too many members", many)
