"""For every operation: what the contract does not allow is refused, and nothing is sent.

The calls are about an instance, a client and so on that exist, made by a caller who may do
everything, so that only the fault can be what stops them.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.coverage.faulty import UNKNOWN, Fault, Reader, of_query
from tests.personas.table import TABLE, Kind, Row
from tests.personas.targets import MAKERS, Target, absent
from tests.served import assert_problem
from tests.world import World

FORMS = {"createToken"}
"""Takes a form, and OAuth has its own errors (RFC 6749, section 5.2)."""

ROWS = [row for row in TABLE.values() if row.name not in FORMS and row.kind is not Kind.PUBLIC]
WITH_A_BODY = [row for row in ROWS if row.method in {"POST", "PUT", "PATCH"}]

MALFORMED = (
    '{"',
    '{"a": 1, "a": 2}',
    '{"a": NaN}',
    '{"a": 9007199254740993}',
    '{"a": "\\u0000"}',
    '{"a": "\\ud800"}',
)
"""No JSON, or JSON that readers understand differently."""


@pytest.fixture(scope="module")
def target(own_world: World) -> Target:
    """One of everything."""
    made = absent(own_world)
    row = replace(TABLE["getOperation"], state="")
    for kind in (Kind.RESELLER, Kind.CLIENT, Kind.DEPLOYMENT, Kind.OPERATION, Kind.WEBHOOK):
        made |= MAKERS[kind](own_world, row, "B")
    return made


@pytest.fixture
def untouched(own_world: World) -> Iterator[None]:
    """Nothing at all may be sent to a deployment, and none may be another than before."""
    before = _states(own_world)
    own_world.forget()
    yield
    assert own_world.journal() == []
    assert _states(own_world) == before


def _states(world: World) -> list[str]:
    return [site.control.state_hash() for site in world.sites.values()]


def _operation(world: World, row: Row, target: Target) -> dict[str, Any]:
    path = row.path.partition("?")[0].format(**target)
    found = world.served.contract.operation(row.method, path)
    assert found is not None
    assert found["operationId"] == row.name
    return found


def _send(world: World, row: Row, target: Target, **options: Any) -> TestResponse:  # noqa: ANN401 # Flask's
    path = row.path.partition("?")[0].format(**target)
    return world.operator.open(path, method=row.method, **options)


def _send_json(world: World, row: Row, target: Target, value: object) -> TestResponse:
    """Send a body; Flask's own ``json`` takes None for no body."""
    return _send(world, row, target, data=json.dumps(value), content_type="application/json")


def _complaint(response: TestResponse, fault: Fault) -> str:
    """Return what is wrong with a refusal, or nothing."""
    heading = f"{fault.pointer} {fault.reason}: {response.status_code}"
    if response.status_code != 422:
        return f"{heading} {response.text}"
    problem = assert_problem(response, 422, "INVALID_INPUT")
    pointers = [error["pointer"] for error in problem["errors"]]
    return "" if fault.pointer in pointers else f"{heading} names {pointers}"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("row", WITH_A_BODY, ids=lambda row: row.name)
def test_a_body_that_the_contract_does_not_allow_is_refused(
    own_world: World, target: Target, row: Row
) -> None:
    operation = _operation(own_world, row, target)
    reader = Reader(own_world.served.contract.document)
    faults = (
        list(reader.of_body(operation))
        if "requestBody" in operation
        else [Fault(f"/{UNKNOWN}", "is unknown", {UNKNOWN: "x"}), Fault("", "is array", ["x"])]
    )
    complaints = [_complaint(_send_json(own_world, row, target, f.value), f) for f in faults]
    assert [text for text in complaints if text] == []
    assert len(faults) >= 2


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("row", WITH_A_BODY, ids=lambda row: row.name)
def test_a_body_that_is_no_json_is_malformed(own_world: World, target: Target, row: Row) -> None:
    for text in MALFORMED:
        options = {"data": text, "content_type": "application/json"}
        assert_problem(_send(own_world, row, target, **options), 400, "MALFORMED_REQUEST")


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_query_that_the_contract_does_not_allow_is_refused(
    own_world: World, target: Target, row: Row
) -> None:
    operation = _operation(own_world, row, target)
    reader = Reader(own_world.served.contract.document)
    faults = [Fault(f"/query/{UNKNOWN}", "is unknown", "x")]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    for each in operation.get("parameters", ()):
        parameter = reader.parameter(each)
        if parameter["in"] == "query":
            faults += of_query(parameter["schema"], parameter["name"])
    complaints = []
    for fault in faults:
        query = {fault.pointer.rpartition("/")[2]: fault.value}
        response = _send(own_world, row, target, query_string=query, json=body.get("example"))
        complaints.append(_complaint(response, fault))
    assert [text for text in complaints if text] == []
