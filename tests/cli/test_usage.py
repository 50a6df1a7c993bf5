"""``spe-gateway usage``, ``statements`` and ``webhooks``: for people and for programs."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.billing.licences import READ
from gateway.cli.sizes import amount, size
from tests.answers import JSON
from tests.cli.conftest import Program
from tests.contract.conftest import Listening, listen
from tests.core import until
from tests.world import World, world

TODAY = datetime.now(UTC).date().isoformat()


def read_licences(made: World) -> JSON:
    """Let the gateway read until there is a figure, and return the usage."""
    (chore,) = [each for each in made.served.gateway.chores if each.name == READ]
    while True:
        chore.run()
        found = made.call("GET", "/usage?limit=500")
        if any(each["measures"]["licences"] for each in found["items"]):
            return found


def told(made: World) -> set[str]:
    """Return the types of what stands in the log of usage; it is numbered a little later."""
    return {each["type"] for each in made.call("GET", "/usage/events")["items"]}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A gateway that has read the licences of an instance with one user."""
    home = tmp_path_factory.mktemp("usage") / "home"
    with world(home, ("alpha", "beta"), licence_seconds=1) as made:
        for each in listen(made):
            read_licences(made)
            until(lambda: "licences.changed" in told(made))
            yield each


@pytest.fixture(autouse=True)
def operator(gateway: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose environment names the gateway and the client."""
    first = gateway.world.served.operator
    monkeypatch.setenv("SPE_GATEWAY_URL", gateway.url)
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_ID", first.client_id)
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_SECRET", first.client_secret)


def test_what_there_is_now_is_a_row_for_each_instance(gateway: Listening, program: Program) -> None:
    archive = gateway.archive["instanceID"]
    listed = program("usage", "list")
    one = program("usage", "list", "--instance", archive)

    head, *rows = listed.out.splitlines()
    assert head.split() == ["INSTANCE", "RESELLER", "LICENCES", "USERS", "MESSAGES", "SIZE"]
    assert len(rows) == 2
    assert one.out.splitlines()[1].split()[-4:] == ["1", "-", "-", "-"]


def test_a_period_has_its_peak_and_its_average(program: Program) -> None:
    listed = program("usage", "list", "--from", TODAY, "--group-by", "reseller")
    daily = program(
        *("usage", "list", "--from", TODAY, "--granularity", "day", "--group-by", "deployment")
    )

    head, row = listed.out.splitlines()
    assert head.split()[:6] == ["RESELLER", "FROM", "TO", "LICENCES", "PEAK", "AVERAGE"]
    assert TODAY in row
    assert "CANARY-root-alpha" in daily.out


def test_for_programs_it_is_what_rest_has(gateway: Listening, program: Program) -> None:
    listed = json.loads(program("usage", "list", "--json").out)
    rows = list(csv.DictReader(program("usage", "list", "--csv").out.splitlines()))

    assert [each["instanceID"] for each in listed["items"]] == [
        each["instanceID"] for each in rows if each["kind"] == "usage"
    ]
    assert listed["completeness"].keys() == {"expected", "readings", "gaps"}
    assert gateway.archive["instanceID"] in {each["instanceID"] for each in rows}


def test_json_and_csv_are_not_both_printed(program: Program) -> None:
    outcome = program("usage", "list", "--json", "--csv")

    assert outcome.status == 2
    assert "not both" in outcome.err


def test_a_name_that_is_none_is_said(program: Program) -> None:
    outcome = program("usage", "list", "--reseller", "Nobody")

    assert outcome.status == 1
    assert "There is no reseller Nobody" in outcome.err


def test_what_a_bill_depends_on_is_listed_from_a_number(program: Program) -> None:
    first = program("usage", "events", "--limit", "1")
    every = json.loads(program("usage", "events", "--json").out)

    assert first.err == f"There are more: --after {every['items'][0]['number']}\n"
    assert "instance.created" in first.out
    assert "licences.changed" in {each["type"] for each in every["items"]}


def test_an_open_statement_is_listed_shown_and_explained(
    gateway: Listening, program: Program
) -> None:
    archive = gateway.archive["instanceID"]
    owner = gateway.world.resellers["A"]
    listed = json.loads(program("statements", "list", "--reseller", owner, "--json").out)
    (statement,) = [each["id"] for each in listed["items"]]
    shown = program("statements", "show", statement)
    named = ("--measure", "licences", "--instance", archive)
    explained = program("statements", "explain", statement, *named)

    assert shown.out.splitlines()[0] == f"{TODAY[:7]}, open, of {owner}"
    assert archive in shown.out
    assert "(all)" in shown.out
    assert f"not added up yet: {TODAY}" in shown.err
    assert json.loads(program("statements", "show", statement, "--json").out)["id"] == statement
    assert explained.out.splitlines()[0].split()[0] == "READING"
    assert "rdg_" in explained.out


def test_a_webhook_is_made_tried_listed_and_deleted(program: Program) -> None:
    made = program("webhooks", "create", "--name", "Mine", "--target", "http://127.0.0.1:9/x")
    tried = program("webhooks", "test", "Mine")
    listed = program("webhooks", "list")
    sent = program("webhooks", "deliveries", "Mine")
    gone = program("webhooks", "delete", "Mine", "--yes")
    again = program("webhooks", "show", "Mine")

    assert "whsec_" in made.out
    assert "as the delivery dlv_" in tried.out
    assert "http://127.0.0.1:9/x" in listed.out
    assert "webhook.test" in sent.out
    assert gone.out == "Mine is deleted.\n"
    assert again.status == 1


@pytest.mark.parametrize(
    ("number", "counted", "sized"),
    [
        (None, "-", "-"),
        (0, "0", "0 B"),
        (999, "999", "999 B"),
        (1500, "1500", "1.5 kB"),
        (2.5, "2.50", "2 B"),
        (3_200_000_000, "3200000000", "3.2 GB"),
        (10**16, "10000000000000000", "10000.0 TB"),
    ],
    ids=["unknown", "none", "bytes", "kilobytes", "part", "gigabytes", "much"],
)
def test_numbers_are_said_for_people(number: float | None, counted: str, sized: str) -> None:
    assert (amount(number), size(number)) == (counted, sized)
