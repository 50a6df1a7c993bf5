"""What a client sends: whatever was taken is taken still."""

from collections.abc import Iterator
from typing import Final

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place
from gateway.web.contract.compatibility.schemas import Rule
from gateway.web.contract.shapes import Shape

_LEAST: Final = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_MOST: Final = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_FORMS: Final = ("pattern", "format", "propertyNames", "uniqueItems", "multipleOf")


def _types(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    wider = {"integer"} if "number" in new.types else set()
    gone = old.types - new.types - wider
    if new.types and (gone or not old.types):
        lost = " or ".join(sorted(gone)) or "anything"
        detail = f"{place.name} was {lost}, and must be {' or '.join(sorted(new.types))} now."
        yield Change(place.at("type").pointer, Kind.REQUEST_TYPE_NARROWED, detail)
    if len(new.choices) < len(old.choices) or (new.choices and not old.choices):
        detail = f"{place.name} takes fewer choices."
        yield Change(place.pointer, Kind.REQUEST_TYPE_NARROWED, detail)


def _words(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    if new.words is None:
        return
    if old.words is None:
        detail = f"{place.name} took any value, and takes {', '.join(sorted(new.words))} now."
        yield Change(place.pointer, Kind.REQUEST_WORD_REMOVED, detail)
        return
    for word in sorted(old.words - new.words):
        detail = f"{place.name} does not take {word} any more."
        yield Change(place.at("enum").pointer, Kind.REQUEST_WORD_REMOVED, detail)


def _members(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    for name in sorted(old.members):
        if _is_taken(old, name) and not _is_taken(new, name):
            inner = place.member(name)
            detail = f"{inner.name} cannot be sent any more."
            yield Change(inner.pointer, Kind.REQUEST_MEMBER_REMOVED, detail)
    for name in sorted(new.required - old.required):
        detail = f"{place.name}.{name} must be sent now."
        yield Change(place.at("required").pointer, Kind.REQUEST_MEMBER_REQUIRED, detail)
    if new.is_closed and not old.is_closed and old.says.get("type") == "object":
        detail = f"{place.name} takes no other members any more."
        yield Change(place.pointer, Kind.REQUEST_MEMBER_REMOVED, detail)


def _is_taken(shape: Shape, name: str) -> bool:
    if name in shape.members:
        return shape.members[name].get("readOnly") is not True
    return not shape.is_closed


def _limits(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    for keyword in (*_LEAST, *_MOST):
        if keyword not in new.says:
            continue
        was, becomes = old.says.get(keyword), new.says[keyword]
        if was is None or (becomes > was if keyword in _LEAST else becomes < was):
            detail = f"{place.name} has {keyword} {becomes} now, and had {_or_none(was)}."
            yield Change(place.at(keyword).pointer, Kind.REQUEST_LIMIT_NARROWED, detail)


def _forms(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    for keyword in _FORMS:
        if keyword in new.says and new.says[keyword] != old.says.get(keyword):
            was = _or_none(old.says.get(keyword))
            detail = f"{place.name} has {keyword} {new.says[keyword]} now, and had {was}."
            yield Change(place.at(keyword).pointer, Kind.REQUEST_FORM_CHANGED, detail)


def _default(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    if "default" in old.says and old.says["default"] != new.says.get("default"):
        was, becomes = old.says["default"], _or_none(new.says.get("default"))
        detail = f"{place.name} was {was} by default, and is {becomes} now."
        yield Change(place.at("default").pointer, Kind.REQUEST_DEFAULT_CHANGED, detail)


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)


REQUEST_RULES: Final[tuple[Rule, ...]] = (_types, _words, _members, _limits, _forms, _default)
"""What is sent may become wider, never narrower."""
