import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import modules
from tests.faults.kills import armed
from tests.faults.kills.armed import Trap
from tests.faults.kills.orders import Order, Orders
from tests.faults.kills.points import POINTS, Moment, Point, arm, place_of

PROGRAM = """
import sys
from pathlib import Path
from tests.faults.kills.armed import Trap
from tests.faults.kills.orders import Orders

trap = Trap(Orders(Path(sys.argv[1])), "gateway")
for number in range(3):
    print(number, flush=True)
    trap("K3", {"CreateStore"})
"""


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_the_function_of_a_point_is_there(point: Point) -> None:
    owner, name = place_of(point)

    assert callable(getattr(owner, name))


def test_every_point_of_the_design_is_there() -> None:
    assert {point.name.rstrip("ab") for point in POINTS} == {f"K{n}" for n in range(12)}


@pytest.mark.parametrize(("module", "name"), armed.CONSTANTS)
def test_what_drills_shorten_is_there(module: str, name: str) -> None:
    owner = pytest.importorskip(module)

    assert getattr(owner, name) > armed.CONSTANTS[module, name]


def test_no_code_of_the_gateway_knows_the_points() -> None:
    words = ("tests.faults", "fail point", "failpoint")
    knowing = [name for name, text in modules("gateway") if any(word in text for word in words)]

    assert knowing == []


def test_a_process_dies_by_the_signal_at_the_passing_that_was_ordered(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    order = Order("K3", "CreateStore", skip=1)
    orders.give(order)

    done = subprocess.run(  # noqa: S603 - our own interpreter, and no shell
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    assert done.stdout == "0\n1\n"
    fault = orders.fault(order)
    assert fault is not None
    assert (fault.signal, fault.point, fault.command) == ("SIGKILL", "K3", "CreateStore")
    assert orders.pending() is None


@pytest.mark.parametrize(
    "order",
    [
        Order("K3", "CreateStore", role="worker"),
        Order("K2", "CreateStore"),
        Order("K3", "CreateUser"),
        Order("K3", "CreateStore", skip=1),
    ],
    ids=["another role", "another point", "another command", "a later passing"],
)
def test_what_is_not_meant_lives(
    order: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda process, _number: killed.append(process))
    orders = Orders(tmp_path)
    orders.give(order)

    Trap(orders, "gateway")("K3", {"CreateStore"})

    assert killed == []
    assert orders.pending() == order


def test_passings_are_those_of_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit: list[int] = []
    monkeypatch.setattr(signal, "pthread_kill", lambda _thread, number: hit.append(number))
    order = Order("K7", "VerifyStore", role="worker", skip=1)
    Orders(tmp_path).give(order)

    for _ in range(2):
        Trap(Orders(tmp_path), "worker")("K7", {"VerifyStore"})

    assert hit == [signal.SIGKILL]


def test_an_order_is_carried_out_once(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    order = Order("K3", "CreateStore")
    orders.give(order)

    assert orders.take(order)
    assert not orders.take(order)


class Sample:
    """Stands for a class of the gateway."""

    def work(self, commands: list[str], said: list[str]) -> str:
        said.append("worked")
        return f"{len(commands)} done"


@pytest.mark.parametrize(
    ("moment", "said"),
    [(Moment.BEFORE, ["K3", "worked"]), (Moment.AFTER, ["worked", "K3"])],
    ids=["before", "after"],
)
def test_a_watched_function_does_what_it_did(
    moment: Moment, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    point = Point("K3", "", (__name__, "Sample.work"), moment, lambda *args: args[-2])
    monkeypatch.setattr(Sample, "work", Sample.work)  # put back at the end

    arm(point, lambda at, commands: heard.append(at) if commands == ["CreateStore"] else None)

    assert Sample().work(["CreateStore"], heard) == "1 done"
    assert heard == said
