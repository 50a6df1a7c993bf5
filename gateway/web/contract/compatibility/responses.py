"""What a client is answered: whatever it relied on is there still, and as it was."""

from collections.abc import Iterator
from typing import Final

from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place
from gateway.web.contract.compatibility.schemas import Rule
from gateway.web.contract.shapes import Shape


def _types(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    wider = {"integer"} if "number" in old.types else set()
    added = new.types - old.types - wider
    if old.types and (added or not new.types):
        found = " or ".join(sorted(added)) or "anything"
        detail = f"{place.name} was {' or '.join(sorted(old.types))}, and may be {found} now."
        yield Change(place.at("type").pointer, Kind.RESPONSE_TYPE_CHANGED, detail)
    if len(new.choices) > len(old.choices) or (old.choices and not new.choices):
        detail = f"{place.name} has other choices."
        yield Change(place.pointer, Kind.RESPONSE_TYPE_CHANGED, detail)


def _words(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    if old.words is None:
        return
    if new.words is None:
        detail = f"{place.name} was one of {', '.join(sorted(old.words))}; there may be others now."
        yield Change(place.at("enum").pointer, Kind.RESPONSE_WORD_ADDED, detail)
        return
    for word in sorted(new.words - old.words):
        detail = f"{place.name} may be {word} now."
        yield Change(place.at("enum").pointer, Kind.RESPONSE_WORD_ADDED, detail)


def _members(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    for name in sorted(old.members):
        inner = place.member(name)
        if name not in new.members:
            detail = f"{inner.name} is not answered any more."
            yield Change(inner.pointer, Kind.RESPONSE_MEMBER_REMOVED, detail)
        elif name in old.required and name not in new.required:
            detail = f"{inner.name} was always answered, and may be left out now."
            yield Change(inner.pointer, Kind.RESPONSE_MEMBER_OPTIONAL, detail)


def _form(place: Place, old: Shape, new: Shape) -> Iterator[Change]:
    was, becomes = old.says.get("format"), new.says.get("format")
    if was is not None and was != becomes:
        detail = f"{place.name} had the format {was}, and has {becomes or 'none'} now."
        yield Change(place.at("format").pointer, Kind.RESPONSE_FORM_CHANGED, detail)


RESPONSE_RULES: Final[tuple[Rule, ...]] = (_types, _words, _members, _form)
"""What is answered may get new members, and new words where the list says that it may grow."""
