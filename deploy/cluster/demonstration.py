"""The demonstration: the main job through the proxy while a gateway and a worker are killed."""

from collections.abc import Callable, Mapping
from time import monotonic, sleep
from typing import Any, Final

from rich.console import Console

from deploy.cluster import evidence
from deploy.cluster.client import PersistentApi, Record
from deploy.cluster.evidence import Evidence, Kill
from deploy.cluster.judge import Verdict, judged
from deploy.cluster.portal import Portal
from deploy.cluster.proxy import passages
from deploy.cluster.running import Cluster
from deploy.cluster.screen import Screen, progress_of
from gateway.cli.account import Account
from gateway.cli.demo.guide import Guide, Visitor
from gateway.cli.demo.screen import Screen as TourScreen
from gateway.cli.demo.tour import Tour
from gateway.cli.failure import Failure

VICTIMS: Final = ("gateway-a", "worker-a")
ERRANDS: Final = 3
"""How many are done in each part of the run, at least: before, while they are away, and after."""

GLANCE_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 150.0
SLOW: Final = ("CreateInstance", "CreateStore", "CreateUser", "VerifyStore")
DELAY_SECONDS: Final = 0.25
"""So long the deployments keep the answer to these for themselves, though they have done it: who
dies meanwhile leaves work behind of which nobody was told."""


class Demonstration:
    """What is done with a cluster.

    Args:
        cluster: runs.
        screen: shows it.
    """

    def __init__(self, cluster: Cluster, screen: Screen) -> None:
        self._cluster = cluster
        self._screen = screen
        self._record = Record()
        self._url = cluster.proxy.url

    def run(self) -> list[Verdict]:
        """Do the main job, kill meanwhile, go on, and judge.

        Raises:
            Failure: a step did not go as it should.
        """
        visitors = self._tour()
        for control in self._cluster.controls.values():
            for command in SLOW:
                control.do("faults", _delay(command))
        portal = Portal(self._url, self._record, visitors[1:])
        self._screen.step("Six callers at work: instances with store and user, stores verified ...")
        portal.open()
        kill = self._killed(portal)
        portal.close()
        self._screen.step(
            f"The callers are done: {portal.done} errands, each as it should; "
            f"{portal.broken_streams} streams broke and were taken up again."
        )
        return judged(self._evidence(kill, portal))

    def _tour(self) -> list[Visitor]:
        """Walk the tour of ``make demo`` through the proxy; who signed in, the operator first."""
        self._screen.step("The tour of 'make demo' through the proxy; its requests: tour.log ...")
        with (self._cluster.folder / "tour.log").open("w", encoding="utf-8") as file:
            guide = Guide(PersistentApi(self._url, self._record), TourScreen(Console(file=file)))
            tour = Tour(guide, self._cluster.announcements)
            tour.walk(self._cluster.operator["clientId"], self._cluster.operator["clientSecret"])
        return tour.visitors

    def _killed(self, portal: Portal) -> Kill:
        """Kill a gateway and a worker at work, let the others work, and start them again."""
        self._await(portal, lambda: portal.done >= ERRANDS and portal.under_way > 0)
        under_way, began = portal.under_way, monotonic()
        self._cluster.kill(*VICTIMS)
        ended = monotonic()
        self._screen.step(f"Killed {' and '.join(VICTIMS)} (SIGKILL), {under_way} operations begun")
        enough = portal.done + ERRANDS
        self._await(portal, lambda: portal.done >= enough)
        self._screen.step("The others went on. Starting the killed ones again ...")
        self._cluster.start(*VICTIMS)
        back = monotonic()
        self._screen.step(f"{' and '.join(VICTIMS)} are back")
        enough = portal.done + ERRANDS
        self._await(portal, lambda: portal.done >= enough and self._serves(VICTIMS[0], back))
        return Kill(*VICTIMS, began, ended, back, under_way)

    def _serves(self, gateway: str, since: float) -> bool:
        """Whether a gateway has answered a request that was sent after a moment."""
        seen = passages(self._cluster.proxy.log)
        late = (each for each in tuple(self._record.attempts) if each.began > since)
        return any(each.name in seen and seen[each.name].server == gateway for each in late)

    def _await(self, portal: Portal, is_there: Callable[[], bool]) -> None:
        end = monotonic() + PATIENCE_SECONDS
        with self._screen.status() as status:
            while not is_there():
                portal.require_well()
                if monotonic() > end:
                    raise Failure("The work does not go on.")
                status.update(progress_of(portal, len(self._record.broken())))
                sleep(GLANCE_SECONDS)

    def _evidence(self, kill: Kill, portal: Portal) -> Evidence:
        self._screen.step("Judging: clients, proxy, operations, events, journals ...")
        api = PersistentApi(self._url, self._record)
        operator = Account(api, *self._cluster.operator.values())
        ended = evidence.operations(operator)
        changing = evidence.changing(operator, ended)
        controls = self._cluster.controls
        return Evidence(
            attempts=tuple(self._record.attempts),
            passages=passages(self._cluster.proxy.log),
            kill=kill,
            followed=portal.operations,
            operations=ended,
            changing=changing,
            events=evidence.events_of(operator, changing),
            instances=list(evidence.every(operator, "/instances")),
            journals=evidence.journals(controls),
            there=evidence.there(controls),
        )


def places(cluster: Cluster) -> Mapping[str, str]:
    """Return where everything is, for who wants to look."""
    operator, settings = cluster.operator, cluster.settings
    return {
        "Proxy": f"{cluster.proxy.url} (its log: {cluster.proxy.log})",
        **cluster.urls,
        "Operator": f"SPE_GATEWAY_CLIENT_ID={operator['clientId']} "
        f"SPE_GATEWAY_CLIENT_SECRET={operator['clientSecret']}",
        "PostgreSQL": settings["database_url"],
        "Redis": settings["redis_url"],
        "Queue": settings["broker_url"],
        **{f"SPE {name}": said["controlUrl"] for name, said in cluster.announcements.items()},
        "Logs": str(cluster.folder),
        "Look": f"spe-gateway operations list --url {cluster.proxy.url}",
    }


def _delay(command: str) -> dict[str, Any]:
    return {"kind": "delay", "command": command, "count": None, "seconds": DELAY_SECONDS}
