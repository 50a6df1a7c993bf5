"""Answers that SPE does not give, by command: none is taken for a success, or shown to anybody."""

import base64
import json
from collections.abc import Mapping

import pytest

from gateway.broker.engine.plan import Invocation
from gateway.model import OperationStatus
from gateway.spe.commands.stores import VERIFY_STORE
from gateway.spe.status import MAX_LOG_CHARACTERS
from tests.core import Core, sent
from tests.faults.cases import Case, envelope, garbage
from tests.faults.stage import (
    EFFECTS,
    Bystander,
    assert_ended_well,
    assert_settled,
    instances_counted,
    polled,
)
from tests.simulated import JSON, Control

CANARY = "CANARY-of-the-deployment"


def said(text: str, encoding: str = "utf-8", **more: object) -> JSON:
    """Return a fault that answers a text in an encoding."""
    return {**garbage(""), "body": base64.b64encode(text.encode(encoding)).decode(), **more}


def without(key: str) -> str:
    """Return the envelope of a success that lacks a key."""
    whole = json.loads(envelope("succeeded"))
    del whole[key]
    return json.dumps(whole)


def altered(**keys: object) -> str:
    """Return the envelope of a success with other values."""
    return json.dumps(json.loads(envelope("succeeded")) | keys)


WRONG: Mapping[str, JSON] = {
    "internal error": {"kind": "status", "status": 500, "text": CANARY},
    "gateway time-out": {"kind": "status", "status": 504, "text": CANARY},
    "not found": {"kind": "status", "status": 404, "text": CANARY},
    "no content": {"kind": "status", "status": 204, "text": ""},
    "empty": said(""),
    "html": said(f"<html><h1>{CANARY}</h1></html>"),
    "list": said("[]"),
    "null": said("null"),
    "number": said("1"),
    "no state": said(without("statusCode")),
    "no version": said(without("statusVersion")),
    "state of another type": said(altered(statusCode=1)),
    "state of another word": said(envelope(CANARY)),
    "version of another type": said(altered(statusVersion="2")),
    "percent of another type": said(altered(percentProgress="half")),
    "running without a token": said(altered(statusCode="running")),
    "token that is a page": said(altered(statusCode="running", token=CANARY * 99)),
    "success and error": said(altered(error={"message": CANARY, "details": CANARY})),
    "error that is a text": said(altered(statusCode="failed", error=CANARY)),
    "key twice": said(envelope("succeeded").replace("{", '{"statusCode": "failed", ', 1)),
    "two answers": said(envelope("succeeded") * 2),
    "utf-16": said(envelope("succeeded"), "utf-16"),
    "latin-1": said(altered(statusText="ü").replace("\\u00fc", "ü"), "latin-1"),
    "half": {"kind": "truncate", "size": 60},
    "half without a length": said(envelope("succeeded")[:60], length=False),
    "half a chunk": {"kind": "cut-chunk", "size": 60},
    "too large": {"kind": "huge", "size": 2**31},
    "too deep": {"kind": "deep", "size": 200_000},
    "gzip bomb": {"kind": "gzip-bomb", "size": 100 * 2**20},
    "a byte a second": {"kind": "drip", "seconds": 1},
    "redirect": {"kind": "redirect", "status": 307, "url": "https://127.0.0.1:1/"},
    "found elsewhere": {"kind": "redirect", "status": 302, "url": "/api/invoke/Ping"},
}
"""F5 to F9 and F12; each comes after the command was carried out, or instead."""

SLOW = {"a byte a second"}
"""Where no time-out is short, this is left out."""

EVERY = {"CreateInstance", "DeleteInstances"}
"""What must not be done twice meets every wrong answer, the other effects one of each sort."""

SORTS = {"internal error", "list", "state of another word", "half", "half a chunk", "redirect"}
BROKEN = [
    (case, wrong)
    for case in EFFECTS
    for wrong in WRONG
    if wrong in SORTS or case.command.name in EVERY
]


@pytest.mark.parametrize("executed", [True, False], ids=["carried-out", "not-carried-out"])
@pytest.mark.parametrize(("case", "wrong"), BROKEN, ids=str)
def test_an_answer_that_says_nothing_is_settled_by_reading(
    core: Core, control: Control, case: Case, wrong: str, *, executed: bool
) -> None:
    instance, operation = case.opened(core, control)
    control.fault(command=case.command.name, execute=executed, **WRONG[wrong])

    core.drive(operation)
    ended = core.finished(operation.id, control)

    assert control.faults()[0]["count"] == 0
    assert_settled(core, control, case, instance)
    assert CANARY not in str((ended.problem, ended.log, ended.status_text, ended.result))
    assert CANARY not in str(core.audit(operation.id))


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong not in SLOW])
def test_a_list_that_says_nothing_proves_nothing(
    core: Core, control: Control, bystander: Bystander, wrong: str
) -> None:
    """The reading that should settle a lost answer is spoilt as well: it is read again."""
    case = next(case for case in EFFECTS if case.command.name == "CreateInstance")
    instance, operation = case.opened(core, control)
    control.fault("drop-after", "CreateInstance")
    control.fault(command="GetInstances", count=1, **WRONG[wrong])
    if wrong.startswith("half"):
        control.fault(command="GetInstances", count=1, **WRONG[wrong])  # a read is sent twice

    waiting = core.drive(operation)
    bystander.assert_served("Beside")
    assert waiting.status is OperationStatus.RUNNING
    core.finished(operation.id)

    assert_settled(core, control, case, instance)
    assert instances_counted(core) == 2


VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})


def running(core: Core, control: Control) -> tuple[str, str]:
    """Have a verification run that gets on only as the test says; return its id and its token."""
    control.pause()
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)
    return operation.id, control.operations()[0]["token"]


def test_however_much_a_deployment_tells_a_million_characters_are_kept(
    core: Core, control: Control
) -> None:
    number, token = running(core, control)
    piece = ("x" * 98 + "\r\n") * 4000
    rows, before = core.rows(), core.broker.fetch(number).log
    for version in range(101, 108):
        told = {"statusVersion": version, "logOutput": piece, "statusText": "y" * 100_000}
        whole = altered(statusCode="running", token=token, percentProgress=1e300, **told)
        control.fault(command="get-status", **said("\ufeff" + whole))
        polled(core, number)

    found = core.broker.fetch(number)
    assert found.status is OperationStatus.RUNNING
    assert found.log == (piece * 7)[-MAX_LOG_CHARACTERS:]
    assert found.log_start == len(before + piece * 7) - MAX_LOG_CHARACTERS
    assert len(str(found.status_text)) == 2_000
    assert found.percent_progress == 100
    assert core.rows() == rows
    assert core.phases(number) == ["intent"]


LOST = {"not found"}
"""SPE says so itself: it has forgotten the token."""


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if wrong not in SLOW | LOST])
def test_a_status_that_says_nothing_ends_nothing(
    core: Core, control: Control, bystander: Bystander, wrong: str
) -> None:
    number, _ = running(core, control)
    control.fault(command="get-status", execute=False, **WRONG[wrong])
    control.fault(command="get-status", execute=False, **WRONG[wrong])  # a read is sent twice

    assert polled(core, number).status is OperationStatus.RUNNING
    bystander.assert_served("Beside")
    control.clear_faults()
    control.resume()
    ended = core.finished(number, control)

    assert ended.status is OperationStatus.SUCCEEDED
    assert len(sent(control, "VerifyStore")) == 1
    assert CANARY not in ended.log
    assert_ended_well(core, ended)
