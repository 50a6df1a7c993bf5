"""Every operation, every persona, every owner: the outcome is the model's."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from gateway.web.operation import spec_of
from tests.personas.model import ABSENT, PERSONAS, Persona, expected
from tests.personas.oracle import essence, judge, judge_fresh, send
from tests.personas.table import ABOUT_ONE, TABLE, Kind, Row
from tests.personas.targets import Target, absent, fresh
from tests.world import World


def owners(row: Row, persona: Persona) -> tuple[str, ...]:
    """Return whose objects a persona is tried on."""
    if row.kind is Kind.DEPLOYMENT:
        return ("root", ABSENT)
    return persona.meets if row.kind in OWNED else ("root",)


OWNED = ABOUT_ONE | {Kind.CREATE}


FORMS = {"createToken", "revokeToken", "introspectToken"}
"""They take no JSON and no token; they have tests of their own."""

CALLED = [row for row in TABLE.values() if row.name not in FORMS]
CELLS = [
    pytest.param(row, persona, owner, id=f"{row.name}-{persona.name}-{owner}")
    for row in CALLED
    for persona in PERSONAS
    for owner in owners(row, persona)
]
Standing = Callable[[Row, str], Target]


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield the operationId (or the bare endpoint) of each route, with its method and path."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            spec = spec_of(app, rule.endpoint, method)
            yield (spec.operation_id if spec else rule.endpoint), f"{method} {rule.rule}"


@pytest.fixture(scope="module")
def standing(own_world: World) -> Standing:
    """Targets that refused calls may share: made once, since nothing happens to them."""
    made: dict[tuple[Kind, bool, str], Target] = {}

    def target(row: Row, owner: str) -> Target:
        key = (row.kind, row.permission.startswith("instances:"), owner)
        if key not in made:
            made[key] = fresh(own_world, replace(row, state=""), owner)
        return made[key]

    return target


def test_every_route_has_a_row(own_world: World) -> None:
    without = {name for name, _ in routes(own_world.served.app)} - set(TABLE)
    assert without == set(), f"no row in tests/personas/table.py: {sorted(without)}"


def test_every_row_has_its_route(own_world: World) -> None:
    served = own_world.served.app.url_map.bind("")
    found = dict(routes(own_world.served.app))
    for row in TABLE.values():
        path = row.path.partition("?")[0].format(**absent(own_world))
        rule, _ = served.match(path, row.method, return_rule=True)
        assert found[row.name] == f"{row.method} {rule.rule}"


@pytest.mark.parametrize(("row", "persona", "owner"), CELLS)
def test_the_outcome_is_the_models(
    own_world: World, standing: Standing, row: Row, persona: Persona, owner: str
) -> None:
    needs_its_own = not row.reads or bool(row.state)
    happens = expected(row, persona, owner).succeeds and needs_its_own
    if happens:
        judge_fresh(own_world, row, persona, owner)
    else:
        judge(own_world, row, persona, owner, standing(row, owner))


@pytest.mark.parametrize("row", [row for row in CALLED if row.kind in OWNED], ids=lambda r: r.name)
def test_a_foreign_object_and_an_absent_one_are_the_same_answer(
    own_world: World, standing: Standing, row: Row
) -> None:
    """And to those who are let in no further, an own one too."""
    compared = 0
    for persona in PERSONAS:
        for owner in sorted(set(owners(row, persona)) - {ABSENT}):
            if expected(row, persona, owner) != expected(row, persona, ABSENT):
                continue
            foreign = send(own_world, row, persona, standing(row, owner))
            nobodys = send(own_world, row, persona, absent(own_world))
            assert essence(foreign) == essence(nobodys)
            compared += 1
    assert compared >= 10
