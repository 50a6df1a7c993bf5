"""Whatever text a caller gives arrives at the deployment byte for byte, and as one value."""

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest

from tests.coverage.faulty import Reader
from tests.coverage.journey import OWNER, commands_of
from tests.personas.table import JOB, TABLE, Row
from tests.personas.targets import fresh
from tests.world import World

JSON = Any
Path = tuple[str | int, ...]

VALUE = "a & b = % + %26 ü € \"quote\" 'x' \\ <é>"
FREE = r"^[^\u0000-\u001F\u007F-\u009F]*$"
"""The pattern of text that may hold anything but control characters."""

ELSEWHERE = {"invokeCommand", "createDeployment", "repinDeployment"}
"""The raw command takes no texts of its own; a registration sends its texts as credentials."""

ROWS = [
    row
    for row in TABLE.values()
    if row.method in {"POST", "PUT", "PATCH"} and row.sends and row.name not in ELSEWHERE
]
AROUND: dict[str, JSON] = {
    "createJob": {**JOB, "schedule": {"time": "03:00"}},
    "updateJob": {"schedule": {"time": "03:00"}},
    "deleteEmptyFolders": {"all": False},
    "createInstance": {
        "instanceID": "tenant-bytes",
        "displayName": "x",
        "archiveAdmin": True,
        "users": [{"userName": "jane"}],
    },
}
"""Bodies that allow what the table's exclude."""

KEPT: set[Path] = {
    ("createInstance", "externalId"),
    ("createInstance", "labels", "key"),
    ("createInstance", "placement", "labels", "key"),
    ("updateInstance", "externalId"),
    ("updateInstance", "labels", "key"),
    ("purgeInstance", "instanceID"),
    ("adoptInstance", "externalId"),
    ("adoptInstance", "labels", "key"),
}
"""What the gateway keeps for itself, and a confirmation."""


RENAMED: dict[Path, set[str]] = {("updateUser", "userName"): {"newUserName", "userName"}}
"""What arrives under other names than ours, by the place in the body; the new name is read too."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_free_text_arrives_as_it_was_given(own_world: World, row: Row) -> None:
    wrong = []
    for path in free_texts(own_world, row):
        if (row.name, *path) in KEPT:
            continue
        target = fresh(own_world, row, OWNER)
        body = _with(AROUND.get(row.name, row.body(target)), path, VALUE)
        if "instanceID" in body:
            body["instanceID"] = target["name"]
        own_world.forget()
        response = own_world.operator.open(row.path.format(**target), method=row.method, json=body)
        arrived = {name for name, text in _sent(own_world) if text == VALUE}
        if arrived != _names(row, path):
            wrong.append(f"{(row.name, *path)}: {arrived or response.text}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("user", [VALUE, "ü", "a+b", "50%"])
def test_a_name_in_the_path_arrives_as_it_was_given(own_world: World, user: str) -> None:
    instance = own_world.new_archive(OWNER)["id"]
    users = f"/instances/{instance}/users"
    own_world.call("POST", users, {"userName": user}, 201)
    own_world.forget()
    found = own_world.call("GET", f"{users}/{quote(user, safe='')}")
    assert found["userName"] == user
    assert {name for name, text in _sent(own_world) if text == user} == {"userName"}


def _names(row: Row, path: Path) -> set[str]:
    """Return the arguments, or members of arguments, that a text of a body arrives as."""
    names = [part for part in path if isinstance(part, str)]
    return RENAMED.get((row.name, *path), {names[-1]})


def free_texts(world: World, row: Row) -> list[Path]:
    """Return where the body of an operation takes any text."""
    document = world.served.contract.document
    found = next(
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and operation.get("operationId") == row.name
    )
    if "requestBody" not in found:
        return []
    schema = found["requestBody"]["content"]["application/json"]["schema"]
    return list(_free(Reader(document), schema, ()))


def _free(reader: Reader, schema: dict[str, JSON], path: Path) -> Iterator[Path]:
    schema = reader.schema(schema)
    if schema.get("pattern") == FREE:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from _free(reader, inner, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from _free(reader, schema["items"], (*path, 0))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from _free(reader, schema["additionalProperties"], (*path, "key"))


def _with(body: JSON, path: Path, value: JSON) -> JSON:
    """Return a body with a value at a place."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if first == 0:
        return [_with(body[0] if body else None, rest, value)]
    whole = deepcopy(dict(body or {}))
    return {**whole, first: _with(whole.get(first), rest, value)}


def _sent(world: World) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each text that reached a deployment.

    They are decoded by a reader that is not ours. A text within JSON has the name of its member.
    """
    for entry in commands_of(world.journal()):
        text = base64.b64decode(entry["body"]).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
        assert pairs == [tuple(pair) for pair in entry["arguments"]]
        assert len({name for name, _ in pairs}) == len(pairs)
        for name, argument in pairs:
            yield from ((name, text) for text in {argument, *argument.split(",")})
            if argument[:1] in {"{", "["}:
                yield from _texts(name, json.loads(argument))


def _texts(name: str, value: JSON) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        yield from (text for key, inner in value.items() for text in _texts(key, inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in _texts(name, inner))
