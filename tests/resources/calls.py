"""What the tests of whole deployments, and of refusals, say in one line."""

from typing import Any

from tests.resources.archive import Archive
from tests.served import assert_problem
from tests.simulated import JSON
from tests.world import World


def arguments(world: World, command: str) -> JSON:
    """Return the arguments of the one call of a command that the journals hold."""
    found = [entry for entry in world.journal() if entry["command"] == command]
    assert len(found) == 1, [entry["command"] for entry in world.journal()]
    return dict(found[0]["arguments"])


def refused(archive: Archive, method: str, path: str, body: JSON) -> list[dict[str, Any]]:
    """Assert that a body is a 422 that changes nothing, and return its faults."""
    problem = assert_problem(archive.open(method, path, body), 422, "INVALID_INPUT")
    assert archive.changes() == []
    faults: list[dict[str, Any]] = problem["errors"]
    assert faults
    return faults


def refused_here(world: World, method: str, path: str, body: JSON) -> list[dict[str, Any]]:
    """Assert the same of a call about a whole deployment."""
    world.forget()
    response = world.operator.open(path, method=method, json=body)
    problem = assert_problem(response, 422, "INVALID_INPUT")
    assert world.changes() == []
    faults: list[dict[str, Any]] = problem["errors"]
    return faults


def plant(archive: Archive, **entry: Any) -> None:  # noqa: ANN401 # what a seed takes
    """Plant something in an archive that is there: stores, folders, worker results."""
    known = archive.control.state()["instances"][archive.name]
    whole = {
        "instanceID": archive.name,
        "instanceHost": known["instance_host"],
        "baseDirectory": known["base_directory"],
        "archiveAdminEnabled": True,
        **entry,
    }
    archive.control.seed(instances=[whole])
