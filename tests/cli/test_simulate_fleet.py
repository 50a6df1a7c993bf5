"""``spe-gateway simulate`` with the file of a fleet: its processes from start to end."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest
import requests

from tests.cli.conftest import Program
from tests.cli.program import environment, running
from tests.simulator.client import Client
from tests.simulator.fleets import Announced, is_alive, kill, processes, watched, written

MEMBERS = {"port", "thumbprint", "sha256", "userName", "password", "controlUrl"}
TWENTY = """
processes: 2
groups:
- {name: site-##, count: 20, latency: {read: 0.05}}
"""
PAIR = "processes: 2\ngroups: [{name: a-#, count: 2}]"
LATENCY = 0.05


def seconds_of(deployments: list[Announced]) -> float:
    """Call all of them at the same time, on connections that are open; return the longest wait."""
    clients = [Client(one) for one in deployments]
    for client in clients:
        client.send("POST", "/api/nothing")
    with ThreadPoolExecutor(len(clients)) as pool:
        begun = monotonic()
        answers = list(pool.map(lambda client: client.call("Ping"), clients))
        taken = monotonic() - begun
    for client in clients:
        client.close()
    assert {answer["statusCode"] for answer in answers} == {"succeeded"}
    return taken


def test_twenty_in_two_processes_answer_at_the_same_time(tmp_path: Path) -> None:
    with processes(tmp_path, TWENTY) as (_, found):
        deployments = list(found.values())
        one = min(seconds_of(deployments[:1]) for _ in range(3))
        all_of_them = min(seconds_of(deployments) for _ in range(3))

        assert {set(each.facts) == MEMBERS | {"name", "processId"} for each in deployments} == {
            True
        }
        assert len({each.facts["processId"] for each in deployments}) == 2
        assert len({each.facts["sha256"] for each in deployments}) == 20
        assert one >= LATENCY
        assert all_of_them / one < 6  # one after the other it were twenty


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_processes(tmp_path: Path, number: signal.Signals) -> None:
    with processes(tmp_path, PAIR) as (process, found):
        ids = {one.facts["processId"] for one in found.values()}
        assert all(is_alive(each) for each in ids)
        process.process.send_signal(number)

        assert process.status() == 0
        assert len(ids) == 2
        assert not any(is_alive(each) for each in ids)
        assert process.log == "2 deployments listen; Ctrl-C ends them.\n"


def test_calls_that_wait_do_not_hold_up_the_end(tmp_path: Path) -> None:
    text = "groups: [{name: slow, latency: 3600}]"
    with processes(tmp_path, text) as (process, found), Client(found["slow"]) as client:
        client.begin("Ping")
        url = found["slow"].facts["controlUrl"]
        while not requests.get(f"{url}/journal", timeout=10).json():
            assert process.process.poll() is None
        process.process.terminate()

        assert process.status() == 0


def test_the_fleet_ends_with_its_lifeline(tmp_path: Path) -> None:
    with processes(tmp_path, PAIR) as (process, found):
        process.cut_lifeline()

        assert process.status() == 0
        assert not any(is_alive(one.facts["processId"]) for one in found.values())


def test_the_others_end_with_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with processes(tmp_path, PAIR) as (process, found):
        ids = {one.facts["processId"] for one in found.values()}
        with watched(ids) as ends:
            kill(process.process.pid)

            assert ends() == ids


def test_a_process_that_dies_is_told_and_ends_the_fleet(tmp_path: Path) -> None:
    with processes(tmp_path, PAIR) as (process, found):
        victim, other = (one.facts["processId"] for one in found.values())
        kill(victim)

        assert process.status() == 1
        assert f"the process {victim} of the fleet has died (signal SIGKILL)" in process.log
        assert not is_alive(other)


def test_a_port_that_is_taken_ends_the_fleet(tmp_path: Path) -> None:
    with processes(tmp_path, "groups: [{name: first}]") as (_, found):
        folder = tmp_path / "second"
        folder.mkdir()
        taken = found["first"].facts["port"]
        path = written(folder, f"firstPort: {taken}\ngroups: [{{name: second}}]")
        arguments = ["simulate", "--scenario", str(path)]
        with running(arguments, environment(folder), folder / "log") as process:
            assert process.status() == 1
            assert "a deployment cannot start" in process.log
            assert "in use" in process.log


def test_a_file_that_is_wrong_is_told_with_the_place(tmp_path: Path, program: Program) -> None:
    path = written(tmp_path, "groups:\n- name: a\n  latency: {read: -1}\n")
    outcome = program("simulate", "--scenario", str(path))

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == (
        f"spe-gateway: {path} is no scenario: "
        "line 3: groups[0].latency.read: must be greater than or equal to 0.\n"
    )


@pytest.mark.parametrize("option", [("--name", "x"), ("--port", "0"), ("--data", "x")], ids=str)
def test_what_is_said_of_one_server_is_refused(
    tmp_path: Path, program: Program, option: tuple[str, str]
) -> None:
    outcome = program("simulate", "--scenario", str(written(tmp_path, PAIR)), *option)

    assert outcome.status == 1
    assert f"The file describes a fleet: leave {option[0]} out." in outcome.err
