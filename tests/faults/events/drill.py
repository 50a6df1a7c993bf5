"""Events of all kinds, and kills in between.

Real: gateways, workers, receivers, HTTP, the databases and queues, SIGKILL. Simulated: the
deployment; most of the events, which a process of ours tells as the gateway would (``teller``);
leases and pauses between tries, which are shorter (``kills.armed``).
"""

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import sleep

from tests.faults.events.actors import Actor
from tests.faults.events.house import NAMES, PARENTS, WEIGHTS, House
from tests.faults.events.plan import ANY_TIME, Kill, Plan
from tests.faults.events.points import EVENT
from tests.faults.events.readers import Follower
from tests.faults.events.teller import Order
from tests.faults.kills.fleet import Fleet, Late, NotReached, await_
from tests.faults.kills.orders import Fault
from tests.faults.kills.orders import Order as Death
from tests.faults.kills.processes import ROOT
from tests.faults.kills.results import Result

REACH_SECONDS = 120.0
"""Until somebody passes a point."""

TELLER_SECONDS = 180.0
"""For one teller, on a loaded machine."""

CALLED = 0.05
"""The least share of the events that calls tell; they go on for as long as there are kills."""

HOLD_SECONDS = 0.2
KILLED_TELLERS = 4
"""One of so many is killed before a commit."""


@dataclass
class Drill:
    """One that goes on.

    Attributes:
        plan: what is to be done.
        house: the resellers.
        folder: for the files.
        result: faults and findings.
        actors: who calls.
        followers: who reads the streams, by the names of the resellers.
        diaries: files of the tellers.
    """

    plan: Plan
    house: House
    folder: Path
    result: Result
    actors: list[Actor] = field(default_factory=list)
    followers: dict[str, Follower] = field(default_factory=dict)
    diaries: list[Path] = field(default_factory=list)

    @property
    def fleet(self) -> Fleet:
        """The stack."""
        return self.house.fleet

    def begin(self) -> None:
        """Let everybody call and read."""
        self.actors = [
            Actor(self.house, name, self.plan.seed + n) for n, name in enumerate(PARENTS)
        ]
        self.followers = {name: Follower(self.house.people[name]) for name in NAMES}
        for thread in (*self.actors, *self.followers.values()):
            thread.start()

    def carry_out(self) -> None:
        """Tell a part of the events for each kill, and kill meanwhile."""
        kills = self.plan.kills(self.fleet.stack)
        share = -(-round(self.plan.events * (1 - CALLED)) // len(kills))
        for number, kill in enumerate(kills):
            with self._telling(share, number):
                self._kill(kill)
            self._revive()

    @contextmanager
    def _telling(self, events: int, number: int) -> Iterator[None]:
        """Let a teller run; one that dies before its commit has told the others."""
        diary = self.folder / f"diary-{number}.jsonl"
        order = Order(
            database=self.fleet.database,
            diary=str(diary),
            paths={self.house.path[name]: weight for name, weight in WEIGHTS.items()},
            root=self.house.path["root"],
            seed=self.plan.seed * 1000 + number,
            events=events,
            hold=0.0 if self.fleet.stack.is_embedded else HOLD_SECONDS,
            is_killed=number % KILLED_TELLERS == 0,
        )
        self.diaries.append(diary)
        words = [sys.executable, "-m", "tests.faults.events.teller", json.dumps(asdict(order))]
        with subprocess.Popen(words, cwd=ROOT) as teller:  # noqa: S603 - our own, and no shell
            try:
                yield
                status = teller.wait(TELLER_SECONDS)
            finally:
                teller.kill()
        assert status == (-signal.SIGKILL if order.is_killed else 0), (
            f"the teller ended with {status}"
        )

    def _kill(self, kill: Kill) -> None:
        if kill.point == ANY_TIME:
            sleep(kill.moment)
            self.result.faults.append(self._slain(kill))
            return
        order = Death(kill.point, EVENT, kill.role, skip=kill.number)
        self.fleet.orders.give(order)
        try:
            fault = await_(lambda: self.fleet.orders.fault(order), "", REACH_SECONDS)
        except Late:
            self.fleet.orders.withdraw()
            raise NotReached(f"{kill.role} does not reach {kill.point}") from None
        self.result.faults.append(fault)

    def _slain(self, kill: Kill) -> Fault:
        """Kill a process with all its children, whatever it is doing."""
        if kill.role == "receiver":
            webhook = self.house.webhooks[kill.number % len(self.house.webhooks)]
            name = f"receiver {webhook.receiver.pid}"
            webhook.receiver.kill()
        else:
            fleet = self.fleet
            many = fleet.gateways if kill.role == "gateway" else fleet.workers
            process = many[kill.number % len(many)]
            name = f"{kill.role} {process.pid}"
            process.stop()
        return Fault(uuid.uuid4().hex, name, "SIGKILL", ANY_TIME, EVENT)

    def _revive(self) -> None:
        self.fleet.revive()
        for webhook in self.house.webhooks:
            if not webhook.receiver.is_running:
                webhook.receiver.start()

    def end(self) -> None:
        """Let everybody end who is still at it."""
        for thread in (*self.actors, *self.followers.values()):
            thread.end()
