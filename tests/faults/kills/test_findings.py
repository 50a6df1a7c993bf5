"""Whatever may go wrong is seen: each invariant is broken once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.kills.cases import CASES, Scene
from tests.faults.kills.findings import findings
from tests.simulated import JSON

SCENE = Scene("ins_1", "acme")


def _operation() -> JSON:
    return {
        "id": "op_1",
        "status": "succeeded",
        "problem": None,
        "endTime": "2026-01-01T00:00:01Z",
        "deadline": "2026-01-01T00:30:00Z",
    }


def _state() -> JSON:
    place = {"instance_host": "host1", "base_directory": "D:\\acme"}
    archive = {"stores": [{"name": "Mail"}, {"name": "More"}], "users": {"jane": {}, "$sp": {}}}
    return {"instances": {"acme": place}, "archives": {"host1|d:\\acme": archive}}


def _usage() -> dict[str, JSON]:
    used = {"instances": 1, "users": 1, "stores": 2, "concurrentOperations": 0}
    return {name: {"used": count} for name, count in used.items()}


@dataclass
class World:
    """What both sides say after a store was made; a test spoils a part of it."""

    operation: JSON = field(default_factory=_operation)
    begun: list[JSON] = field(default_factory=lambda: [_operation()])
    there: JSON = field(default_factory=_state)
    entries: list[JSON] = field(
        default_factory=lambda: [{"command": "CreateStore", "changed": True}]
    )
    rows: list[JSON] = field(
        default_factory=lambda: [
            {"number": 9, "phase": "intent"},
            {"number": 10, "phase": "outcome"},
        ]
    )
    ours: list[JSON] = field(default_factory=lambda: [{"instanceID": "acme", "status": "active"}])
    usage: dict[str, JSON] = field(default_factory=_usage)
    held: list[str] = field(default_factory=list)
    reseller: str = "res_1"

    @property
    def control(self) -> "World":
        return self

    def state(self) -> JSON:
        return self.there

    def journal(self) -> list[JSON]:
        return self.entries

    def every(self, path: str) -> list[JSON]:
        return self.ours if path == "/instances" else self.rows

    def call(self, *_: Any) -> JSON:  # noqa: ANN401 - as the fleet's
        return {"usage": self.usage}

    def locks(self) -> list[str]:
        return self.held

    def kinds(self) -> list[str]:
        """Return the kinds of all findings."""
        fleet: Any = self
        case = CASES["createStore"]
        return [each.kind for each in findings(fleet, case, SCENE, self.operation, self.begun)]


def _stores(world: World) -> list[JSON]:
    found: list[JSON] = world.there["archives"]["host1|d:\\acme"]["stores"]
    return found


def test_what_is_as_it_should_be_has_no_findings() -> None:
    assert World().kinds() == []


SPOILT: dict[str, tuple[Callable[[World], object], list[str]]] = {
    "no effect": (lambda world: _stores(world).pop(), ["lost", "quota"]),
    "two effects": (lambda world: _stores(world).append({"name": "More"}), ["doubled", "quota"]),
    "sent twice": (lambda world: world.entries.append(world.entries[0]), ["doubled"]),
    "begun twice": (lambda world: world.begun.append(_operation() | {"id": "op_2"}), ["doubled"]),
    "not listed": (lambda world: world.begun.clear(), ["lost"]),
    "failed, but done": (lambda world: world.operation.update(status="failed"), ["orphan"]),
    "unknown": (lambda world: world.operation.update(status="unknown"), ["unknown"]),
    "cancelled": (lambda world: world.operation.update(status="cancelled"), ["wrong"]),
    "no end": (lambda world: world.operation.update(endTime=None), ["late"]),
    "past its deadline": (
        lambda world: world.operation.update(endTime="2026-01-01T00:30:01Z"),
        ["late"],
    ),
    "outcome twice": (
        lambda world: world.rows.append({"number": 11, "phase": "outcome"}),
        ["audit"],
    ),
    "outcome before intent": (lambda world: world.rows[0].update(number=11), ["audit"]),
    "an instance of nobody": (lambda world: world.ours.clear(), ["orphan"]),
    "an instance that is not there": (
        lambda world: world.ours.append({"instanceID": "other", "status": "active"}),
        ["orphan"],
    ),
    "a quota too high": (lambda world: world.usage["users"].update(used=2), ["quota"]),
    "a lock left": (lambda world: world.held.append("op_1"), ["locked"]),
    "an operation left": (
        lambda world: world.usage["concurrentOperations"].update(used=1),
        ["late"],
    ),
}


@pytest.mark.parametrize("what", SPOILT)
def test_whatever_is_spoilt_is_found(what: str) -> None:
    spoil, kinds = SPOILT[what]
    world = World()
    spoil(world)

    assert world.kinds() == kinds
