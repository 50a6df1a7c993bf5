"""``spe-gateway events``: the log, listed and followed."""

import json
import signal
import subprocess
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import count

import pytest

from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Api
from gateway.cli.tailing import Tailing
from tests.cli.conftest import Program, Served
from tests.cli.cutter import Cutter
from tests.cli.program import PROGRAM, line_with, talking

NAMES = count()


def happen(served: Served) -> str:
    """Let a user come, and return the number of the last event before that."""
    before = served.ask("GET", "/events?limit=1")["last"]
    (acme,) = served.ask("GET", "/instances?q=acme")["items"]
    body = {"userName": f"tailed{next(NAMES)}"}
    served.ask("POST", f"/instances/{acme['id']}/users", body, Prefer="wait=20")
    while served.ask("GET", f"/events?after={before}")["last"] < before + 2:
        pass  # an event is numbered within about a second
    return str(before)


def tailed(served: Served, *words: str) -> AbstractContextManager[subprocess.Popen[str]]:
    """Follow the log in a process of its own."""
    return talking([*PROGRAM, "events", "tail", *words], served.env)


@pytest.mark.usefixtures("operator")
def test_the_last_events_are_listed(served: Served, program: Program) -> None:
    before = happen(served)
    listed = program("events", "list", "--limit", "2")
    named = program("events", "list", "--after", before, "--types", "operation.started", "--json")

    head, *rows = listed.out.splitlines()
    assert head.split() == ["NUMBER", "TIME", "(UTC)", "TYPE", "SUBJECT", "DATA"]
    assert len(rows) == 2
    assert "operation.succeeded" in listed.out
    found = json.loads(named.out)
    assert {each["type"] for each in found["items"]} == {"operation.started"}
    assert found["isLast"]


@pytest.mark.usefixtures("operator")
def test_a_part_of_the_log_says_how_it_goes_on(served: Served, program: Program) -> None:
    before = happen(served)
    outcome = program("events", "list", "--after", before, "--limit", "1")

    assert outcome.err == f"There are more: --after {int(before) + 1}\n"


@pytest.mark.usefixtures("operator")
def test_a_type_that_is_none_is_refused(program: Program) -> None:
    outcome = program("events", "tail", "--types", "instance.craeted")

    assert outcome.status == 1
    assert "instance.created" in outcome.err


@pytest.mark.usefixtures("operator")
def test_what_is_beyond_the_log_is_refused(program: Program) -> None:
    outcome = program("events", "tail", "--after", "999999999999")

    assert outcome.status == 1
    assert len(outcome.err.splitlines()) == 1


def test_events_are_followed_from_a_number_until_ctrl_c(served: Served) -> None:
    before = happen(served)
    with tailed(served, "--after", before) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert first.split()[0] == str(int(before) + 1)
    assert second.split()[0] == str(int(before) + 2)
    assert process.returncode == 130
    assert "goes on from here" in said
    assert "Traceback" not in said


def test_it_says_from_where_on_events_are_followed(served: Served) -> None:
    before = happen(served)
    with tailed(served) as new:
        begun = line_with("Following", new)
    with tailed(served, "--after", before) as old:
        assert line_with("Following", old) == f"Following what comes after {before} ...\n"

    assert int(begun.split()[-2]) >= int(before) + 2


def test_a_connection_that_breaks_is_made_again_and_nothing_comes_twice(
    served: Served, line: Cutter
) -> None:
    before = happen(served)
    with tailed(replace(served, url=line.url), "--after", before, "--json") as process:
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(2)]
        line.cut()
        line_with("The connection is lost", process)
        happen(served)
        second = [json.loads(process.stdout.readline()) for _ in range(2)]

    numbers = [each["number"] for each in (*first, *second)]
    assert numbers == list(range(int(before) + 1, int(before) + 5))


def test_a_reader_that_goes_away_ends_it_quietly(served: Served) -> None:
    with tailed(served, "--after", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        happen(served)
        assert process.stderr is not None
        said = process.stderr.read()

    assert process.wait(60) == 0
    assert said == "Following what comes after 0 ...\n"


def test_a_client_that_may_not_hear_is_told_so(served: Served) -> None:
    client = served.ask("POST", "/clients", {"name": "Deaf", "roles": ["billing"]})
    account = Account(Api(served.url), client["clientId"], client["clientSecret"])

    with pytest.raises(Refused, match="events:read"):
        next(Tailing(account, "", 0).events())
