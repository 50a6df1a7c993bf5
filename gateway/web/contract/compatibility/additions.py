"""What a document of the contract has that a released one had not."""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.web.contract.tree import Json, operations, resolved

_WORDS: Final = "x-extensible-enum"
_EVENTS: Final = "x-event-types"


def additions(released: Json, current: Json) -> list[str]:
    """Return each thing that was added, as a sentence: operations first, then what is in them.

    Operations, parameters, members and words of schemas that both documents have, types of events.
    Anything else that is additive (wider limits, examples, descriptions) is not told.

    Args:
        released: the contract that clients were made from, in OpenAPI 3.1.
        current: the contract of now, likewise.
    """
    was, becomes = _operations(released), _operations(current)
    return [
        *(f"{name} is new." for name in becomes if name not in was),
        *(f"{each} is new." for each in _parameters(released, current)),
        *(f"{each} is new." for each in _in_schemas(released, current)),
        *(f"The event {name} is new." for name in _new(_events(released), _events(current))),
    ]


def _operations(document: Json) -> dict[str, Json]:
    return {f"{method.upper()} {path}": each for path, method, each in operations(document)}


def _parameters(released: Json, current: Json) -> Iterator[str]:
    was, becomes = _operations(released), _operations(current)
    for name in becomes:
        if name in was:
            before, after = _named(was[name], released), _named(becomes[name], current)
            yield from (f"The parameter {each} of {name}" for each in _new(before, after))


def _named(operation: Json, document: Json) -> list[str]:
    """Return the names of the parameters that are no part of the path."""
    told = [resolved(each, document) for each in operation.get("parameters", ())]
    return [str(each["name"]) for each in told if each["in"] != "path"]


def _in_schemas(released: Json, current: Json) -> Iterator[str]:
    was, becomes = _schemas(released), _schemas(current)
    for name in becomes:
        if name in was:
            before, after = (each[name].get("properties", {}) for each in (was, becomes))
            yield from (f"{name}.{member}" for member in _new(before, after))
            for member in sorted(before.keys() & after.keys()):
                words = _new(_words(before[member]), _words(after[member]))
                yield from (f"The word {word} of {name}.{member}" for word in words)


def _schemas(document: Json) -> Json:
    return dict(document.get("components", {}).get("schemas", {}))


def _words(schema: Json) -> list[str]:
    inner = schema.get("items", schema)
    listed = inner.get(_WORDS) or inner.get("enum") or ()
    return [str(each) for each in listed if each is not None]


def _events(document: Json) -> Json:
    webhook = document.get("webhooks", {}).get("event", {}).get("post", {})
    return dict(webhook.get(_EVENTS, {}))


def _new(before: Iterable[str], after: Iterable[str]) -> list[str]:
    known = set(before)
    return [each for each in after if each not in known]
