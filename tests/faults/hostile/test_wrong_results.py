"""A success with a wrong result: every read answers as documented, or with a problem."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.spe.catalogue import COMMANDS
from gateway.spe.endpoint import Endpoint
from gateway.spe.raw import RawRequest, exchange
from tests.answers import Undocumented
from tests.faults.cases import envelope
from tests.faults.hostile.callers import Ground, ground
from tests.faults.hostile.replies import http
from tests.personas.table import TABLE, Row
from tests.personas.targets import STATES, fresh
from tests.world import World, world

JSON = Any
OWNER = "A1"
READS = [
    row for row in TABLE.values() if row.reads and row.sends in COMMANDS and row.name != "getMe"
]
WHOLE: dict[str, JSON] = {
    "null": None,
    "true": True,
    "text": "<script>alert(1)</script>",
    "object": {},
    "list-of-nulls": [None],
    "list-of-lists": [[1]],
    "list-of-objects": [{}],
    "prototype": {"__proto__": {"polluted": True}},
}
WRONG: tuple[JSON, ...] = (True, 10**40, [1], {"constructor": 1}, -1, 1e308, [None])
"""By turns instead of a member."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A world whose deployment lies."""
    with world(tmp_path_factory.mktemp("hostile")) as made:
        yield ground(made)


def truth(scene: Ground, command: str) -> JSON:
    """Return what the deployment says now to the last call of a command."""
    entry = [each for each in scene.site.journal() if each["command"] == command][-1]
    announced = scene.site.simulator.announcement()
    endpoint = Endpoint(
        "d1",
        "127.0.0.1",
        announced["port"],
        announced["userName"],
        announced["password"],
        announced["sha256"],
    )
    body = base64.b64decode(entry["body"])
    headers = {"Authorization": endpoint.authorization, "Content-Length": str(len(body))}
    reply = exchange(endpoint, RawRequest("POST", entry["path"], headers, body))
    return json.loads(reply.body.decode("utf-8-sig"))["result"]


def spoilt(result: JSON) -> Iterator[tuple[str, JSON]]:
    """Yield wrong results by name: the whole, and each member of the first object."""
    yield from WHOLE.items()
    first = result[0] if isinstance(result, list) and result else result
    for number, name in enumerate(first if isinstance(first, dict) else ()):
        for wrong in (None, WRONG[number % len(WRONG)], WRONG[(number + 2) % len(WRONG)]):
            changed = {**first, name: wrong}
            yield f"{name}={wrong!r}", [changed, *result[1:]] if result is not first else changed
        rest = {key: value for key, value in first.items() if key != name}
        yield f"{name} absent", [rest, *result[1:]] if result is not first else rest


@pytest.mark.parametrize("row", READS, ids=lambda row: row.name)
def test_a_read_of_wrong_results_is_documented_or_a_problem(scene: Ground, row: Row) -> None:
    made: World = scene.world
    target = fresh(made, row, OWNER)
    target["deployment"] = scene.site.id
    if row.state == "servers":
        STATES[row.state](made, target)
    path = row.path.format(**target).replace("beta-host1", "alpha-host1")
    made.forget()
    assert made.operator.get(path).status_code == 200
    result = truth(scene, row.sends)

    bad = []
    for name, wrong in spoilt(result):
        reply = http(envelope("succeeded", wrong).encode())
        with scene.spoilt(row.sends, reply):
            try:
                response = made.operator.get(path)
            except Undocumented as breach:
                bad.append(f"{name}: {breach}")
                continue
        if response.status_code == 500:
            bad.append(f"{name}: {response.text}")
    assert bad == []
    assert made.operator.get(path).status_code == 200
