"""It makes no difference to a caller whether SPE answers at once or with a token."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.answers import Contract
from tests.coverage.journey import STEPS, Step, Traveller
from tests.personas.targets import STATES
from tests.world import World, world

FIFTH = 0.2
READS = tuple(
    step for step in STEPS if step.row.reads and step.row.sends and step.row.name != "getMe"
)

GROWING = ("-listReconciliation",)
"""Each instance that a journey makes is a difference there, until it is read."""


pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path / "gateway") as built:
        yield built


def test_a_fifth_of_all_commands_may_be_asynchronous_and_the_caller_impatient(
    made: World,
) -> None:
    journey = Traveller(made, "wait=0", FIFTH).travel()
    assert len(journey.finished) == len(STEPS)
    assert journey.polls > 20
    assert len(journey.accepted) > 40
    for key, step in journey.accepted.items():
        check_result(made.served.contract, step, journey.finished[key][1])


def test_a_read_says_the_same_when_every_command_is_asynchronous(made: World) -> None:
    STATES["servers"](made, {"deployment": made.sites["beta"].id})
    at_once = Traveller(made).travel(READS)
    late = Traveller(made, share=1.0).travel(READS)
    assert late.polls >= len(READS)
    assert {key: form(found) for key, found in steady(late).items()} == {
        key: form(found) for key, found in steady(at_once).items()
    }


def steady(journey: Traveller) -> dict[str, object]:
    """Return what a journey found; of what every journey adds to, only that it was answered."""
    return {
        key: found[0] if key.endswith(GROWING) else found for key, found in journey.finished.items()
    }


def form(value: object) -> object:
    """Return a value with what its objects were made of, and without ids and times."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [form(inner) for inner in value]
    return type(value)


def check_result(contract: Contract, step: Step, result: object) -> None:
    """Check that the result of an operation is what its call would have answered at once."""
    operations = (each for path in contract.document["paths"].values() for each in path.values())
    found = next(
        each
        for each in operations
        if isinstance(each, dict) and each.get("operationId") == step.row.name
    )
    content = found["responses"][str(step.row.status)].get("content")
    if content is None:
        assert result is None, step.title
    else:
        assert result is not None, step.title
        contract.check_body(content["application/json"]["schema"], result)
