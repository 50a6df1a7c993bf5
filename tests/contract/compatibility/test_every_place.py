"""The real contract, broken at every place: each break is found there, and no addition is one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.web.contract.compatibility import Kind, breaking_changes
from gateway.web.contract.compatibility.place import ROOT
from tests.answers import JSON, METHODS


@contextmanager
def without(holder: JSON, key: str) -> Iterator[None]:
    """Take a member away, and put it back in its place."""
    kept = dict(holder)
    del holder[key]
    yield
    holder.clear()
    holder.update(kept)


def answered(real: JSON, name: str) -> JSON:
    """Return a contract of one call, which answers a schema of the real one."""
    return contract_of(real, "responses", {"200": body(name)})


def sent(real: JSON, name: str) -> JSON:
    """Return a contract of one call, which takes a schema of the real one."""
    return contract_of(real, "requestBody", body(name))


def body(name: str) -> JSON:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def contract_of(real: JSON, key: str, value: JSON) -> JSON:
    return {"paths": {"/": {"post": {key: value}}}, "components": real["components"]}


def with_schema(contract: JSON, name: str, schema: JSON) -> JSON:
    """Return a contract with another schema under a name."""
    components = contract["components"]
    return {
        **contract,
        "components": {**components, "schemas": {**components["schemas"], name: schema}},
    }


def objects(real: JSON) -> Iterator[tuple[str, JSON]]:
    for name, schema in real["components"]["schemas"].items():
        if schema.get("properties"):
            yield name, schema


def kinds(released: JSON, current: JSON) -> set[tuple[str, str]]:
    return {(each.pointer, each.kind.value) for each in breaking_changes(released, current)}


def test_the_contract_breaks_no_client_of_itself(real: JSON) -> None:
    assert breaking_changes(real, real) == []


def test_every_operation_is_missed(real: JSON) -> None:
    pristine = {**real, "paths": {path: dict(item) for path, item in real["paths"].items()}}
    for path, item in real["paths"].items():
        for method in [method for method in METHODS if method in item]:
            old = {**pristine, "paths": {path: pristine["paths"][path]}}
            with without(item, method):
                found = breaking_changes(old, {**real, "paths": {path: item}})
            assert [each.detail for each in found] == [f"{method.upper()} {path} is gone."]


def test_every_member_of_an_answer_is_missed(real: JSON) -> None:
    for name, schema in objects(real):
        released = answered(real, name)
        for member in schema["properties"]:
            place = f"#/components/schemas/{name}/properties/{member}"
            kept = {key: each for key, each in schema["properties"].items() if key != member}
            current = with_schema(released, name, {**schema, "properties": kept})
            assert (place, Kind.RESPONSE_MEMBER_REMOVED.value) in kinds(released, current)


def test_every_member_of_an_answer_has_its_type(real: JSON) -> None:
    for name, schema in objects(real):
        released = answered(real, name)
        for member, said in schema["properties"].items():
            if said == {"description": said.get("description")}:
                continue  # anything may stand there
            properties = {**schema["properties"], member: {"type": "tree"}}
            current = with_schema(released, name, {**schema, "properties": properties})
            found = {kind for _, kind in kinds(released, current)}
            assert Kind.RESPONSE_TYPE_CHANGED.value in found, (name, member)


def test_whatever_is_always_answered_is_so_for_ever(real: JSON) -> None:
    for name, schema in objects(real):
        released = answered(real, name)
        for member in schema.get("required", ()):
            place = f"#/components/schemas/{name}/properties/{member}"
            left = [each for each in schema["required"] if each != member]
            current = with_schema(released, name, {**schema, "required": left})
            assert (place, Kind.RESPONSE_MEMBER_OPTIONAL.value) in kinds(released, current)


def test_a_new_member_breaks_nothing_where_it_is_answered(real: JSON) -> None:
    for name, schema in objects(real):
        released = answered(real, name)
        properties = {**schema["properties"], "brandNew": {"type": "string"}}
        for required in ([], ["brandNew"]):
            with_it = {
                **schema,
                "properties": properties,
                "required": [*schema.get("required", ()), *required],
            }
            assert breaking_changes(released, with_schema(released, name, with_it)) == []


def test_every_member_of_a_request_is_missed(real: JSON) -> None:
    for name, schema in objects(real):
        released = sent(real, name)
        takes = [key for key, said in schema["properties"].items() if not said.get("readOnly")]
        for member in takes:
            kept = {key: each for key, each in schema["properties"].items() if key != member}
            current = with_schema(
                released, name, {**schema, "properties": kept, "additionalProperties": False}
            )
            place = f"#/components/schemas/{name}/properties/{member}"
            assert (place, Kind.REQUEST_MEMBER_REMOVED.value) in kinds(released, current)


@pytest.mark.parametrize("required", [False, True])
def test_a_new_member_breaks_a_request_only_if_it_must_be_sent(
    real: JSON, *, required: bool
) -> None:
    for name, schema in objects(real):
        released = sent(real, name)
        properties = {**schema["properties"], "brandNew": {"type": "string"}}
        demanded = [*schema.get("required", ()), *(["brandNew"] if required else [])]
        changed = {**schema, "properties": properties, "required": demanded}
        found = breaking_changes(released, with_schema(released, name, changed))
        assert bool(found) is required, name


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("operationId", "another", Kind.OPERATION_RENAMED),
        ("x-sdk-method", "an.other", Kind.SDK_METHOD_RENAMED),
        ("x-permission", "more:needed", Kind.PERMISSION_CHANGED),
        ("x-idempotency", {}, Kind.IDEMPOTENCY_LOWERED),
        ("responses", {}, Kind.STATUS_REMOVED),
        ("parameters", [], Kind.PARAMETER_REMOVED),
    ],
)
def test_every_promise_of_every_operation_is_kept(
    real: JSON, key: str, value: object, kind: Kind
) -> None:
    broken: JSON = {path: dict(item) for path, item in real["paths"].items()}
    promised = set()
    for path, item in broken.items():
        for method in [method for method in METHODS if item.get(method, {}).get(key)]:
            item[method] = {**item[method], key: value}
            promised.add(ROOT.at("paths", path, method).pointer)

    found = breaking_changes(real, {**real, "paths": broken})

    told = {"/".join(each.pointer.split("/")[:4]) for each in found if each.kind is kind}
    assert told == promised != set()
