"""A call of each class of changing command, and how to see what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import Effect
from tests.faults.kills.fleet import Fleet
from tests.simulated import JSON

JOB = {"name": "Nightly", "action": "RetryOpenStores"}


@dataclass(frozen=True)
class Scene:
    """What a drill is about.

    Attributes:
        instance: opaque id; empty if the drill's call makes it.
        name: SPE's id of the instance.
        process: number of the instance's process before.
    """

    instance: str
    name: str
    process: int = 0


@dataclass(frozen=True)
class Case:
    """A call.

    Attributes:
        name: operationId of the call.
        command: what it sends that changes something: the one that is interrupted.
        method: of HTTP.
        path: with the place ``{instance}``.
        body: of the request, by the scene.
        done: how often the deployment is as the call should have made it: once, or not at all.
        prepare: makes the scene.
        is_settled: whether a lost answer's outcome can always be found out.
        repeats: whether sending the command twice does no harm.
        is_long: whether the deployment always answers it with a token first.
        ends: how the operation ends that nobody interrupts.
        putting_back: the command that takes back what an earlier step did, where there is one.
        broken: the command that the deployment refuses, where one is.
    """

    name: str
    command: str
    method: str
    path: str
    body: Callable[[Fleet, Scene], JSON | None]
    done: Callable[[JSON, Scene], int]
    prepare: Callable[[Fleet], Scene]
    is_settled: bool = True
    repeats: bool = False
    is_long: bool = False
    ends: str = "succeeded"
    putting_back: str = ""
    broken: str = ""

    def __str__(self) -> str:
        return f"{self.name}-broken" if self.broken else self.name

    @property
    def effect(self) -> Effect:
        """The class of its command."""
        return COMMANDS[self.command].effect


def row(state: JSON, scene: Scene) -> JSON:
    """Return the deployment's record of the instance."""
    found: JSON = state["instances"].get(scene.name, {})
    return found


def inside(state: JSON, scene: Scene) -> JSON:
    """Return what lies in the instance's directory."""
    found = row(state, scene)
    key = f"{found['instance_host']}|{found['base_directory']}".casefold()
    archive: JSON = state["archives"][key]
    return archive


def _archive(fleet: Fleet) -> Scene:
    made = fleet.new_archive()
    state = fleet.control.state()
    scene = Scene(made["id"], made["instanceID"])
    return Scene(scene.instance, scene.name, row(state, scene)["process_id"])


def _deleted(fleet: Fleet) -> Scene:
    scene = _archive(fleet)
    fleet.call("DELETE", f"/instances/{scene.instance}")
    return scene


def _nothing(fleet: Fleet) -> Scene:
    return Scene("", f"tenant-{next(fleet.numbers)}")


def _just(**body: Any) -> Callable[[Fleet, Scene], JSON]:  # noqa: ANN401 - JSON
    return lambda _fleet, _scene: body


def _none(_fleet: Fleet, _scene: Scene) -> None:
    return None


def _new(**more: Any) -> Callable[[Fleet, Scene], JSON]:  # noqa: ANN401 - JSON
    def body(fleet: Fleet, scene: Scene) -> JSON:
        known = {"instanceID": scene.name, "displayName": "New", "reseller": fleet.reseller}
        return known | more

    return body


def _count(kind: str, **wanted: object) -> Callable[[JSON, Scene], int]:
    def count(state: JSON, scene: Scene) -> int:
        found = inside(state, scene)[kind]
        rows = found.values() if isinstance(found, dict) else found
        return sum(wanted.items() <= entry.items() for entry in rows)

    return count


def _renamed(state: JSON, scene: Scene) -> int:
    found = row(state, scene)
    return int(found["display_name"] == "After")


def _exists(state: JSON, scene: Scene) -> int:
    return int(scene.name in state["instances"])


def _is_gone(state: JSON, scene: Scene) -> int:
    return int(scene.name not in state["instances"])


def _has_no_jane(state: JSON, scene: Scene) -> int:
    return int("jane" not in inside(state, scene)["users"])


def _restarted(state: JSON, scene: Scene) -> int:
    """A start takes the next process number but three; others start as well, but none here."""
    return int(row(state, scene)["process_id"] != scene.process)


def _runs(state: JSON, scene: Scene) -> int:
    """A verification leaves no trace; that the instance is unharmed is all there is to see."""
    return int(row(state, scene)["status"] == "running")


CASES: Mapping[str, Case] = {
    str(case): case
    for case in (
        Case(
            "updateInstance",
            "SetInstanceConfiguration",
            "PATCH",
            "/instances/{instance}?restart=true",
            _just(displayName="After"),
            _renamed,
            _archive,
            repeats=True,
            putting_back="StartInstances",
        ),
        Case("createInstance", "CreateInstance", "POST", "/instances", _new(), _exists, _nothing),
        Case(
            "createInstance",
            "CreateInstance",
            "POST",
            "/instances",
            _new(
                archiveAdmin=True,
                users=[{"userName": "jane"}],
                onFailure="remove",
            ),
            lambda state, scene: 1 - _exists(state, scene),
            _nothing,
            ends="failed",
            putting_back="DeleteInstances",
            broken="CreateUser",
        ),
        Case(
            "createStore",
            "CreateStore",
            "POST",
            "/instances/{instance}/stores",
            _just(name="More"),
            _count("stores", name="More"),
            _archive,
        ),
        Case(
            "createJob",
            "CreateJob",
            "POST",
            "/instances/{instance}/jobs",
            _just(**JOB),
            _count("jobs", name="Nightly"),
            _archive,
        ),
        Case(
            "createUser",
            "CreateUser",
            "POST",
            "/instances/{instance}/users",
            _just(userName="john", password="secret-of-john"),
            lambda state, scene: int("john" in inside(state, scene)["users"]),
            _archive,
        ),
        Case(
            "deleteUser",
            "DeleteUser",
            "DELETE",
            "/instances/{instance}/users/jane",
            _none,
            _has_no_jane,
            _archive,
        ),
        Case(
            "purgeInstance",
            "DeleteInstances",
            "POST",
            "/instances/{instance}/purge",
            lambda _fleet, scene: {"instanceID": scene.name, "legalHoldChecked": True},
            _is_gone,
            _deleted,
        ),
        Case(
            "restartInstance",
            "RestartInstances",
            "POST",
            "/instances/{instance}/restart",
            _none,
            _restarted,
            _archive,
        ),
        Case(
            "verifyStore",
            "VerifyStore",
            "POST",
            "/instances/{instance}/stores/1/verify",
            _just(includeIndexes=False),
            _runs,
            _archive,
            is_settled=False,
            repeats=True,
            is_long=True,
        ),
    )
}
"""By the operationId; ``-broken`` if the deployment refuses a part of it."""
