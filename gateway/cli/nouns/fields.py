"""Fields as options of click, and what was given as JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import rich_click as click

from gateway.cli.account import Account
from gateway.cli.asking import secret
from gateway.cli.failure import Failure
from gateway.cli.nouns.completion import complete
from gateway.cli.nouns.kinds import id_of
from gateway.cli.nouns.rows import Field, Form

Given = Mapping[str, Any]
Decorator = Callable[[Callable[..., object]], Callable[..., object]]

MANY: Final = frozenset({Form.LIST, Form.LABELS})
SECRETS: Final = frozenset({Form.SECRET, Form.NEW_SECRET})
FILE: Final = "-file"


def option_of(field: Field) -> Decorator:
    """Return the option of a field."""
    name = f"--{field.name}{FILE if field.form in SECRETS else ''}"
    declared = f"{name}/--no-{field.name}" if field.form is Form.SWITCH else name
    return click.option(declared, field.parameter, help=_help(field), **_traits(field))


def options_of(*fields: Field) -> Decorator:
    """Return what gives a command the options of fields."""

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        for field in reversed(fields):
            command = option_of(field)(command)
        return command

    return decorate


def body_of(account: Account, fields: Sequence[Field], given: Given) -> dict[str, Any]:
    """Return the body of a call; empty if nothing was given.

    Raises:
        Failure: a label is none, a name is not known, or a secret cannot be had.
    """
    body: dict[str, Any] = {}
    for field in fields:
        if not field.in_query and _is_given(field, given):
            _put(body, field.member, _value(account, field, given[field.parameter]))
    return body


def query_of(account: Account, fields: Sequence[Field], given: Given) -> dict[str, Any]:
    """Return the query of a call."""
    return {
        field.member: _in_query(_value(account, field, given[field.parameter]))
        for field in fields
        if field.in_query and _is_given(field, given)
    }


def _traits(field: Field) -> dict[str, Any]:
    """Return what click is told of an option."""
    traits: dict[Form, dict[str, Any]] = {
        Form.NUMBER: {"type": int, "metavar": "N"},
        Form.SWITCH: {"default": None},
        Form.FLAG: {"is_flag": True, "default": None},
        Form.LIST: {"multiple": True},
        Form.LABELS: {"multiple": True, "metavar": "KEY=VALUE"},
        Form.SECRET: {"type": click.File(), "metavar": "FILE"},
        Form.NEW_SECRET: {"type": click.File(), "metavar": "FILE"},
    }
    found = {"required": field.required and field.form not in SECRETS, **traits.get(field.form, {})}
    if field.choices:
        words = (*field.choices, "") if _can_be_none(field) else field.choices
        return {**found, "type": click.Choice(words), "metavar": "WORD"}
    if field.of is not None:
        return {**found, "metavar": field.of.metavar, "shell_complete": complete(field.of)}
    return {"metavar": "TEXT", **found} if field.form in {Form.TEXT, Form.LIST} else found


def _help(field: Field) -> str:
    words = field.help
    if field.choices:
        words = f"{words} One of: {', '.join(field.choices)}."
    if field.form in MANY:
        words = f"{words} Repeatable."
    if field.form in SECRETS:
        words = f"{words} A file with it; - for standard input."
    return f"{words} Empty for none." if _can_be_none(field) else words


def _can_be_none(field: Field) -> bool:
    return field.nullable or field.emptiable


def _is_given(field: Field, given: Given) -> bool:
    found = given[field.parameter]
    return field.form in SECRETS and field.required if found in (None, ()) else True


def _value(account: Account, field: Field, given: Any) -> Any:  # noqa: ANN401 - of each form its own
    """Return a value as JSON has it."""
    if field.form in SECRETS:
        return secret(given, _title(field), twice=field.form is Form.NEW_SECRET)
    if field.form is Form.LABELS:
        return labels_of(given)
    if _can_be_none(field) and given in ("", ("",)):
        return None if field.nullable else []
    if field.form is Form.LIST:
        return [_one(account, field, each) for each in given]
    return _one(account, field, given)


def _one(account: Account, field: Field, given: Any) -> Any:  # noqa: ANN401 - as above
    found = id_of(account, field.of, given, {}) if field.of else given
    return {field.each: found} if field.each else found


def labels_of(given: Sequence[str]) -> dict[str, str]:
    """Return labels by their keys.

    Raises:
        Failure: one has no ``=``.
    """
    pairs = [label.partition("=") for label in given]
    if not all(middle for _, middle, _ in pairs):
        raise Failure("A label is written KEY=VALUE.")
    return {key: value for key, _, value in pairs}


def _title(field: Field) -> str:
    return field.name.replace("-", " ").capitalize()


def _put(body: dict[str, Any], member: str, value: object) -> None:
    *outer, last = member.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


def _in_query(value: object) -> object:
    """Return a value as it stands in a query; a label as ``key:value``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ",".join(f"{key}:{each}" for key, each in value.items())
    return ",".join(map(str, value)) if isinstance(value, list) else value
