"""Two descriptions of one operation: its names, its right, and what a repeated call is worth."""

from collections.abc import Iterator
from typing import Any, Final

from gateway.web.contract.compatibility.answers import answer_changes
from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.place import Place
from gateway.web.contract.compatibility.questions import body_changes, parameter_changes
from gateway.web.contract.compatibility.schemas import Pair
from gateway.web.contract.tree import Json

ANYONE: Final = "any"
"""The permission of whoever has a token."""

_NAMES: Final = (
    ("operationId", Kind.OPERATION_RENAMED),
    ("x-sdk-method", Kind.SDK_METHOD_RENAMED),
)


def operation_changes(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    """Yield what breaks between two Operation Objects.

    Args:
        pair: where references lead.
        place: of the released operation; its name is method and path.
        old: the released one, with the parameters of its path.
        new: the one of now, likewise.
    """
    yield from _names(place, old, new)
    yield from _permission(place, old, new)
    yield from _security(pair, place, old, new)
    yield from _idempotency(place, old, new)
    yield from parameter_changes(pair, place, old, new)
    yield from body_changes(pair, place, old, new)
    yield from answer_changes(pair, place, old, new)


def _names(place: Place, old: Json, new: Json) -> Iterator[Change]:
    for key, kind in _NAMES:
        if key in old and old[key] != new.get(key):
            detail = f"{place.name} was called {old[key]}, and is called {new.get(key)} now."
            yield Change(place.at(key).pointer, kind, detail)


def _permission(place: Place, old: Json, new: Json) -> Iterator[Change]:
    was, becomes = old.get("x-permission"), new.get("x-permission")
    if was is not None and becomes not in {was, ANYONE, None}:
        detail = f"{place.name} needed {was}, and needs {becomes} now."
        yield Change(place.at("x-permission").pointer, Kind.PERMISSION_CHANGED, detail)


def _security(pair: Pair, place: Place, old: Json, new: Json) -> Iterator[Change]:
    """An alternative of the release is good still if one of now asks for no more than it."""
    for was in _alternatives(old, pair.old):
        if not any(_asks_no_more(becomes, was) for becomes in _alternatives(new, pair.new)):
            means = " and ".join(was) or "no token"
            detail = f"{place.name} was to be had with {means}, and is not any more."
            yield Change(place.at("security").pointer, Kind.SECURITY_RAISED, detail)


def _alternatives(operation: Json, document: Json) -> list[dict[str, Any]]:
    """Return what may be proved: each scheme by its name, with what it is and its scopes."""
    schemes = document.get("components", {}).get("securitySchemes", {})
    asked = operation.get("security", document.get("security", [])) or [{}]
    return [
        {name: (_kind_of(schemes.get(name, {})), *scopes) for name, scopes in each.items()}
        for each in asked
    ]


def _kind_of(scheme: Json) -> tuple[str, ...]:
    return tuple(f"{key}={scheme[key]}" for key in sorted(scheme) if key != "description")


def _asks_no_more(becomes: dict[str, Any], was: dict[str, Any]) -> bool:
    return all(name in was and set(becomes[name]) <= set(was[name]) for name in becomes)


def _idempotency(place: Place, old: Json, new: Json) -> Iterator[Change]:
    was, becomes = old.get("x-idempotency"), new.get("x-idempotency", {})
    if was is None:
        return
    is_kept = becomes.get("keptHours", 0) >= was["keptHours"]
    if becomes.get("class") != was["class"] or not is_kept:
        now = f"{becomes['class']} for {becomes['keptHours']} hours" if becomes else "takes no key"
        detail = (
            f"{place.name} took a key as {was['class']} for {was['keptHours']} hours: {now} now."
        )
        yield Change(place.at("x-idempotency").pointer, Kind.IDEMPOTENCY_LOWERED, detail)
