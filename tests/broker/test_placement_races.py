"""Places that several want at once, or that change while one is taken: the transaction decides."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Barrier, local

import pytest

from gateway.broker.creation import NewInstance
from gateway.broker.engine.reader import Reader
from gateway.broker.instances import Instances
from gateway.broker.placement.explanation import Choice, NoPlacement
from gateway.broker.placement.placement import Placement
from gateway.broker.placement.rules import Code
from gateway.broker.placement.survey import Survey
from gateway.broker.placement.wish import AntiAffinity, Scope, Wish
from gateway.model import Operation, Reseller
from gateway.simulator.server import Simulator
from gateway.storage import deployments, hosts
from tests.core import Core, make_home, registration
from tests.simulated import Control

RACERS = 6
Thinking = Callable[[], object]


class Thoughtful(Placement):
    """A placement that does something between its first choice and the taking of the place."""

    def __init__(self, core: Core, think: Thinking) -> None:
        super().__init__(core.database, Survey(Reader(core.connections)))
        self._think = think
        self._thread = local()

    def choose(self, reseller: Reseller, wish: Wish) -> Choice:
        """Choose, and think; the second time at once."""
        choice = super().choose(reseller, wish)
        if not hasattr(self._thread, "has_thought"):
            self._thread.has_thought = True
            self._think()
        return choice


@pytest.fixture(params=["sqlite", "postgresql"])
def cores(
    request: pytest.FixtureRequest, tmp_path: Path, simulator: Simulator, control: Control
) -> Iterator[list[Core]]:
    """Two processes on one database, whose one deployment is empty."""
    del control  # which has emptied it
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    home = make_home(tmp_path / "home", simulator, url)
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Core(home, url=url))) for _ in range(2)]


def wish(scope: Scope = Scope.DEPLOYMENT) -> Wish:
    return Wish(anti_affinity=AntiAffinity("customer", "acme", scope))


def create(core: Core, placement: Placement, name: str, of: Wish) -> Operation | NoPlacement:
    made = Instances(core.broker, placement, 30)
    new = NewInstance(name, name, labels={"customer": "acme"}, wish=of, start=False)
    try:
        return made.create(core.caller("createInstance"), new)
    except NoPlacement as refusal:
        return refusal


def raced(cores: list[Core], number: int, of: Wish) -> list[Operation | NoPlacement]:
    """Let several choose a place before the first takes it."""
    all_have_chosen = Barrier(number)
    with ExitStack() as stack, ThreadPoolExecutor(number) as threads:
        thoughtful = [
            (core, stack.enter_context(closing(Thoughtful(core, all_have_chosen.wait))))
            for core in cores
        ]
        runs = [
            threads.submit(create, *thoughtful[n % len(cores)], f"acme-{n}", of)
            for n in range(number)
        ]
        return [run.result() for run in runs]


def refusals(found: list[Operation | NoPlacement]) -> list[NoPlacement]:
    return [each for each in found if isinstance(each, NoPlacement)]


def test_of_many_that_must_be_apart_exactly_one_is_placed(
    cores: list[Core], control: Control
) -> None:
    found = raced(cores, RACERS, wish())
    refused = refusals(found)
    assert len(refused) == RACERS - 1
    assert {each.verdicts[0].reasons[0].code for each in refused} == {Code.ANTI_AFFINITY}
    assert len(control.state()["instances"]) == 1


def test_of_many_that_must_be_apart_one_is_placed_on_each_host(
    cores: list[Core], control: Control
) -> None:
    found = raced(cores, RACERS, wish(Scope.HOST))
    assert len(refusals(found)) == RACERS - 2
    placed = control.state()["instances"].values()
    assert {each["instance_host"] for each in placed} == {"alpha-host1", "alpha-host2"}


def test_who_comes_second_gets_another_deployment(cores: list[Core], simulator: Simulator) -> None:
    core = cores[0]
    second = registration(simulator, name="beta", host="localhost")
    core.deployments.register(core.caller(), second)
    found = raced(cores, 2, wish())
    assert refusals(found) == []
    assert len({each.deployment for each in found if isinstance(each, Operation)}) == 2


def thought(core: Core, think: Thinking) -> Operation | NoPlacement:
    with closing(Thoughtful(core, think)) as placement:
        return create(core, placement, "acme", Wish())


def test_a_host_that_is_cordoned_meanwhile_is_not_taken(core: Core, control: Control) -> None:
    def cordon() -> None:
        with core.database.write() as connection:
            hosts.cordon(connection, core.deployment, "alpha-host1", True)  # noqa: FBT003 - a column's value

    assert isinstance(thought(core, cordon), Operation)
    assert control.state()["instances"]["acme"]["instance_host"] == "alpha-host2"


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("cordoned", True, Code.CORDONED),
        ("drained", True, Code.DRAINED),
        ("quarantine", {"sha256": "00"}, Code.QUARANTINED),
        ("capacity", 0, Code.FULL),
    ],
)
def test_what_changes_meanwhile_is_seen(
    core: Core, control: Control, column: str, value: object, code: Code
) -> None:
    def change() -> None:
        with core.database.write() as connection:
            deployments.change(connection, core.deployment, {column: value})

    found = thought(core, change)
    assert isinstance(found, NoPlacement)
    assert [reason.code for reason in found.verdicts[0].reasons] == [code]
    assert control.state()["instances"] == {}


def test_a_deployment_that_is_removed_meanwhile_takes_nothing(core: Core) -> None:
    def remove() -> None:
        with core.database.write() as connection:
            deployments.remove(connection, core.deployment)

    found = thought(core, remove)
    assert isinstance(found, NoPlacement)
    assert found.verdicts == []
