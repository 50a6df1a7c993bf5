"""The links of the contract: made by rule, and they lead where they say."""

import re
from collections.abc import Iterator

import pytest

from gateway.web.contract.links import KEYS, add_links
from tests.answers import JSON, METHODS
from tests.world import World

REQUEST = re.compile(r"\$request\.path\.(\w+)")
BODY = re.compile(r"\$response\.body#/(.+)")


@pytest.fixture(scope="module")
def document(shared_world: World) -> JSON:
    found: JSON = shared_world.operator.get("/openapi.json").get_json()
    return found


def operations(document: JSON) -> dict[str, tuple[str, JSON]]:
    return {
        item[method]["operationId"]: (path, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def links(document: JSON, operation: str, status: str) -> JSON:
    answer = operations(document)[operation][1]["responses"][status]
    name = answer.get("$ref", "").rpartition("/")[2]
    found: JSON = (document["components"]["responses"][name] if name else answer)["links"]
    return found


def every_link(document: JSON) -> Iterator[tuple[str, JSON, JSON]]:
    """Yield the path, the answer and each link of it."""
    for path, operation in operations(document).values():
        for answer in operation["responses"].values():
            for link in answer.get("links", {}).values():
                yield path, answer, link


def member(document: JSON, schema: JSON, pointer: str) -> JSON:
    """Return the schema of a member; raises LookupError when there is none."""
    for step in pointer.split("/"):
        name = schema.get("$ref", "").rpartition("/")[2]
        whole = document["components"]["schemas"][name] if name else schema
        schema = whole["items"] if step == "0" else whole["properties"][step]
    return schema


def test_what_was_made_leads_to_itself(document: JSON) -> None:
    assert links(document, "createStore", "201") == {
        name: {
            "operationId": name,
            "parameters": {"instance": "$request.path.instance", "store": "$response.body#/id"},
        }
        for name in ("getStore", "updateStore", "detachStore")
    }


def test_what_was_made_elsewhere_leads_to_itself_too(document: JSON) -> None:
    assert links(document, "attachStore", "201") == links(document, "createStore", "201")
    assert "getInstance" in links(document, "adoptInstance", "201")
    assert "getDelivery" in links(document, "testWebhook", "201")


def test_what_was_read_leads_to_what_needs_no_other_id(document: JSON) -> None:
    found = links(document, "getInstance", "200")
    assert {"updateInstance", "startInstance", "listStores", "createUser"} <= set(found)
    assert not {"getInstance", "getStore", "verifyStore"} & set(found)
    assert found["startInstance"]["parameters"] == {"instance": "$request.path.instance"}


def test_a_change_of_what_was_read_has_its_tag(document: JSON) -> None:
    change = links(document, "getReseller", "200")["updateReseller"]
    assert change["parameters"]["If-Match"] == "$response.header.ETag"


def test_a_list_leads_to_its_first(document: JSON) -> None:
    first = links(document, "listUsers", "200")["getUser"]
    assert first["parameters"]["user"] == "$response.body#/items/0/userName"


def test_an_accepted_call_leads_to_its_operation(document: JSON) -> None:
    assert links(document, "verifyStore", "202")["getOperation"] == {
        "operationId": "getOperation",
        "parameters": {"operation": "$response.body#/id"},
    }


def test_every_link_names_the_parameters_of_the_path_it_leads_to(document: JSON) -> None:
    known = operations(document)
    for _, _, link in every_link(document):
        needed = set(re.findall(r"\{(\w+)\}", known[link["operationId"]][0]))
        assert set(link["parameters"]) - {"If-Match"} == needed, link


def test_every_link_takes_what_is_there(document: JSON) -> None:
    for path, answer, link in every_link(document):
        for value in link["parameters"].values():
            if found := REQUEST.fullmatch(value):
                assert f"{{{found[1]}}}" in path, (path, link)
            elif found := BODY.fullmatch(value):
                schema = answer["content"]["application/json"]["schema"]
                assert member(document, schema, found[1]), (path, link)
            else:
                assert "ETag" in answer["headers"], (path, link)


def test_every_noun_that_can_be_read_is_led_to(document: JSON) -> None:
    led = {link["operationId"] for _, _, link in every_link(document)} | {"getOperation"}
    for name, (path, operation) in operations(document).items():
        reads = operation is document["paths"][path].get("get")
        assert not (reads and path.endswith("}")) or name in led, name


def test_every_key_that_is_no_id_is_one_of_the_contract(document: JSON) -> None:
    assert set(KEYS) <= set(re.findall(r"\{(\w+)\}", "".join(document["paths"])))


def test_a_document_without_nouns_gets_the_link_of_accepted_alone() -> None:
    document: JSON = {"paths": {}, "components": {"responses": {"Accepted": {}}}}
    add_links(document)
    assert list(document["components"]["responses"]["Accepted"]["links"]) == ["getOperation"]


def followed(world: World, document: JSON, asked: JSON, told: JSON, link: JSON) -> int:
    """Follow a link as a reader would: from what was asked and told, by what it names."""
    path, _ = operations(document)[link["operationId"]]
    for name, value in link["parameters"].items():
        request, body = REQUEST.fullmatch(value), BODY.fullmatch(value)
        there = asked[request[1]] if request else told[body[1]] if body else ""
        path = path.replace(f"{{{name}}}", str(there))
    return world.operator.get(path).status_code


def test_the_links_of_real_answers_lead_to_real_answers(
    shared_world: World, document: JSON
) -> None:
    archive = shared_world.new_archive("A")
    reading = links(document, "createInstance", "201")["getInstance"]
    assert followed(shared_world, document, {}, archive, reading) == 200
    asked = {"instance": archive["id"]}
    stores = links(document, "getInstance", "200")["listStores"]
    assert followed(shared_world, document, asked, archive, stores) == 200
    store = shared_world.call("POST", f"/instances/{archive['id']}/stores", {"name": "x"}, 201)
    reading = links(document, "createStore", "201")["getStore"]
    assert followed(shared_world, document, asked, store, reading) == 200
