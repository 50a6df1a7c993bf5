"""The verbs of instances that take one or many: many are one operation in parts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import rich_click as click

from gateway.cli.account import account_of
from gateway.cli.api_client import Call
from gateway.cli.asking import confirm
from gateway.cli.counting import counted
from gateway.cli.nouns.carrying import Target, make_change, send
from gateway.cli.nouns.group import add_command
from gateway.cli.nouns.kinds import INSTANCE, id_of
from gateway.cli.nouns.rows import Asked, Change, Field, Form

BULK: Final = "/instance-actions"


def _row(name: str, said: str, done: str, **traits: Any) -> Change:  # noqa: ANN401 - of Change
    return Change(
        name=name,
        path=f"/instances/{{instance}}/{name}",
        help=f"{said} Many are one operation, which says of each what became of it.",
        examples=("acme", "acme globex --yes" if "asked" in traits else "acme globex --json"),
        done=f"{{instance}} is {done}.",
        lasting=True,
        rehearsed=True,
        **traits,
    )


ACTIONS: Final = (
    _row(
        "start",
        "Start instances.",
        "started",
        fields=(Field("safeMode", "Start one in safe mode.", Form.FLAG),),
    ),
    _row(
        "stop",
        "Stop instances.",
        "stopped",
        doing="This stops {instance}",
        asked=Asked.YES,
    ),
    _row(
        "restart",
        "Restart instances.",
        "restarted",
        doing="This stops {instance} and starts it again",
        asked=Asked.YES,
    ),
    _row(
        "freeze",
        "Freeze instances, so that their files can be copied.",
        "frozen",
        doing="This freezes {instance}: nobody can use it until it is thawed",
        asked=Asked.YES,
    ),
    _row("thaw", "Thaw instances.", "thawed"),
    _row(
        "suspend",
        "Suspend instances of a customer who does not pay.",
        "suspended",
        doing="This suspends {instance}: nobody can use it until it is resumed",
        asked=Asked.YES,
    ),
    _row("resume", "Resume suspended instances as they were before.", "resumed"),
)


def add_actions(group: click.RichGroup) -> None:
    """Add these verbs to the group of instances."""
    for row in ACTIONS:
        add_command(group, row, partial(_act, row), many=True)


def _act(row: Change, given: Mapping[str, Any]) -> None:
    named: Sequence[str] = given["instance"]
    if len(named) == 1:
        make_change(row, {**given, "instance": named[0]})
        return
    if any(given[field.parameter] for field in row.fields):
        raise click.UsageError("What many instances are given is nothing but their names.")
    _act_on_many(row, named, given)


def _act_on_many(row: Change, named: Sequence[str], given: Mapping[str, Any]) -> None:
    account = account_of(given)
    ids = [id_of(account, INSTANCE, each, {}) for each in named]
    words = {INSTANCE.noun: counted(len(ids), INSTANCE.noun)}
    bulk = replace(
        row,
        path=BULK,
        done=row.done.replace(" is ", " are "),
        doing=f"This is to {row.name} {{instance}}",
        in_parts=True,
    )
    target = Target(bulk, account, BULK, {}, words)
    if row.asked is Asked.YES and not given["validate_only"]:
        confirm(bulk.doing.format_map(words), yes=given["yes"])
    send(target, _call(row, ids, given), given)


def _call(row: Change, ids: Sequence[str], given: Mapping[str, Any]) -> Call:
    query = "?validateOnly=true" if given["validate_only"] else ""
    body = {"action": row.name, "instances": list(ids)}
    return Call("POST", f"{BULK}{query}", body=body)
