"""The contract keeps what the last release promised, or has a newer version."""

import json
from typing import Final

import pytest

from gateway.web.contract.compatibility import advice, breaking_changes, needs_version
from gateway.web.contract.document import openapi_document
from tests.answers import JSON
from tests.contract.golden import released, what_to_do
from tests.world import World

LATER: Final = "2099-01-01"


@pytest.fixture
def current(shared_world: World) -> JSON:
    """Return the contract that the code makes, which may be spoilt."""
    return openapi_document(shared_world.served.app)


def test_the_contract_breaks_no_client_of_the_last_release(current: JSON) -> None:
    """If this fails, its message says what to do about each break."""
    changes = breaking_changes(released(), current)

    assert not needs_version(changes, released(), current), advice(changes)


def test_whoever_removes_an_operation_is_told_what_to_do(current: JSON) -> None:
    before = json.dumps(current)
    del current["paths"]["/instances/{instance}/stores/{store}"]["delete"]

    said = what_to_do(before, json.dumps(current))

    assert said == (
        "DELETE /instances/{instance}/stores/{store} is gone. Keep it, and mark it as deprecated, "
        "or raise the version: docs/contract.md#versions"
    )


def test_whoever_changes_a_member_of_an_answer_is_told_what_to_do(current: JSON) -> None:
    before = json.dumps(current)
    current["components"]["schemas"]["Store"]["properties"]["name"]["type"] = ["string", "null"]

    said = what_to_do(before, json.dumps(current))

    assert said.startswith("Store.name was string, and may be null now. Answer as before")
    assert said.endswith("or raise the version: docs/contract.md#versions")


def test_whoever_adds_something_is_told_to_write_the_files(current: JSON) -> None:
    before = json.dumps(current)
    schema = current["components"]["schemas"]["Store"]
    schema["properties"]["colour"] = {"description": "Its colour.", "type": "string"}

    assert "run make openapi" in what_to_do(before, json.dumps(current))


def test_a_newer_version_may_break_what_was_released(current: JSON) -> None:
    before = released()
    current["paths"].popitem()
    changes = breaking_changes(before, current)
    assert needs_version(changes, before, current)

    current["info"]["version"] = LATER

    assert not needs_version(changes, before, current)
