"""Waiting until everything that was told has come to everybody, for as long as something moves."""

from collections.abc import Callable
from functools import partial
from time import monotonic, sleep

from gateway.model import OperationStatus
from tests.faults.events.drill import Drill
from tests.faults.events.house import Webhook
from tests.faults.events.readers import Follower
from tests.faults.kills.fleet import Late

STANDSTILL_SECONDS = 90.0
"""After which nothing more is expected to come."""

GLANCE_SECONDS = 0.5
UNSENT = ("waiting", "sending")
MANY = 10**9
"""More than is ever sent."""


def come_to_rest(drill: Drill) -> None:
    """Let the callers reach the number of events, end them, and wait until all is heard.

    Raises:
        Late: nothing comes any more, although something is missing.
    """
    _await(lambda: _last(drill, "root"), drill.plan.events, "the log of root")
    for actor in drill.actors:
        actor.end()
        actor.join()
    _await(lambda: -_running(drill), 0, "an operation")
    for webhook in drill.house.webhooks:
        _await(partial(_sent, drill, webhook), 0, f"the webhook of {webhook.owner}")
    for name, follower in drill.followers.items():
        _await(partial(_number, follower), _last(drill, name), f"the stream of {name}")
        follower.end()


def _await(seen: Callable[[], int], goal: int, what: str) -> None:
    """Wait until something that grows has come to a goal.

    Raises:
        Late: it stands still.
    """
    before, since = seen(), monotonic()
    while (found := seen()) < goal:
        if found != before:
            before, since = found, monotonic()
        if monotonic() - since > STANDSTILL_SECONDS:
            raise Late(f"{what} stands at {found}, not {goal}")
        sleep(GLANCE_SECONDS)


def _last(drill: Drill, name: str) -> int:
    """Return the number of the last event of a reseller's log."""
    answer = drill.house.people[name].call("GET", "/events?limit=1&after=0")
    return int(answer.json()["last"])


def _running(drill: Drill) -> int:
    """Return how many operations have not ended."""
    person = drill.house.people["root"]
    counts = (
        len(person.call("GET", f"/operations?status={status}&limit=200").json()["items"])
        for status in OperationStatus
        if not status.is_final
    )
    return sum(counts)


def _number(follower: Follower) -> int:
    """Return the number of the last event that a stream has told."""
    return follower.number


def _sent(drill: Drill, webhook: Webhook) -> int:
    """Return 0 when a webhook has been sent everything; until then a number that grows below it."""
    person, path = drill.house.people[webhook.owner], f"/webhooks/{webhook.known['id']}"
    behind = _last(drill, webhook.owner) != person.call("GET", path).json()["position"]
    waits = any(
        person.call("GET", f"{path}/deliveries?limit=1&status={status}").json()["items"]
        for status in UNSENT
    )
    return webhook.receiver.taken - MANY if behind or waits else 0
