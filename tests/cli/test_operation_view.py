"""An operation in words: what a page and a list say of it."""

from typing import Any

import pytest

from gateway.cli.operation_view import failures_of, lines_of, rows_of
from gateway.cli.progress import doing

PROBLEM = {
    "code": "OPERATION_IN_PROGRESS",
    "detail": "Something else is changed.",
    "retryable": True,
}
ITEMS = [
    {"instance": "ins_1", "status": "succeeded", "problem": None},
    {"instance": "ins_2", "status": "failed", "problem": PROBLEM},
    {"instance": "ins_3", "status": "unknown", "problem": None},
]


def operation(**members: object) -> dict[str, Any]:
    step = {"command": "CreateInstance", "status": "succeeded"}
    return {
        "id": "op_1",
        "kind": "createInstance",
        "status": "running",
        "steps": [step, {"command": "CreateUser", "status": "running"}],
        "percentProgress": None,
        "queuePosition": None,
        "statusText": None,
        "result": None,
        "problem": None,
        "instance": "ins_1",
        "deployment": "dep_1",
        "createdBy": "cli_1",
        "onBehalfOf": None,
        "createTime": "2026-11-21T10:00:00Z",
        "endTime": None,
        "deadline": "2026-11-21T11:00:00Z",
        "resumes": None,
        "note": None,
        **members,
    }


@pytest.fixture
def bulk() -> dict[str, Any]:
    problem = {"code": "PARTS_FAILED", "detail": "Of 3 parts 1 failed.", "retryable": False}
    ended = {"status": "failed", "endTime": "2026-11-21T10:30:00Z", "problem": problem}
    return operation(deployment=None, instance=None, steps=[], result={"items": ITEMS}, **ended)


def test_a_page_of_a_bulk_names_the_parts_that_did_not_succeed(bulk: dict[str, Any]) -> None:
    lines = list(lines_of(bulk))
    wanted = ["failed      ins_2: OPERATION_IN_PROGRESS: Something else is changed."]
    assert [line for line in lines if "ins_" in line] == [*wanted, "unknown     ins_3"]
    assert list(failures_of(bulk)) == [*wanted, "unknown     ins_3"]


def test_a_result_with_items_is_not_taken_for_parts() -> None:
    listed = operation(result={"items": [{"status": "failed", "instance": "ins_1"}]})
    assert list(failures_of(listed)) == []


def test_a_page_says_whose_rest_is_carried_out() -> None:
    assert "resumes     op_0: this one carries out its rest" in lines_of(operation(resumes="op_0"))


def test_a_page_of_a_queued_one_says_its_place() -> None:
    queued = operation(status="queued", queuePosition=7)
    assert "status      queued, place 7 at its deployment" in lines_of(queued)
    assert doing(queued) == "queued, place 7 at its deployment"


def test_a_row_names_the_command_that_it_began_with_whatever_is_under_way() -> None:
    (begun,) = rows_of([operation()])
    ended = operation(status="succeeded", endTime="2026-11-21T10:30:00Z")
    assert begun[-3:] == ("createInstance", "CreateInstance", "ins_1")
    assert rows_of([ended])[0][-3:] == begun[-3:]
