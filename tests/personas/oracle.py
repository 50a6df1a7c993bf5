"""Makes a call and holds what came of it against the model."""

from werkzeug.test import TestResponse

from tests.personas.model import BELOW, Expected, Persona, expected
from tests.personas.table import Kind, Row
from tests.personas.targets import Target, fresh
from tests.served import assert_problem
from tests.world import World, canary

HELD = ("running", "busy-job")
"""States in which the deployments hold something back."""
UNSTABLE = {"X-Request-Id", "Date", "RateLimit"}
"""Headers that differ from call to call, whatever is asked for."""
OWNERS = ("root", "A", "A1", "B", "C", "C1", "S", "S1", "portal")


def send(world: World, row: Row, persona: Persona, target: Target) -> TestResponse:
    """Make the call of a row on a target."""
    return world.personas[persona.name].open(
        row.path.format(**target),
        method=row.method,
        json=row.body(target),
    )


def judge(world: World, row: Row, persona: Persona, owner: str, target: Target) -> None:
    """Make a call and check status, journal and every byte of the answer.

    Raises:
        AssertionError: something is not as the model has it.
    """
    wanted = expected(row, persona, owner)
    world.forget()
    response = send(world, row, persona, target)
    check_nothing_leaks(response, persona, row.kind)
    assert response.status_code == wanted.status, response.text
    if response.status_code == 202:
        world.await_command(row.sends)
        world.release()
        world.call("GET", response.headers["Location"])
    if wanted.succeeds:
        assert row.sends == "" or row.sends in world.sent(), world.sent()
    else:
        check_refusal(world, response, wanted)


def check_refusal(world: World, response: TestResponse, wanted: Expected) -> None:
    """Check that a refusal says why, and that nothing at all was sent."""
    problem = assert_problem(response, wanted.status, wanted.code)
    assert problem.get("permission", "") == wanted.permission
    journal = world.journal()
    assert journal == [], journal


def check_nothing_leaks(response: TestResponse, persona: Persona, kind: Kind) -> None:
    """Check that no byte of an answer belongs to somebody whom the persona does not reach.

    Whoever is restricted to an instance learns of its reseller no more than the name, by asking
    who it is.
    """
    seen = set(BELOW.get(persona.reseller, ()))
    own = {persona.reseller} if kind is Kind.SELF else set()
    seen = own if persona.restricted else seen
    seen |= {"portal"} if persona.restricted or "A" in seen else set()
    everything = f"{response.headers}\n{response.text}"
    leaked = [owner for owner in OWNERS if owner not in seen and canary(owner) in everything]
    assert leaked == [], everything


def judge_fresh(world: World, row: Row, persona: Persona, owner: str) -> None:
    """Judge a call on an object that was made for it."""
    try:
        judge(world, row, persona, owner, fresh(world, row, owner))
    finally:
        if row.state in HELD:
            world.release()


def essence(response: TestResponse) -> tuple[int, list[tuple[str, str]], dict[str, object]]:
    """Return all of a problem but what names the request."""
    headers = sorted((k, v) for k, v in response.headers if k not in UNSTABLE)
    body = response.get_json(force=True)
    return response.status_code, headers, {**body, "requestId": "", "instance": ""}
