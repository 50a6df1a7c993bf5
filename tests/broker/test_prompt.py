"""Reads that are answered at once are made by the caller, who keeps to the lane's places."""

from collections.abc import Iterator
from threading import Event, Thread, Timer, current_thread

import pytest

from gateway.broker.engine import prompt
from gateway.broker.engine.breakers import Breaker
from gateway.broker.engine.lanes import WIDTH, Lanes
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.prompt import PROMPT_SECONDS, SPARED_SECONDS, PromptReads
from gateway.model import Instance, OperationStatus, Share, Urgency
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.deadline import is_outlasted, remaining, sparing, within
from tests.core import Core, sent, until
from tests.simulated import Control

ALPHA = Share("dep_alpha", Urgency.INTERACTIVE, "res_acme")
BULK = Share("dep_alpha", Urgency.BULK, "res_acme")
OTHER = Share("dep_beta", Urgency.INTERACTIVE, "res_acme")
STORES = "listStores"
WISH = (Invocation(GET_STORES),)


class Reads:
    """Makes reads, and notes in which thread, by a clock of its own."""

    def __init__(self, lanes: Lanes) -> None:
        self.seconds = 0.0
        self.threads: list[str] = []
        self._reads = PromptReads(lanes, lambda: self.seconds)

    def make(
        self,
        share: Share = ALPHA,
        kind: str = STORES,
        patience: float = 30,
        takes: float = 0.0,
    ) -> bool:
        """Make a read that takes some seconds; return whether the caller's thread made it."""
        done = Event()

        def task() -> None:
            self.threads.append(current_thread().name)
            self.seconds += takes
            done.set()

        self._reads.make(share, kind, patience, task)
        assert done.wait(30)
        return self.threads[-1] == current_thread().name


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    made = Lanes(4 * WIDTH, WIDTH)
    yield made
    made.close()


@pytest.fixture
def reads(lanes: Lanes) -> Reads:
    return Reads(lanes)


def occupy(lanes: Lanes, share: Share, places: int, gate: Event) -> None:
    """Have so many tasks wait for a gate."""

    def wait() -> None:
        assert gate.wait(30)

    for _ in range(places):
        lanes.submit(share, wait)


def made_at_once(reads: Reads, share: Share = ALPHA, kind: str = STORES) -> None:
    """Have a read made at once: the lane may note an earlier one a moment after its end."""
    until(lambda: reads.make(share, kind))


def test_the_first_read_of_a_deployment_is_made_in_its_lane_and_the_next_by_the_caller(
    reads: Reads,
) -> None:
    assert not reads.make()
    made_at_once(reads)


def test_other_reads_and_other_deployments_are_not_known_by_it(reads: Reads) -> None:
    made_at_once(reads)
    assert not reads.make(kind="listUsers")
    assert not reads.make(OTHER)


def test_a_read_that_was_slow_is_made_in_the_lane_the_next_time(reads: Reads) -> None:
    made_at_once(reads)
    assert reads.make(takes=2 * PROMPT_SECONDS)
    assert not reads.make()


def test_who_waits_for_less_than_a_thread_is_spared_has_it_made_in_the_lane(reads: Reads) -> None:
    made_at_once(reads)
    assert not reads.make(patience=0.9 * SPARED_SECONDS)
    assert reads.make(patience=SPARED_SECONDS)


def test_who_finds_no_place_waits_for_the_turn_and_makes_it_then(
    reads: Reads, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "TURN_SECONDS", 30)
    made_at_once(reads)
    gate, before = Event(), Event()
    occupy(lanes, ALPHA, WIDTH, gate)
    until(lambda: lanes.load() == (WIDTH, 0))
    lanes.submit(ALPHA, before.set)
    thread = Thread(target=reads.make, name="caller")
    thread.start()
    until(lambda: lanes.load() == (WIDTH, 2))
    gate.set()
    thread.join()
    assert before.wait(30)
    assert reads.threads[-1] == "caller"


def test_who_has_waited_long_enough_for_the_turn_has_it_made_in_the_lane(
    reads: Reads, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt, "TURN_SECONDS", 0.1)
    made_at_once(reads)
    gate = Event()
    occupy(lanes, ALPHA, WIDTH, gate)
    until(lambda: lanes.load() == (WIDTH, 0))
    timer = Timer(0.5, gate.set)
    timer.start()
    assert not reads.make()
    timer.join()


def test_a_thread_is_spared_for_all_its_calls_together_and_no_other_thread_is() -> None:
    elsewhere: list[float] = []

    def other() -> None:
        with within(60):
            elsewhere.append(remaining())

    with sparing(1), within(60):
        assert remaining() <= 1
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert elsewhere[0] > 1
    with sparing(0):
        assert is_outlasted()
        with pytest.raises(TimeoutError), within(60):
            remaining()
    assert not is_outlasted()


def prompt_at(core: Core, control: Control, monkeypatch: pytest.MonkeyPatch) -> Instance:
    """Have reads of an instance made at once, each by a thread that is spared for a moment."""
    monkeypatch.setattr(prompt, "SPARED_SECONDS", 0.2)
    monkeypatch.setattr(prompt, "PROMPT_SECONDS", 60.0)
    acme = core.planted(control, "acme")
    assert core.broker.call(core.caller(), acme.id, WISH).status is OperationStatus.SUCCEEDED
    return acme


def test_a_read_that_outlasts_the_callers_thread_is_begun_again_in_the_lane(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = prompt_at(core, control, monkeypatch)
    control.fault("delay", "GetStores", seconds=3600, count=2)

    found = core.broker.call(core.caller(wait=0.5), acme.id, WISH)
    assert not found.status.is_final

    def is_final() -> bool:
        control.advance(3601)
        return core.broker.fetch(found.id).status.is_final

    until(is_final)
    done = core.broker.fetch(found.id)
    assert done.status is OperationStatus.SUCCEEDED
    assert done.steps[0].result[0]["name"] == "Mail"
    assert len(sent(control, "GetStores")) == 3


def test_to_be_given_up_by_us_speaks_against_no_deployment(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = prompt_at(core, control, monkeypatch)
    noted: list[object] = []
    monkeypatch.setattr(Breaker, "note", lambda _breaker, _admission, error: noted.append(error))
    control.fault("delay", "GetStores", seconds=3600, count=1)
    found = core.broker.call(core.caller(wait=30), acme.id, WISH)
    assert found.status is OperationStatus.SUCCEEDED
    assert noted == [None]
