"""What If-Match promises: nothing is changed of another version than the one that was read."""

import pytest

from tests.coverage.journey import OWNER
from tests.personas.table import TABLE, Row
from tests.personas.targets import fresh
from tests.served import assert_problem
from tests.world import World

STALE = {"If-Match": '"of-another-time"'}


def takes_if_match(world: World, row: Row) -> bool:
    """Whether the contract gives an operation the header."""
    operations = (
        operation
        for path in world.served.contract.document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and operation.get("operationId") == row.name
    )
    named = {"$ref": "#/components/parameters/IfMatch"}
    return any(named in operation.get("parameters", ()) for operation in operations)


PATCHES = [row for row in TABLE.values() if row.method == "PATCH"]


@pytest.mark.parametrize("row", PATCHES, ids=lambda row: row.name)
def test_a_patch_of_another_version_is_refused_even_if_it_says_nothing(
    own_world: World, row: Row
) -> None:
    assert takes_if_match(own_world, row)
    target = fresh(own_world, row, OWNER)
    for body in ({}, row.body(target)):
        own_world.forget()
        response = own_world.operator.patch(row.path.format(**target), json=body, headers=STALE)
        assert_problem(response, 412, "PRECONDITION_FAILED")
        assert own_world.changes() == []
