"""Scenarios F2, F3, F4, F18, F22, F23 and F27 with real processes; docs/faults.md tells the others.

Each function is one scenario: it injects its faults, and has the same looks taken at what is left
as a drill.
"""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import requests

from gateway.worker.application import TRACK, create_application
from tests.faults.kills.calls import Call
from tests.faults.kills.cases import CASES, Case, Scene
from tests.faults.kills.drills import killed
from tests.faults.kills.findings import Finding, findings, orphans
from tests.faults.kills.fleet import Fleet, await_
from tests.faults.kills.orders import Fault, Order
from tests.faults.kills.results import Result
from tests.faults.kills.stacks import Stack
from tests.simulated import JSON

Play = Callable[[Fleet, Result], None]
RACERS = 16
MESSAGES = 50
BULK = 6


@dataclass(frozen=True)
class Scenario:
    """A scenario.

    Attributes:
        name: its number, and what happens.
        play: carries it out.
        planned: how many faults it has.
        needs_cluster: whether one process is too few for it.
    """

    name: str
    play: Play
    planned: int = 1
    needs_cluster: bool = False

    def __str__(self) -> str:
        return self.name

    def carry_out(self, fleet: Fleet, result: Result) -> None:
        """Inject the faults, and write down what came of them."""
        fleet.control.forget_journal()
        self.play(fleet, result)


def scenarios(stack: Stack) -> Iterator[Scenario]:
    """Return the scenarios of a stack."""
    return (each for each in SCENARIOS if not (each.needs_cluster and stack.is_embedded))


def fault_of(process: str, what: str, point: str, command: str) -> Fault:
    """Return a fault that is none of a process of ours."""
    return Fault(uuid.uuid4().hex, process, what, point, command)


def sent(fleet: Fleet, command: str) -> int:
    """Return how often a command reached the deployment."""
    return fleet.control.commands().count(command)


def _looked_at(result: Result, call: Call, operation: JSON) -> None:
    fleet, case, scene = call.fleet, call.case, call.scene
    result.findings += findings(fleet, case, scene, operation, call.operations())


def _begin(fleet: Fleet, case: Case) -> Call:
    scene = case.prepare(fleet)
    fleet.control.forget_journal()
    return Call.about(fleet, case, scene)


# F2, F3, F4: an answer is lost, and more happens before anybody looks


def worker_dies_and_token_is_lost(fleet: Fleet, result: Result) -> None:
    """F2: a verification is not begun again, and its end is not made up."""
    call = _begin(fleet, CASES["verifyStore"])
    fleet.control.asynchronous(1.0, seconds=5.0)
    role = "gateway" if fleet.stack.is_embedded else "worker"
    order = Order("K7", call.case.command, role, skip=1)
    fleet.orders.give(order)
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(call.make)
        result.faults.append(killed(fleet, order))
        fleet.control.restart()
        result.faults.append(fault_of("deployment", "restarted", "K7", call.case.command))
        answer.result()
    operation = call.repeat()
    _looked_at(result, call, operation)
    if operation["status"] != "unknown" or sent(fleet, call.case.command) != 1:
        result.findings.append(Finding("wrong", f"{operation['status']} without a token"))


def _dropped(name: str) -> Play:
    """F3, F4: carried out, and the connection closed without an answer."""

    def play(fleet: Fleet, result: Result) -> None:
        call = _begin(fleet, CASES[name])
        fleet.control.fault("drop-after", call.case.command)
        call.make()
        result.faults.append(fault_of("deployment", "drop-after", "K2", call.case.command))
        operation = call.repeat()
        _looked_at(result, call, operation)
        if operation["status"] != "succeeded" or sent(fleet, call.case.command) != 1:
            times = sent(fleet, call.case.command)
            result.findings.append(Finding("doubled", f"{operation['status']}, sent {times} times"))

    return play


def made_anew_while_we_were_dead(fleet: Fleet, result: Result) -> None:
    """F4: an id that somebody made again out of band is not deleted again."""
    call = _begin(fleet, CASES["purgeInstance"])
    order = Order("K2", call.case.command)
    fleet.orders.give(order)
    call.make()
    result.faults.append(killed(fleet, order))
    await_(lambda: call.case.done(fleet.control.state(), call.scene) or None, "it is not deleted")
    fleet.control.seed(instances=[_stranger(call.scene)])
    operation = call.repeat()
    state = fleet.control.state()
    if call.case.done(state, call.scene):
        result.findings.append(Finding("lost", "what somebody else made was deleted"))
    if sent(fleet, call.case.command) != 1 or operation["status"] == "failed":
        result.findings.append(Finding("wrong", f"ended as {operation['status']}"))
    result.findings += orphans(fleet, state)


def _stranger(scene: Scene) -> JSON:
    """An instance with the same id that lies elsewhere, and holds as much as the one that went."""
    return {
        "instanceID": scene.name,
        "instanceHost": "alpha-host1",
        "baseDirectory": f"E:\\Elsewhere\\{scene.name}",
        "stores": [{"name": "Mail"}],
        "users": [{"userName": "jane"}],
    }


# F18: the queue


def queue_is_gone(fleet: Fleet, result: Result) -> None:
    """F18: what is due is found in the database."""
    assert fleet.queue is not None
    call = _begin(fleet, CASES["createStore"])
    fleet.control.asynchronous(1.0, seconds=1.0)
    fleet.queue.server.stop()
    try:
        result.faults.append(fault_of("queue", "stopped", "K7", call.case.command))
        call.make()
        operation = call.repeat()
    finally:
        fleet.queue.server.start()
    _looked_at(result, call, operation)


def queue_is_emptied(fleet: Fleet, result: Result) -> None:
    """F18: a message that is lost is sent again, or not needed."""
    assert fleet.queue is not None
    call = _begin(fleet, CASES["createStore"])
    fleet.control.asynchronous(1.0, seconds=2.0)
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(call.make)
        await_(lambda: fleet.control.operations() or None, "there is no token")
        for _ in range(MESSAGES):
            fleet.queue.empty()
        result.faults.append(fault_of("queue", "emptied", "K7", call.case.command))
        answer.result()
    _looked_at(result, call, call.repeat())


def messages_are_doubled(fleet: Fleet, result: Result) -> None:
    """F18: any number of messages about one operation, late ones too, do what one does."""
    call = _begin(fleet, CASES["createStore"])
    fleet.control.asynchronous(1.0, seconds=1.0)
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(call.make)
        begun = await_(lambda: call.operations() or None, "nothing has begun")[0]
        _flood(fleet, begun["id"])
        result.faults.append(fault_of("queue", "doubled", "K7", call.case.command))
        answer.result()
    operation = call.repeat()
    _flood(fleet, operation["id"])
    result.faults.append(fault_of("queue", "late", "K5", call.case.command))
    _looked_at(result, call, operation)
    if sent(fleet, call.case.command) != 1:
        result.findings.append(Finding("doubled", f"sent {sent(fleet, call.case.command)} times"))


def _flood(fleet: Fleet, operation: str) -> None:
    assert fleet.queue is not None
    app = create_application(fleet.queue.url, _Nothing())  # type: ignore[arg-type] # it only sends
    with app.connection_for_write() as connection:
        for _ in range(MESSAGES):
            app.send_task(TRACK, (operation,), connection=connection)


class _Nothing:
    """Does no task: this application only sends."""

    chores: dict[str, object] = {}  # noqa: RUF012 # read only

    def track(self, operation: object) -> None:
        """Track nothing."""

    def sweep(self, send: object) -> None:
        """Sweep nothing."""

    def do(self, name: object) -> None:
        """Do nothing."""


# F22, F23: two gateways


def same_key_at_two_gateways(fleet: Fleet, result: Result) -> None:
    """F22: one of them begins, the others are told what."""
    call = _begin(fleet, CASES["createInstance"])
    with ThreadPoolExecutor(RACERS) as racers:
        answers = list(racers.map(call.make, range(RACERS)))
    result.faults.append(fault_of("callers", f"{RACERS} at once", "K0", call.case.command))
    statuses = {answer.status_code for answer in answers if answer is not None}
    if not statuses <= {201, 202, 409}:
        result.findings.append(Finding("wrong", f"answers {statuses}"))
    _looked_at(result, call, call.repeat())
    if sent(fleet, call.case.command) != 1:
        result.findings.append(Finding("doubled", f"sent {sent(fleet, call.case.command)} times"))


def stopped_past_the_lease(fleet: Fleet, result: Result) -> None:
    """F23: a process that slept over its lease sends nothing when it wakes, and writes nothing."""
    call = _begin(fleet, CASES["createStore"])
    order = Order("K1b", call.case.command, signal="SIGSTOP")
    fleet.orders.give(order)
    with ThreadPoolExecutor(1) as caller:
        answer = caller.submit(call.make)
        asleep = killed(fleet, order)
        result.faults.append(asleep)
        try:
            operation = call.repeat()
            times = sent(fleet, call.case.command)
        finally:
            os.kill(int(asleep.process.split()[1]), signal.SIGCONT)
        answer.result()
    _looked_at(result, call, operation)
    if sent(fleet, call.case.command) != times:
        result.findings.append(Finding("doubled", "it was sent once more after the sleep"))


# F27: many instances in one call


def bulk_breaks_off(fleet: Fleet, result: Result) -> None:
    """F27: each item has its end, one of them a failure; nothing is stopped twice."""
    made = [fleet.new_archive() for _ in range(BULK)]
    fleet.control.forget_journal()
    fleet.control.fault("failed", "StopInstances")
    role = "worker" if fleet.workers else "gateway"
    order = Order("K2", "StopInstances", role, skip=1)
    fleet.orders.give(order)
    body = {"action": "stop", "instances": [each["id"] for each in made]}
    send = partial(_sent_bulk, fleet, body, uuid.uuid4().hex)
    send(0)
    result.faults.append(killed(fleet, order))
    result.faults.append(fault_of("deployment", "failed", "K4", "StopInstances"))
    answer = await_(lambda: _whole(send(1)), "the bulk does not end")
    result.findings += _items(fleet, made, answer)
    result.findings += orphans(fleet, fleet.control.state())


def _items(fleet: Fleet, made: list[JSON], whole: JSON) -> Iterator[Finding]:
    """Hold what is said of each instance against the deployment.

    The one refusal hits any of them; should it be the one whose sender dies, nobody has heard it.
    """
    names, state = {each["id"]: each["instanceID"] for each in made}, fleet.control.state()
    stopped = [e for e in fleet.control.journal() if e["command"] == "StopInstances"]
    succeeded = 0
    for item in whole["result"]["items"]:
        is_stopped = state["instances"][names[item["instance"]]]["status"] == "stopped"
        succeeded += is_stopped
        if item["status"] != ("succeeded" if is_stopped else "failed"):
            yield Finding("lost", f"{item['instance']} is told to be {item['status']}")
    if succeeded < BULK - 1:
        yield Finding("lost", f"only {succeeded} of {BULK} are stopped")
    if (times := sum(entry["changed"] for entry in stopped)) != succeeded:
        yield Finding("doubled", f"{times} stops of {succeeded}")


def _sent_bulk(fleet: Fleet, body: JSON, key: str, gateway: int) -> requests.Response | None:
    fleet.revive()
    try:
        return fleet.send("POST", "/instance-actions", body, key=key, gateway=gateway, wait=10)
    except requests.ConnectionError:
        return None


def _whole(answer: requests.Response | None) -> JSON | None:
    """Return the whole operation of an answer, once it has ended."""
    if answer is None or answer.status_code != requests.codes.ok:
        return None
    found: JSON = answer.json()
    return found


SCENARIOS = (
    Scenario("F2-token-lost", worker_dies_and_token_is_lost, planned=2),
    Scenario("F3-create-dropped", _dropped("createInstance")),
    Scenario("F4-delete-dropped", _dropped("purgeInstance")),
    Scenario("F4-made-anew", made_anew_while_we_were_dead),
    Scenario("F18-queue-gone", queue_is_gone, needs_cluster=True),
    Scenario("F18-queue-emptied", queue_is_emptied, needs_cluster=True),
    Scenario("F18-messages-doubled", messages_are_doubled, planned=2, needs_cluster=True),
    Scenario("F22-same-key", same_key_at_two_gateways, needs_cluster=True),
    Scenario("F23-stopped", stopped_past_the_lease, needs_cluster=True),
    Scenario("F27-bulk", bulk_breaks_off, planned=2),
)
