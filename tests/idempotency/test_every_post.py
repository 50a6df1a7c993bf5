"""Each POST that creates or runs something: sent twice with one key, it is done once."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.personas.oracle import HELD
from tests.personas.table import TABLE, Row
from tests.personas.targets import fresh
from tests.world import World

WITHOUT = {
    "createToken": "answers with a secret, and is limited by itself",
    "revokeToken": "twice is the same as once",
    "introspectToken": "reads",
    "probeDeployment": "looks",
    "probeRegisteredDeployment": "looks",
    "pingDeployment": "looks",
    "refreshInventory": "looks",
    "createLicenseRequest": "reads",
}
"""POSTs that take no key, and why."""

SHOWN_ONCE = {"clientSecret", "secret"}
ONE_TIME_URL = "createOneTimeUrl"
"""Its URL is shown once; the others' are no secret."""

MOVING = {"observeTime", "lastUseTime", "updateTime"}
"""Members that say when something was last seen."""

UNDER_WAY = {"status", "attempts", "nextTime", "endTime"}
"""Members of a delivery that change when it is sent, which is at once."""

PROGRESS = {"steps", "percentProgress", "queuePosition", "statusText"}
"""Members of an operation that move while it runs."""

ACCEPTED = 202
POSTS = [row for row in TABLE.values() if row.method == "POST"]
KEYED = [row for row in POSTS if row.name not in {*WITHOUT, "invokeCommand"}]


def operations(world: World) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the method and the Operation Object of each operation of the contract."""
    for item in world.served.contract.document["paths"].values():
        yield from ((method, item[method]) for method in item if method in {"get", "post", "put"})


def named(operation: Mapping[str, Any]) -> set[str]:
    """Return the names of the components that an operation's parameters refer to."""
    return {each.get("$ref", "").rpartition("/")[2] for each in operation.get("parameters", ())}


def test_every_post_takes_a_key_or_is_known_not_to(own_world: World) -> None:
    posts = {op["operationId"]: op for method, op in operations(own_world) if method == "post"}
    without = {name for name, op in posts.items() if "IdempotencyKey" not in named(op)}

    assert without == set(WITHOUT)


def test_the_contract_says_how_long_a_key_counts(own_world: World) -> None:
    kept = {"create": 168, "run": 24}
    for _, operation in operations(own_world):
        said = operation.get("x-idempotency")
        assert (said is not None) is ("IdempotencyKey" in named(operation))
        if said:
            creates = "201" in operation["responses"]
            assert said == {"class": said["class"], "keptHours": kept[said["class"]]}
            assert (said["class"] == "create") is creates, operation["operationId"]
            assert "409" in operation["responses"]


def shown_once(row: Row) -> set[str]:
    """Return the members of an operation's answer that are shown once."""
    return SHOWN_ONCE | ({"url"} if row.name == ONE_TIME_URL else set())


def essence(row: Row, response: TestResponse) -> object:
    """Return what of an answer must be the same when it is repeated."""
    headers = {name: response.headers.get(name) for name in ("Location", "ETag")}
    body = response.get_json(silent=True)
    left_out = shown_once(row) | MOVING | (PROGRESS if response.status_code == ACCEPTED else set())
    left_out |= UNDER_WAY if row.name == "redeliverDelivery" else set()
    known = {k: v for k, v in body.items() if k not in left_out} if body else body
    return response.status_code, headers, known


def secrets(row: Row, response: TestResponse) -> list[object]:
    """Return the values that are shown once."""
    body = response.get_json(silent=True) or {}
    return [body[name] for name in shown_once(row) if name in body]


@pytest.mark.parametrize("row", KEYED, ids=lambda row: row.name)
def test_a_repeated_call_is_answered_and_not_carried_out(own_world: World, row: Row) -> None:
    target = fresh(own_world, row, "root" if "deployment" in row.path else "A")
    headers = {"Idempotency-Key": f"twice-{row.name}"}

    def call() -> TestResponse:
        path = row.path.format(**target)
        return own_world.operator.open(path, method="POST", json=row.body(target), headers=headers)

    first = call()
    assert first.status_code == row.status, first.text
    assert "Idempotency-Replayed" not in first.headers
    own_world.forget()
    again = call()
    if row.state in HELD:
        own_world.release()

    assert again.headers.get("Idempotency-Replayed") == "true", again.text
    assert essence(row, again) == essence(row, first)
    assert [each for each in own_world.changes() if each["command"] != "cancel-async"] == []
    assert all(secrets(row, first))
    assert not any(secrets(row, again))


def test_a_raw_command_that_changes_something_is_carried_out_once(own_world: World) -> None:
    made = own_world.new_instance("A")
    path = f"/deployments/{made['deployment']}/commands/StopInstances"
    body = {"arguments": {"instanceFilter": made["instanceID"]}}
    headers = {"Idempotency-Key": "raw", "Confirm": "StopInstances"}
    own_world.forget()
    answers = [own_world.operator.post(path, json=body, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert own_world.sent() == ["StopInstances"]


def test_a_raw_command_that_reads_is_read_anew(own_world: World) -> None:
    path = f"/deployments/{own_world.sites['beta'].id}/commands/GetServiceStatus"
    own_world.forget()
    for _ in range(2):
        answer = own_world.operator.post(path, json={}, headers={"Idempotency-Key": "raw"})
        assert answer.status_code == 200
        assert "Idempotency-Replayed" not in answer.headers

    assert own_world.sent() == ["GetServiceStatus"] * 2
