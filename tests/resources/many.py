"""Calls of one action on many instances."""

from werkzeug.test import TestResponse

from tests.answers import JSON
from tests.served import CheckedClient
from tests.world import World

PATH = "/instance-actions"
AT_ONCE = {"Prefer": "wait=0"}


def act(
    client: CheckedClient,
    ids: list[str],
    action: str = "stop",
    **headers: str,
) -> TestResponse:
    return client.post(PATH, json={"action": action, "instances": ids}, headers=headers or None)


def made(world: World, owners: str) -> list[str]:
    """Make an instance for each letter, and forget what was sent for that."""
    ids = [str(world.new_instance(owner)["id"]) for owner in owners]
    world.forget()
    return ids


def items(answer: TestResponse) -> list[JSON]:
    found: list[JSON] = answer.get_json()["result"]["items"]
    return found


def outcomes(answer: TestResponse) -> list[str]:
    return [item["status"] for item in items(answer)]


def rows(world: World) -> int:
    return len(world.call("GET", "/operations?limit=500")["items"])


def hold(world: World) -> None:
    """Let the deployments answer every command with a token, and then stand still."""
    for site in world.sites.values():
        site.control.asynchronous(share=1.0)
        site.control.pause()


def let_go(world: World) -> None:
    for site in world.sites.values():
        site.control.asynchronous(share=0.0)
    world.release()
