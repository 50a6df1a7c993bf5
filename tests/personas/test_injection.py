"""Nothing but one owned instance is ever addressed, whatever is written where an id belongs."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.answers import JSON, METHODS
from tests.personas.payloads import FILTERS, IDS, NOT_TEXT, in_paths
from tests.personas.table import NOWHERE, TABLE, Kind, Row
from tests.personas.targets import absent
from tests.served import assert_problem
from tests.world import World

LEGAL = re.compile(r"[a-z][a-z0-9-]{2,31}", re.ASCII)
ROWS = [row for row in TABLE.values() if row.kind is Kind.INSTANCE]
OPAQUE = re.compile(r"ins_[0-9a-f]{32}", re.ASCII)


def prove_refused(world: World, row: Row, segment: str, body: Any = None) -> None:  # noqa: ANN401 # JSON
    """Call an operation with something in the place of the id, and find nothing sent."""
    path = row.path.replace("{instance}", segment)
    target = absent(world)
    given_body = row.body(target) if body is None else body
    response = world.operator.open(path, method=row.method, json=given_body)
    assert response.status_code in {404, 405, 422}, (segment, response.text)
    assert_problem(response, response.status_code)
    assert world.journal() == [], segment


def prove_only_one_id_is_sent(world: World) -> None:
    """Find no filter and no id in the journals that could address more than one instance."""
    for entry in world.journal():
        for name, value in entry["arguments"]:
            if name in {"instanceFilter", "instanceID"} and entry["effect"] != "read":
                assert LEGAL.fullmatch(value), entry


@pytest.fixture(scope="module")
def victim(own_world: World) -> JSON:
    """An instance that the operator reaches, and that must stay as it is."""
    return own_world.new_archive("A")


@pytest.fixture(autouse=True)
def untouched(own_world: World, victim: JSON) -> Iterator[None]:
    """Begin with empty journals, and end with the deployments as they were."""
    assert victim["status"] == "running"
    own_world.forget()
    before = [site.control.state_hash() for site in own_world.sites.values()]
    yield
    assert own_world.changes() == []
    assert [site.control.state_hash() for site in own_world.sites.values()] == before


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_path_that_names_no_instance_reaches_no_deployment(
    own_world: World, victim: JSON, row: Row
) -> None:
    for segment in in_paths(victim["id"], victim["instanceID"]):
        prove_refused(own_world, row, segment)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(noise=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_random_text_in_a_path_reaches_no_deployment(
    own_world: World, row: Row, noise: str
) -> None:
    segment = "".join(f"%{byte:02X}" for byte in noise.encode())
    if not OPAQUE.fullmatch(noise):
        prove_refused(own_world, row, segment)


def body_fields(document: JSON) -> Iterator[tuple[str, str, tuple[str, ...], JSON]]:
    """Yield method, path, place and schema of each text that a JSON body may hold."""
    schemas = document["components"]["schemas"]
    for path, item in document["paths"].items():
        for method in METHODS:
            content = item.get(method, {}).get("requestBody", {}).get("content", {})
            root = content.get("application/json", {}).get("schema")
            if root:
                for place, schema in _texts(root, schemas):
                    yield method.upper(), path, place, schema


def _texts(node: JSON, schemas: JSON) -> Iterator[tuple[tuple[str, ...], JSON]]:
    if "$ref" in node:
        yield from _texts(schemas[node["$ref"].rpartition("/")[2]], schemas)
    for name, schema in node.get("properties", {}).items():
        for place, inner in _texts(schema, schemas):
            yield (name, *place), inner
    if node.get("type") == "array":
        for place, inner in _texts(node["items"], schemas):
            yield ("[]", *place), inner
    if node.get("type") in ("string", ["string", "null"]):
        yield (), node


def planted(place: tuple[str, ...], value: object) -> Any:  # noqa: ANN401 # JSON
    """Return a body with a value in its place."""
    if not place:
        return value
    inner = planted(place[1:], value)
    return [inner] if place[0] == "[]" else {place[0]: inner}


def test_other_json_where_a_text_belongs_is_refused(own_world: World, victim: JSON) -> None:
    tried = 0
    ids = {**absent(own_world), "instance": victim["id"], "store": "1", "user": "jane"}
    ids |= {"deployment": own_world.sites["alpha"].id, "command": "StopInstances"}
    ids |= {"client": own_world.clients["a_reader"], "reseller": own_world.resellers["A"]}
    for noun in ("operation", "statement"):
        ids[noun] = own_world.call("GET", f"/{noun}s")["items"][0]["id"]
    hook = {"name": "hook", "url": NOWHERE}
    ids["webhook"] = own_world.call("POST", "/webhooks", hook, 201)["id"]
    own_world.forget()
    for method, path, place, schema in body_fields(own_world.served.contract.document):
        nothing = [] if "null" in schema["type"] else [None]
        concrete = re.sub(r"\{(\w+)\}", lambda match: str(ids.get(match[1], "1")), path)
        for value in [*NOT_TEXT, *nothing]:
            response = own_world.operator.open(concrete, method=method, json=planted(place, value))
            problem = assert_problem(response, 422, "INVALID_INPUT")
            assert problem["errors"], (path, place, value)
            tried += 1
    assert tried > 250
    assert own_world.journal() == []


@pytest.mark.parametrize("name", [*FILTERS, *IDS])
def test_an_instance_is_made_under_no_such_id(own_world: World, name: str) -> None:
    for key in ("instanceID", "alias"):
        body = {"instanceID": "good-one", "displayName": "x", key: name}
        if key == "alias" and re.fullmatch(r"[a-z0-9.@_-]{1,200}", name):
            continue
        response = own_world.operator.post("/instances", json=body)
        assert_problem(response, 400 if "\0" in name else 422)
    assert own_world.journal() == []


@pytest.mark.parametrize("value", [*NOT_TEXT, None])
def test_an_instance_is_made_under_no_other_json(own_world: World, value: object) -> None:
    body = {"instanceID": value, "displayName": "x"}
    assert_problem(own_world.operator.post("/instances", json=body), 422, "INVALID_INPUT")
    assert own_world.journal() == []


@pytest.mark.parametrize("name", [*FILTERS, *IDS, *NOT_TEXT, None])
@pytest.mark.parametrize(
    ("command", "key"),
    [("StopInstances", "instanceFilter"), ("SetArchiveAdminEnabled", "instanceID")],
)
def test_the_raw_command_addresses_one_known_instance(
    own_world: World, command: str, key: str, name: object
) -> None:
    more = {"enabled": True} if key == "instanceID" else {}
    path = f"/deployments/{own_world.sites['alpha'].id}/commands/{command}"
    response = own_world.operator.post(
        path, json={"arguments": {key: name, **more}}, headers={"Confirm": command}
    )
    assert_problem(response, 422, "INVALID_INPUT")
    assert own_world.journal() == []


@pytest.mark.parametrize("query", ["filter=*", "instanceFilter=*", "instanceID=tenant-1"])
def test_no_query_widens_a_call(own_world: World, victim: JSON, query: str) -> None:
    for path in ("/instances", f"/instances/{victim['id']}"):
        assert_problem(own_world.operator.get(f"{path}?{query}"), 422, "INVALID_INPUT")
    header = {"X-Instance-ID": "*", "X-SPE-Filter": "*"}
    response = own_world.operator.get(f"/instances/{victim['id']}", headers=header)
    assert response.get_json()["id"] == victim["id"]
    prove_only_one_id_is_sent(own_world)
