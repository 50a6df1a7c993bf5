"""How somebody who reads a stream, or waits, loses the right to."""

from collections.abc import Callable
from datetime import timedelta

from gateway.model import now
from tests.world import World

Leave = Callable[[World, str], None]


def _disabled(world: World, client: str) -> None:
    world.call("PATCH", f"/clients/{client}", {"disabled": True})


def _deleted(world: World, client: str) -> None:
    world.call("DELETE", f"/clients/{client}", status=204)


def _expired(world: World, client: str) -> None:
    past = (now() - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    world.call("PATCH", f"/clients/{client}", {"expireTime": past})


def _restricted(world: World, client: str) -> None:
    world.call("PATCH", f"/clients/{client}", {"instances": [world.home["id"]]})


def _without_the_right(world: World, client: str) -> None:
    world.call("PATCH", f"/clients/{client}", {"roles": [], "permissions": ["stores:read"]})


LEAVING: dict[str, tuple[Leave, str]] = {
    "disabled": (_disabled, "UNAUTHENTICATED"),
    "deleted": (_deleted, "UNAUTHENTICATED"),
    "expired": (_expired, "UNAUTHENTICATED"),
    "restricted": (_restricted, "NOT_FOUND"),
    "without the right": (_without_the_right, "PERMISSION_MISSING"),
}
"""The ways, each with the code that is told."""
