"""What the contract says beyond OpenAPI is explained, and what is explained is said."""

import json
import re
from pathlib import Path

import pytest

from gateway.events.catalogue import MEANINGS
from gateway.model import EventType
from gateway.spe.catalogue import COMMANDS
from gateway.web.contract.compatibility import Kind
from gateway.web.operation import OPERATIONS
from tests.answers import JSON
from tests.contract.golden import golden
from tests.contract.rules.walk import objects, operations
from tests.world import World

PAGE = (Path(__file__).parents[2] / "docs" / "contract.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)
METHOD = re.compile(r"[a-z][a-zA-Z]*\.[a-z][a-zA-Z]*")


@pytest.fixture(scope="module")
def document(shared_world: World) -> JSON:
    found: JSON = shared_world.operator.get("/openapi.json").get_json()
    return found


def rows(heading: str) -> set[str]:
    """Return what the first column of a table names, below a heading."""
    return set(ROW.findall(PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]))


def test_every_extension_is_explained_and_nothing_else_is(document: JSON) -> None:
    editions = [document, json.loads(golden("openapi-3.0.json"))]
    found = {key for each in objects(editions) for key in each if key.startswith("x-")}

    assert found == rows("Extensions")


def test_every_kind_of_breaking_change_is_explained() -> None:
    assert rows("Versions") == {kind.value for kind in Kind}


def test_every_operation_says_what_was_declared_of_it(document: JSON) -> None:
    for each in operations(document):
        spec = OPERATIONS[each.name]
        permission = spec.permission.value if spec.permission else None
        assert each.said.get("x-permission") == permission, each.name
        assert each.said.get("x-commands", []) == [one.name for one in spec.commands], each.name
        assert ("x-idempotency" in each.said) is (spec.idempotency is not None), each.name
        assert METHOD.fullmatch(each.said["x-sdk-method"]), each.name


def test_every_command_that_is_named_exists(document: JSON) -> None:
    named = {name for each in operations(document) for name in each.said.get("x-commands", ())}

    assert named
    assert named - set(COMMANDS) == set()


def test_the_webhook_tells_every_type_of_event_with_an_example(document: JSON) -> None:
    operation = document["webhooks"]["event"]["post"]
    told = {kind.value for kind in MEANINGS} - {EventType.BASELINE.value}
    media = operation["requestBody"]["content"]["application/cloudevents+json"]

    assert set(operation["x-event-types"]) == set(media["examples"]) == told
    for name, said in operation["x-event-types"].items():
        assert said["description"]
        assert set(media["examples"][name]["value"]["data"]) <= set(said["data"]), name


def test_webhooks_have_a_tag_of_their_own(document: JSON) -> None:
    """Generators make a class of a tag: a shared one would lose the methods of the other."""
    called = {tag for each in operations(document) for tag in each.said["tags"]}

    assert called.isdisjoint(document["webhooks"]["event"]["post"]["tags"])
