"""What the members of requests look like, as the contract's prose has it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.model.calls import Call, Ref

REFERENCES = {"reseller": "r", "parent": "r", "deployment": "d", "instance": "i"}
LISTS = {"deployments": "d", "instances": "i"}
PATTERNS = {"instanceID": r"[a-z][a-z0-9-]{2,31}", "alias": r"[a-z0-9.@_-]{1,200}"}
CHOICES = {
    "startMode": ("automatic", "manual"),
    "consistency": ("cached", "live"),
    "status": ("succeeded", "failed", "running"),
    "kind": ("createInstance", "stopInstance"),
}
TEXTS = frozenset({"displayName", "externalId", "fullName", "name", "userName"})
CONTROL = frozenset(map(chr, range(32)))
FLAGS = frozenset(
    {"start", "archiveAdmin", "disabled", "enabled", "safeMode", "restart", "includeIndexes"}
    | {"legalHoldChecked"}
)
PARTS = frozenset(
    {"labels", "roles", "permissions", "disabledPermissions", "limits", "store", "users"}
)
"""The plans make these of what there is."""


def is_well_formed(call: Call) -> bool:
    """Whether every member is known and of its form; purging takes any text as confirmation."""
    loose = call.name == "purgeInstance"
    return all(
        _fits(name, value, loose=loose and name == "instanceID") for name, value in _members(call)
    )


def owner_named(call: Call) -> Ref | None:
    """Return the reseller that a new object is for, as far as the body says so."""
    body = call.body or {}
    named = [body.get(name) for name in ("reseller", "parent")]
    return next((each for each in named if _names("r", each)), None)


def _members(call: Call) -> Iterator[tuple[str, Any]]:
    body = call.body or {}
    yield from call.query.items()
    yield from body.items()
    for part in (*_list(body.get("users")), body.get("store")):
        yield from part.items() if isinstance(part, dict) else ()


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _fits(name: str, value: object, *, loose: bool) -> bool:
    if value is None:
        return name in {"alias", "externalId", "deployments", "instances", "roles"}
    if name in LISTS:
        return isinstance(value, list) and all(_names(LISTS[name], each) for each in value)
    if name in REFERENCES:
        return _names(REFERENCES[name], value)
    if name in TEXTS or loose:
        return isinstance(value, str) and bool(value) and not CONTROL & set(value)
    judge = JUDGES.get(name)
    return judge is not None and judge(value)


def _names(letter: str, value: object) -> bool:
    return isinstance(value, Ref) and value.startswith(letter)


def _matching(pattern: str) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value, re.ASCII))


def _one_of(words: tuple[str, ...]) -> Callable[[object], bool]:
    return lambda value: value in words


JUDGES: dict[str, Callable[[object], bool]] = {
    **{name: _matching(pattern) for name, pattern in PATTERNS.items()},
    **{name: _one_of(words) for name, words in CHOICES.items()},
    **dict.fromkeys(FLAGS, lambda value: isinstance(value, bool)),
    **dict.fromkeys(PARTS, lambda value: isinstance(value, list | dict)),
    "limit": lambda value: isinstance(value, int) and value > 0,
}
