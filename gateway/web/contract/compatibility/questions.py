"""What an operation takes: its parameters and its body."""

from collections.abc import Iterator

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place
from gateway.web.contract.compatibility.requests import REQUEST_RULES
from gateway.web.contract.compatibility.schemas import Pair, content_changes, schema_changes
from gateway.web.contract.tree import Json, resolved


def parameter_changes(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    """Yield what breaks between the parameters of two operations."""
    was, becomes = _parameters(old, pair.old), _parameters(new, pair.new)
    for key in sorted(was):
        inner = place.at("parameters", key[1]).called(f"The parameter {key[1]} of {place.name}")
        if key not in becomes:
            yield Change(inner.pointer, Kind.PARAMETER_REMOVED, f"{inner.name} is gone.")
        else:
            yield from _parameter(pair, inner, was[key], becomes[key])
    for key in sorted(becomes.keys() - was.keys()):
        if becomes[key].get("required"):
            detail = f"{place.name} needs a new parameter, {key[1]}."
            yield Change(place.at("parameters").pointer, Kind.PARAMETER_REQUIRED, detail)


def _parameter(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    if new.get("required") and not old.get("required"):
        yield Change(place.pointer, Kind.PARAMETER_REQUIRED, f"{place.name} must be sent now.")
    if any(old.get(keyword) != new.get(keyword) for keyword in ("style", "explode")):
        yield Change(place.pointer, Kind.PARAMETER_SPELT, f"{place.name} is spelt otherwise.")
    inner = place.at("schema")
    yield from schema_changes(pair, REQUEST_RULES, inner, old.get("schema"), new.get("schema"))


def _parameters(operation: Json, document: Json) -> dict[tuple[str, str], Json]:
    """Return the parameters by place and name; a header has its name in any case."""
    found = [resolved(each, document) for each in operation.get("parameters", ())]
    return {(each["in"], _named(each)): each for each in found}


def _named(parameter: Json) -> str:
    name = str(parameter["name"])
    return name.lower() if parameter["in"] == "header" else name


def body_changes(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    """Yield what breaks between the request bodies of two operations."""
    was = resolved(old.get("requestBody", {}), pair.old)
    becomes = resolved(new.get("requestBody", {}), pair.new)
    inner = place.at("requestBody").called(f"The body of {place.name}")
    if was and not becomes:
        yield Change(inner.pointer, Kind.BODY_REMOVED, f"{inner.name} is not taken any more.")
        return
    if becomes.get("required") and not was.get("required"):
        yield Change(inner.pointer, Kind.BODY_REQUIRED, f"{inner.name} must be sent now.")
    yield from content_changes(pair, REQUEST_RULES, inner, was, becomes)
