"""One action on many instances: all ids judged first, then each goes its own way."""

from collections.abc import Iterator

import pytest

from tests.answers import JSON
from tests.resources.many import AT_ONCE, PATH, act, hold, items, let_go, made, outcomes, rows
from tests.served import assert_problem
from tests.world import World


@pytest.fixture
def holding(own_world: World) -> Iterator[World]:
    """A world that goes on after a test in which it was held."""
    yield own_world
    let_go(own_world)


# what is done


def test_instances_of_several_deployments_are_stopped_one_command_each(own_world: World) -> None:
    ids = made(own_world, "ABAB")
    answer = act(own_world.operator, ids)
    body = answer.get_json()
    changes = own_world.changes()

    assert answer.status_code == 200
    assert (body["status"], body["kind"], body["percentProgress"]) == (
        "succeeded",
        "instanceActions",
        100,
    )
    assert [item["instance"] for item in body["result"]["items"]] == ids
    assert outcomes(answer) == ["succeeded"] * 4
    assert [entry["command"] for entry in changes] == ["StopInstances"] * 4
    assert len({str(entry["arguments"]) for entry in changes}) == 4
    assert all("*" not in str(entry["arguments"]) for entry in changes)
    assert body["instance"] is body["deployment"] is body["parent"] is None
    assert body["steps"] == []


@pytest.mark.parametrize(
    ("action", "before", "command", "after"),
    [
        ("start", "/stop", "StartInstances", "running"),
        ("stop", "", "StopInstances", "stopped"),
        ("restart", "", "RestartInstances", "running"),
        ("freeze", "", "FreezeInstances", "frozen"),
        ("thaw", "/freeze", "ThawInstances", "running"),
    ],
)
def test_each_action_does_what_its_own_route_does(
    own_world: World, action: str, before: str, command: str, after: str
) -> None:
    (only,) = made(own_world, "A")
    if before:
        own_world.call("POST", f"/instances/{only}{before}")
    own_world.forget()
    answer = act(own_world.operator, [only], action)
    part = own_world.call("GET", f"/operations/{items(answer)[0]['operation']}")

    assert [entry["command"] for entry in own_world.changes()] == [command]
    assert own_world.call("GET", f"/instances/{only}")["status"] == after
    assert part["kind"] == f"{action}Instance"
    assert part["parent"] == answer.get_json()["id"]
    assert part["result"]["status"] == after


# what is refused


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": "stop", "instances": []}, "/instances"),
        ({"action": "stop", "instances": [f"ins_{n:032x}" for n in range(501)]}, "/instances"),
        ({"action": "stop", "instances": ["*"]}, "/instances/0"),
        ({"action": "stop", "instances": "*"}, "/instances"),
        ({"action": "stop"}, "/instances"),
        ({"action": "purge", "instances": [f"ins_{0:032x}"]}, "/action"),
        ({"action": "stop", "instances": [f"ins_{0:032x}"], "all": True}, "/all"),
    ],
    ids=["none", "501", "star", "no list", "nothing", "another verb", "more"],
)
def test_a_wrong_body_is_refused_as_a_whole(own_world: World, body: JSON, pointer: str) -> None:
    own_world.forget()
    problem = assert_problem(own_world.operator.post(PATH, json=body), 422, "INVALID_INPUT")

    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
    assert own_world.journal() == []


def test_each_repetition_is_pointed_at(own_world: World) -> None:
    one, other = made(own_world, "AA")
    answer = act(own_world.operator, [one, other, one, one])
    faults = assert_problem(answer, 422, "INVALID_INPUT")["errors"]

    assert [(fault["pointer"], fault["code"]) for fault in faults] == [
        ("/instances/2", "DUPLICATE"),
        ("/instances/3", "DUPLICATE"),
    ]
    assert own_world.journal() == []


def test_one_foreign_or_absent_instance_refuses_all_and_is_not_named(own_world: World) -> None:
    own, foreign = made(own_world, "AB")
    admin, before = own_world.personas["a_admin"], rows(own_world)
    answers = []
    for stranger in (foreign, f"ins_{7:032x}"):
        answer = act(admin, [own, stranger])
        problem = assert_problem(answer, 404, "NOT_FOUND")
        assert stranger not in answer.text
        answers.append({k: v for k, v in problem.items() if k not in {"requestId", "instance"}})

    assert answers[0] == answers[1]
    assert rows(own_world) == before
    assert own_world.journal() == []


def test_the_permission_is_that_of_one_action(own_world: World) -> None:
    ids = made(own_world, "A")
    answer = act(own_world.personas["a_reader"], ids)

    assert_problem(answer, 403, "PERMISSION_MISSING", permission="instances:operate")
    assert own_world.journal() == []


def test_to_validate_only_sends_and_writes_nothing(own_world: World) -> None:
    ids, before = made(own_world, "AB"), rows(own_world)
    body = {"action": "stop", "instances": ids}
    answer = own_world.operator.post(f"{PATH}?validateOnly=true", json=body)

    assert answer.status_code == 204
    assert rows(own_world) == before
    assert own_world.journal() == []


# what fails alone


def test_what_cannot_be_acted_on_has_failed_and_the_others_go_on(holding: World) -> None:
    locked, deleted, free = made(holding, "AAA")
    holding.call("DELETE", f"/instances/{deleted}")
    hold(holding)
    lock = holding.operator.post(f"/instances/{locked}/restart", headers=AT_ONCE).get_json()["id"]
    holding.forget()
    begun = act(holding.operator, [locked, deleted, free], Prefer="wait=0")
    let_go(holding)
    answer = holding.operator.get(begun.headers["Location"])
    problems = [item["problem"] for item in items(answer)]

    assert begun.status_code == 202
    assert outcomes(answer) == ["failed", "failed", "succeeded"]
    assert [each and each["code"] for each in problems] == [
        "OPERATION_IN_PROGRESS",
        "CONFLICT",
        None,
    ]
    assert lock in problems[0]["detail"]
    assert "deleted" in problems[1]["detail"]
    assert answer.get_json()["status"] == "failed"
    assert answer.get_json()["problem"]["code"] == "PARTS_FAILED"
    assert "Of 3 parts 2 failed" in answer.get_json()["problem"]["detail"]
    assert holding.sent().count("StopInstances") == 1


def test_a_call_of_which_nothing_can_be_begun_is_answered_at_once(own_world: World) -> None:
    ids = made(own_world, "AA")
    for each in ids:
        own_world.call("DELETE", f"/instances/{each}")
    own_world.forget()
    key = {"Prefer": "wait=0", "Idempotency-Key": "nothing"}
    first, again = (act(own_world.operator, ids, **key) for _ in range(2))

    assert first.status_code == 200
    assert outcomes(first) == ["failed", "failed"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.get_json() == first.get_json()
    assert own_world.journal() == []


def test_upstream_words_are_for_operators(own_world: World) -> None:
    ids = made(own_world, "A")
    own_world.sites["alpha"].control.fault("failed", "GetInstances", text="disk D is full")
    answer = act(own_world.personas["a_admin"], ids)
    whole = own_world.call("GET", f"/operations/{answer.get_json()['id']}")

    assert outcomes(answer) == ["failed"]
    assert "disk D" not in answer.text
    assert whole["result"]["items"][0]["problem"]["upstream"]["message"] == "disk D is full"
