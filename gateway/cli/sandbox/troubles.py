"""What can go wrong in the sandbox: what is done to a deployment, and what a portal sees of it."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from gateway.cli.failure import Failure
from gateway.cli.sandbox.control_plane import ControlPlane

Document = dict[str, Any]

GARBAGE: Final = base64.b64encode(b"<html><h1>It works!</h1></html>").decode()
OTHER_PASSWORD: Final = "changed by somebody else"  # noqa: S105 # made up
RUNNING: Final = "running"
DAMAGED: Final = 3
"""Messages of a store that a verification finds damaged."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants to go wrong.

    Args:
        command: of SPE that it befalls; ``*`` for any.
        times: how many calls it befalls; None until it is cleared.
        seconds: of what is slow.
        instance: by its id at SPE.
    """

    command: str = "*"
    times: int | None = None
    seconds: float = 3.0
    instance: str = ""


@dataclass(frozen=True)
class Place:
    """Where it goes wrong.

    Args:
        control: of the deployment.
        user_name: of its administrator that the gateway uses.
        password: the right one.
    """

    control: ControlPlane
    user_name: str
    password: str

    @classmethod
    def of(cls, deployment: Mapping[str, Any]) -> "Place":
        """Return the place that a deployment of the sandbox is."""
        control = ControlPlane(deployment["name"], deployment["controlUrl"])
        return cls(control, deployment["userName"], deployment["password"])


@dataclass(frozen=True)
class Trouble:
    """Something that can go wrong.

    Args:
        what: happens, in words.
        sees: what a portal is answered.
        bring: does it.
        takes: the options that it takes.
        ends: how it ends; ``clear`` ends it by itself where this is empty.
    """

    what: str
    sees: str
    bring: Callable[[Place, Wish], None]
    takes: frozenset[str] = frozenset()
    ends: str = ""


CALLS: Final = frozenset({"command", "times"})
INSTANCE: Final = frozenset({"instance"})


NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "delay": "slow",
        "drop-before": "dropped",
        "drop-after": "lost",
        "status": "overloaded",
        "garbage": "garbage",
        "failed": "refused",
    }
)
"""Of those that befall calls, by the simulator's."""


def clear(place: Place) -> None:
    """End everything that goes wrong at a deployment, but for what became of its instances."""
    control = place.control
    control.do("condition", {"condition": "up"})
    control.forget("faults")
    control.do("operations/*/resume")
    control.do("asynchronous", {"share": 0})
    _set_password(place, place.password)


def planted(place: Place) -> Document:
    """Return what goes wrong at a deployment just now: condition, faults and clock."""
    control = place.control
    state = control.read("state")
    return {
        "condition": control.read("condition")["condition"],
        "faults": [
            {name: fault[name] for name in ("kind", "command", "count")}
            | {"fault": NAMES.get(fault["kind"], fault["kind"])}
            for fault in control.read("faults")
            if fault["count"] != 0
        ],
        "asynchronous": state["asynchronous"]["share"] > 0,
        "held": len([each for each in state["operations"] if each["held"]]),
        "clock": state["clock"],
    }


def _condition(name: str) -> Callable[[Place, Wish], None]:
    def bring(place: Place, _wish: Wish) -> None:
        place.control.do("condition", {"condition": name})

    return bring


def _fault(kind: str, **members: object) -> Callable[[Place, Wish], None]:
    def bring(place: Place, wish: Wish) -> None:
        chosen = {"command": wish.command, "count": wish.times}
        place.control.do("faults", {"kind": kind, **chosen, **members})

    return bring


def _slow(place: Place, wish: Wish) -> None:
    _fault("delay", seconds=wish.seconds)(place, wish)


def _password(place: Place, _wish: Wish) -> None:
    _set_password(place, OTHER_PASSWORD)


def _set_password(place: Place, password: str) -> None:
    entry = {"userName": place.user_name, "password": password}
    place.control.do("seed", {"administrators": [entry]})


def _tokens(place: Place, wish: Wish) -> None:
    place.control.do("asynchronous", {"share": 1, "seconds": wish.seconds, "command": wish.command})


def _stuck(place: Place, _wish: Wish) -> None:
    place.control.do("operations/*/pause")


def _failing(place: Place, _wish: Wish) -> None:
    running = [
        each["token"]
        for each in place.control.read("state")["operations"]
        if each["statusCode"] == RUNNING
    ]
    if not running:
        raise Failure(
            f"Nothing runs at {place.control.name}: bring the fault 'stuck' there, begin a "
            "verification, and let that fail."
        )
    for token in running:
        end = {"statusCode": "failed", "message": "The disk is full."}
        place.control.do(f"operations/{token}/transition", end)


def _restarted(place: Place, _wish: Wish) -> None:
    place.control.do("restart")


def _stopped(place: Place, wish: Wish) -> None:
    place.control.do("instance", {"instanceID": wish.instance, "status": "stopped"})


def _first_store(**members: object) -> Callable[[Place, Wish], None]:
    def bring(place: Place, wish: Wish) -> None:
        state = place.control.read("state")
        held = state["instances"].get(wish.instance)
        if held is None:
            raise Failure(f"{place.control.name} has no instance {wish.instance}.")
        where = f"{held['instance_host']}|{held['base_directory']}".casefold()
        entry = {"name": state["archives"][where]["stores"][0]["name"], **members}
        place.control.do("archive", {"instanceID": wish.instance, "stores": [entry]})

    return bring


def _profile(place: Place, wish: Wish) -> None:
    result = {
        "result": "failed",
        "profileName": "Mail server, all mailboxes",
        "report": "The server refused the login: the password has expired.",
    }
    place.control.do("archive", {"instanceID": wish.instance, "workerResults": [result]})


TROUBLES: Final[Mapping[str, Trouble]] = MappingProxyType(
    {
        "down": Trouble(
            "The server refuses connections.",
            "503 `DEPLOYMENT_UNREACHABLE`; after five calls 503 `DEPLOYMENT_PAUSED`, "
            "which is answered at once",
            _condition("down"),
        ),
        "hanging": Trouble(
            "The server accepts connections and says nothing.",
            "503 `DEPLOYMENT_UNREACHABLE` after some seconds, later 503 `DEPLOYMENT_PAUSED`",
            _condition("hanging"),
        ),
        "certificate": Trouble(
            "The server shows another certificate.",
            "503 `CERTIFICATE_PIN_MISMATCH`, then 503 `DEPLOYMENT_QUARANTINED`",
            _condition("wrong-certificate"),
            ends="with `spe-gateway sandbox clear` and then `spe-gateway deployments repin`",
        ),
        "password": Trouble(
            "Somebody has changed the administrator's password.",
            "502 `DEPLOYMENT_CREDENTIALS_REFUSED`",
            _password,
        ),
        "slow": Trouble(
            "Every answer comes late.",
            "the same answers, later; changes that take longer than `Prefer: wait` are a 202",
            _slow,
            CALLS | {"seconds"},
        ),
        "dropped": Trouble(
            "The connection breaks before the command is carried out.",
            "after one nothing: the gateway repeats a read, and a change once it knows that it was "
            "not carried out; after more of them 502 `UPSTREAM_CONNECTION_LOST`",
            _fault("drop-before"),
            CALLS,
        ),
        "lost": Trouble(
            "The command is carried out, but its answer is lost.",
            "a change succeeds all the same, for the gateway looks what became of it; it takes "
            "longer, or is a 202",
            _fault("drop-after"),
            CALLS,
        ),
        "overloaded": Trouble(
            "The server answers 503 instead of carrying the command out.",
            "502 `UPSTREAM_REPLY_INVALID`",
            _fault("status", status=503),
            CALLS,
        ),
        "garbage": Trouble(
            "The server answers something that is not SPE's.",
            "502 `UPSTREAM_REPLY_INVALID`",
            _fault("garbage", body=GARBAGE),
            CALLS,
        ),
        "refused": Trouble(
            "SPE says that the command failed; nothing is carried out.",
            "502 `COMMAND_FAILED`; operators see SPE's words in `upstream`",
            _fault("failed", text="The operation could not be carried out: the disk is full."),
            CALLS,
        ),
        "tokens": Trouble(
            "Every command goes on in the background first.",
            "202 with `Location` where it takes longer than `Prefer: wait`",
            _tokens,
            frozenset({"command", "seconds"}),
        ),
        "stuck": Trouble(
            "What runs stands still.",
            "202, and the operation stays `running` until `clear`",
            _stuck,
        ),
        "failing": Trouble(
            "What runs just now ends with an error.",
            "the operation ends as `failed`, with 502 `COMMAND_FAILED` as its problem",
            _failing,
            ends="by itself",
        ),
        "restarted": Trouble(
            "The server was restarted and has forgotten what ran.",
            "a verification that ran ends as `unknown`, with 502 `ANSWER_LOST` as its problem",
            _restarted,
            ends="by itself",
        ),
        "stopped": Trouble(
            "Somebody stops an instance at the server.",
            "409 `INSTANCE_NOT_RUNNING` for what needs it; `status` of the instance is `stopped`",
            _stopped,
            INSTANCE,
            ends="with `POST /instances/{instance}/start`",
        ),
        "store": Trouble(
            "The first store of an instance cannot be opened.",
            "200, with `error` at the store; within minutes the event `store.failed`",
            _first_store(error="The file group could not be opened: the disk is full."),
            INSTANCE,
            ends="with `POST /instances/{instance}/stores/retry-open`",
        ),
        "damaged": Trouble(
            "Messages in the first store of an instance are damaged, which a verification finds.",
            "a verification ends as `failed`, with 502 `COMMAND_FAILED` as its problem; "
            "`GET /operations/{operation}/log` says how many",
            _first_store(damaged=DAMAGED),
            INSTANCE,
            ends="with `POST /instances/{instance}/stores/{store}/repair`",
        ),
        "profile": Trouble(
            "A run of a profile fails.",
            "a `failed` one in `GET /instances/{instance}/worker-results`; within minutes the "
            "event `profile.failed`",
            _profile,
            INSTANCE,
            ends="by itself",
        ),
    }
)
"""By their names."""
