"""What an operation answers: its statuses, their headers and their bodies."""

from collections.abc import Iterator
from typing import Final

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place, component
from gateway.web.contract.compatibility.responses import RESPONSE_RULES
from gateway.web.contract.compatibility.schemas import Pair, content_changes, schema_changes
from gateway.web.contract.tree import Json, resolved

_DRY_RUN: Final = "validateOnly"
"""Whoever sends this parameter asks for the 204 that comes with it."""


def answer_changes(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    """Yield what breaks between the answers of two operations."""
    was, becomes = old.get("responses", {}), new.get("responses", {})
    for status in sorted(was.keys() - becomes.keys()):
        detail = f"{place.name} does not answer {status} any more."
        yield Change(place.at("responses", status).pointer, Kind.STATUS_REMOVED, detail)
    for status in sorted(becomes.keys() - was.keys()):
        if status < "400" and not _is_asked_for(status, old, new):
            detail = f"{place.name} may answer {status} now."
            yield Change(place.at("responses").pointer, Kind.STATUS_ADDED, detail)
    for status in sorted(was.keys() & becomes.keys()):
        inner = place.at("responses", status).called(f"The {status} of {place.name}")
        yield from _answer(pair, inner, was[status], becomes[status])


def _is_asked_for(status: str, old: Json, new: Json) -> bool:
    """Return whether an answer comes to those only who send a new parameter."""
    before, after = ([each.get("name") for each in one["parameters"]] for one in (old, new))
    return status == "204" and _DRY_RUN in after and _DRY_RUN not in before


def _answer(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    shared, other = (str(each.get("$ref", "")).rpartition("/")[2] for each in (old, new))
    if shared:
        if not pair.first_time("answer", shared, other or place.pointer):
            return
        place = component("responses", shared).called(f"The answer {shared}")
    was, becomes = resolved(old, pair.old), resolved(new, pair.new)
    yield from _headers(pair, place, was.get("headers", {}), becomes.get("headers", {}))
    yield from content_changes(pair, RESPONSE_RULES, place, was, becomes)


def _headers(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    for name in old:
        inner = place.at("headers", name).called(f"The header {name} of {place.name}")
        if name not in new:
            yield Change(inner.pointer, Kind.HEADER_REMOVED, f"{inner.name} is gone.")
            continue
        was, becomes = resolved(old[name], pair.old), resolved(new[name], pair.new)
        if not pair.first_time("header", str(old[name]), str(new[name])):
            continue
        schemas = was.get("schema"), becomes.get("schema")
        yield from schema_changes(pair, RESPONSE_RULES, inner.at("schema"), *schemas)
