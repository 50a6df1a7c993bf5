"""The contract as openapi-generator gets it: the 3.0 edition, told so that good clients come out.

What the generators make of the plain edition is correct, and brittle. Here it is told so that

- methods are called as the contract names them, ``instances.list``, not ``listInstances``;
- answers are read, not judged: no limits, no closed objects, whatever a newer gateway says;
- a call that may be answered 202 can give the operation where a language knows one type only.
"""

import json
from collections.abc import Iterable
from typing import Final

from gateway.web.contract.tree import Json, answers, objects, operations, schemas_in
from openapi.sdk.generator.unions import Unions
from openapi.sdk.language import ROOT

EDITION: Final = ROOT / "openapi" / "openapi-3.0.json"
_JUDGEMENTS: Final = frozenset(
    {
        *("maxItems", "maxLength", "maxProperties", "maximum", "exclusiveMaximum"),
        *("minItems", "minLength", "minProperties", "minimum", "exclusiveMinimum"),
        *("multipleOf", "uniqueItems"),
    }
)


def source(union: str | None) -> Json:
    """Return the document for a generator.

    Args:
        union: calls with several kinds of success get one schema, which is the ``anyOf`` or the
            ``oneOf`` of them; None for clients that look at the status.
    """
    document: Json = json.loads(EDITION.read_text(encoding="utf-8"))
    document.pop("tags", None)
    for _, _, each in operations(document):
        each["tags"] = [_method(each)[0]]
        require_body(each)
        for parameter in each.get("parameters", ()):
            take_any_word(parameter)
    for each in list(objects(document)):
        open_object(each)
        tell_words(each)
        forget_pattern(each)
        forget_choice(each)
        forget_default(each)
    for each in answers(document):
        read_streams_as_text(each)
    for name in schemas_in(answers(document), document):
        stop_judging(document["components"]["schemas"][name])
    if union:
        Unions(document, union).put()
    return document


def methods(document: Json) -> dict[str, str]:
    """Return the names of the methods in their classes, in camelCase, by operationId."""
    return {each["operationId"]: _method(each)[1] for _, _, each in operations(document)}


def require_body(call: Json) -> None:
    """Ask for the body, which may be empty: without one, some clients send ``null``."""
    if "requestBody" in call:
        call["requestBody"]["required"] = True


def take_any_word(parameter: Json) -> None:
    """Let a parameter be plain text: a type for each would have the same name in many classes."""
    words = parameter.get("schema", {}).pop("enum", ())
    if words:
        parameter["description"] = f"{parameter.get('description', '')} {_one_of(words)}.".strip()


def open_object(schema: Json) -> None:
    """Let objects have further fields: some clients refuse an answer that has one."""
    if schema.get("additionalProperties") is False:
        del schema["additionalProperties"]


def tell_words(schema: Json) -> None:
    """Say the words of an open list in its description: the type is plain text."""
    words = schema.get("x-extensible-enum")
    if words:
        said = f"{schema.get('description', '')} {_one_of(words)}, or a word that is new."
        schema["description"] = said.strip()


def forget_pattern(schema: Json) -> None:
    """Leave regular expressions to the gateway: not every language reads those of JSON Schema."""
    if isinstance(schema.get("pattern"), str):
        del schema["pattern"]


def forget_choice(schema: Json) -> None:
    """Take a value that is of one plain type or another as it comes."""
    choices = schema.get("anyOf", ())
    if choices and all("type" in each for each in choices):
        del schema["anyOf"]


def forget_default(schema: Json) -> None:
    """Leave defaults to the gateway: some clients send them, and an empty list has a meaning."""
    if "default" in schema and isinstance(schema.get("type", ""), str):
        del schema["default"]


def read_streams_as_text(response: Json) -> None:
    """Give a stream of events as the text that it is."""
    content = response.get("content", {})
    if "text/event-stream" in content:
        content["text/event-stream"] = {"schema": {"type": "string"}}


def stop_judging(schema: Json) -> None:
    """Take the limits out of a schema of answers: a client reads what the server says."""
    for each in objects(schema):
        for word in _JUDGEMENTS & each.keys():
            if not isinstance(each[word], dict):
                del each[word]


def _method(call: Json) -> tuple[str, str]:
    noun, verb = call["x-sdk-method"].split(".")
    return noun, verb


def _one_of(words: Iterable[str]) -> str:
    return "One of " + ", ".join(f"`{word}`" for word in words)
