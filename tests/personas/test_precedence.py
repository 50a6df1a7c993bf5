"""Whoever may not do something hears so, whatever is wrong with what was sent."""

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.web.operation import routes_of, spec_of
from tests.personas.model import ABSENT, PERSONAS, Persona, expected
from tests.personas.oracle import essence
from tests.personas.table import TABLE, Kind, Row
from tests.personas.targets import Target, absent
from tests.personas.test_matrix import CALLED, OWNED, Standing, standing
from tests.served import assert_problem
from tests.world import World

__all__ = ["standing"]  # a fixture

CHANGING = [row for row in CALLED if not row.reads and row.kind is not Kind.PUBLIC]
"""Every operation that is about something and takes a body, or refuses one."""

WHO = [each for each in PERSONAS if each.name in {"a_reader", "a_portal", "b_admin"}]
"""Without the right, restricted, and a stranger."""
JSON_TYPE = "application/json"
NOT_FOUND = 404
WRONG: dict[str, tuple[bytes, str]] = {
    "unknown-member": (b'{"nobodyKnowsThis": 1}', JSON_TYPE),
    "a-list": (b"[]", JSON_TYPE),
    "no-json": (b"{", JSON_TYPE),
    "another-type": (b"a=b", "application/x-www-form-urlencoded"),
    "too-large": (b'"' + b"x" * (1024 * 1024) + b'"', JSON_TYPE),
}


def refusals(row: Row, persona: Persona) -> list[str]:
    """Return whose objects a persona is refused, as the path says; see below for bodies."""
    owners = ("root", ABSENT) if row.kind is Kind.DEPLOYMENT else persona.meets
    owners = owners if row.kind in OWNED else ("root",)
    found = [owner for owner in owners if not expected(row, persona, owner).succeeds]
    if "{" in row.path:
        return found
    known = [each for each in found if expected(row, persona, each).status != NOT_FOUND]
    return [] if persona.may(row.permission) else known


CELLS = [
    pytest.param(row, persona, id=f"{row.name}-{persona.name}")
    for row in CHANGING
    for persona in WHO
    if refusals(row, persona)
]


def send(
    world: World, row: Row, persona: Persona, target: Target, body: tuple[bytes, str], key: str = ""
) -> TestResponse:
    """Make the call of a row with any body."""
    headers = {"Idempotency-Key": key} if key else {}
    return world.personas[persona.name].open(
        row.path.format(**target),
        method=row.method,
        data=body[0],
        content_type=body[1],
        headers=headers,
    )


def right(world: World, row: Row, persona: Persona, target: Target) -> TestResponse:
    """Make the call of a row as it should be made."""
    return world.personas[persona.name].open(
        row.path.format(**target), method=row.method, json=row.body(target)
    )


def test_every_operation_that_changes_something_is_tried(own_world: World) -> None:
    def is_about_something(app: Flask, endpoint: str, method: str) -> str | None:
        spec = spec_of(app, endpoint, method)
        return spec.operation_id if spec and not spec.public else None

    app = own_world.served.app
    wanted = {
        is_about_something(app, rule.endpoint, method)
        for rule, method in routes_of(app)
        if method in {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert {row.name for row in CHANGING} == wanted - {None}


@pytest.mark.parametrize(("row", "persona"), CELLS)
def test_a_wrong_body_is_answered_as_a_right_one(
    own_world: World, standing: Standing, row: Row, persona: Persona
) -> None:
    for owner in refusals(row, persona):
        target = standing(row, owner) if owner != ABSENT else absent(own_world)
        own_world.forget()
        wanted = essence(right(own_world, row, persona, target))
        for name in ("unknown-member", "no-json"):
            found = send(own_world, row, persona, target, WRONG[name])
            assert essence(found) == wanted, found.text
        assert own_world.journal() == []


@pytest.mark.parametrize("row", [row for row in CHANGING if row.kind is Kind.CREATE])
@pytest.mark.parametrize("owner", ["B", ABSENT])
def test_a_new_object_for_another_is_judged_by_what_can_be_read(
    own_world: World, row: Row, owner: str
) -> None:
    reseller = own_world.resellers.get(owner) or absent(own_world)["reseller"]
    body = {"reseller": reseller, "parent": reseller, "nobodyKnowsThis": 1}
    for name in ("a_reader", "a_admin"):
        answer = own_world.personas[name].open(row.path, method=row.method, json=body)
        assert_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize("named", ["", "B", "res_1", 5, None])
def test_whoever_may_is_told_what_is_wrong(own_world: World, named: object) -> None:
    body = {"reseller": named, "nobodyKnowsThis": 1}
    answer = own_world.personas["a_admin"].post("/clients", json=body)
    assert_problem(answer, 422, "INVALID_INPUT")


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_key_does_not_come_before_the_judgement(
    own_world: World, body: tuple[bytes, str]
) -> None:
    row, reader = TABLE["createClient"], next(p for p in WHO if p.name == "a_reader")
    answer = send(own_world, row, reader, {}, body, key="some-key")
    assert_problem(answer, 403, "PERMISSION_MISSING", permission="clients:create")


@pytest.mark.parametrize("path", ["/clients?limit=x", "/audit-log?nobody=1", "/instances?limit=0"])
def test_a_wrong_query_does_not_either(own_world: World, path: str) -> None:
    made = own_world.new_client("A", permissions=["stores:read"])
    client = own_world.served.log_in(made["clientId"], made["clientSecret"])
    assert_problem(client.get(path), 403, "PERMISSION_MISSING")
    own_world.call("DELETE", f"/clients/{made['id']}", status=204)


def test_a_refusal_that_a_wrong_body_would_have_hidden_is_noted(own_world: World) -> None:
    before = own_world.personas["a_reader"].post("/clients", json={"nobodyKnowsThis": 1})
    assert_problem(before, 403)
    for chore in own_world.served.gateway.chores:
        if chore.name == "audit.sequence":
            chore.run()
    [row, *_] = own_world.call("GET", "/audit-log?action=createClient&phase=refused")["items"]
    assert row["requestId"] == before.headers["X-Request-Id"]
    assert row["object"] == own_world.resellers["A"]
