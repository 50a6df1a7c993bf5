"""What is known after the run: from the clients, the proxy, the API and the deployments."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Final

from deploy.cluster.client import Attempt
from deploy.cluster.proxy import Passage
from gateway.cli.account import Account
from gateway.cli.api_client import Call
from gateway.cli.sandbox.control_plane import ControlPlane

JSON = dict[str, Any]
PAGE: Final = 200
SETTLED_SECONDS: Final = 90.0
"""By then the last operation has ended and the last event is numbered, or never will."""

GLANCE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Kill:
    """What was killed, and when, in seconds of the monotonic clock.

    Args:
        gateway: its name.
        worker: its name.
        began: before the signal.
        ended: when nothing of them ran any more.
        back: when both were there again.
        under_way: operations that the callers waited for at that moment.
    """

    gateway: str
    worker: str
    began: float
    ended: float
    back: float
    under_way: int


@dataclass(frozen=True)
class Evidence:
    """All that is judged.

    Args:
        attempts: what the clients sent.
        passages: what the proxy saw, by the ids of the attempts.
        kill: what was killed.
        followed: the operations that clients followed to an end.
        operations: as the API has them.
        changing: those of them that do more than read, whose ends are told.
        events: the operators' log.
        instances: as the API has them.
        journals: the requests that reached the deployments, by their names.
        there: the instances that the deployments have, by the names of these.
    """

    attempts: Sequence[Attempt]
    passages: Mapping[str, Passage]
    kill: Kill
    followed: Sequence[str] = ()
    operations: Sequence[JSON] = ()
    changing: Sequence[JSON] = ()
    events: Sequence[JSON] = ()
    instances: Sequence[JSON] = ()
    journals: Mapping[str, Sequence[JSON]] = field(default_factory=dict)
    there: Mapping[str, Sequence[str]] = field(default_factory=dict)


def every(operator: Account, path: str) -> Iterator[JSON]:
    """Yield the items of a list, page by page."""
    cursor = ""
    while True:
        page = operator.call(Call("GET", f"{path}?limit={PAGE}{cursor}")).body
        yield from page["items"]
        if page["nextCursor"] is None:
            return
        cursor = f"&cursor={page['nextCursor']}"


def events(operator: Account) -> Iterator[JSON]:
    """Yield the operators' log from its beginning."""
    after, is_last = 0, False
    while not is_last:
        page = operator.call(Call("GET", f"/events?after={after}&limit={PAGE}")).body
        yield from page["items"]
        after, is_last = page["after"], page["isLast"]


def settled(look: Callable[[], Sequence[JSON]], is_done: Callable[[JSON], bool]) -> Sequence[JSON]:
    """Look until all is done, or it is clear that it never will be; return what was seen last."""
    end = monotonic() + SETTLED_SECONDS
    while not all(map(is_done, found := look())) and monotonic() < end:
        sleep(GLANCE_SECONDS)
    return found


def operations(operator: Account) -> Sequence[JSON]:
    """Return all operations once they have ended; those that never end, too."""
    return settled(
        lambda: list(every(operator, "/operations")), lambda each: each["endTime"] is not None
    )


def changing(operator: Account, among: Sequence[JSON]) -> Sequence[JSON]:
    """Return the operations that tell events; a read that takes long is one that tells none."""
    paths = operator.call(Call("GET", "/openapi.json")).body["paths"].values()
    reads = {item["get"]["operationId"] for item in paths if "get" in item}
    return [each for each in among if each["kind"] not in reads]


def events_of(operator: Account, ended: Sequence[JSON]) -> Sequence[JSON]:
    """Return the log once it tells the ends of these operations; what it never tells is missing."""
    seen: list[JSON] = []

    def missing() -> Sequence[JSON]:
        seen[:] = events(operator)
        told = {(each["type"], each["subject"]) for each in seen}
        return [each for each in ended if (f"operation.{each['status']}", each["id"]) not in told]

    settled(missing, lambda _: False)
    return seen


def journals(controls: Mapping[str, ControlPlane]) -> Mapping[str, Sequence[JSON]]:
    """Return the requests that reached the deployments."""
    return {name: control.read("journal") for name, control in controls.items()}


def there(controls: Mapping[str, ControlPlane]) -> Mapping[str, Sequence[str]]:
    """Return the names of the instances that the deployments have."""
    return {name: sorted(each.read("state")["instances"]) for name, each in controls.items()}
