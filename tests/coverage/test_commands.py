"""All commands of the Management API are reached through REST, as the vendor documents them."""

from collections import Counter
from pathlib import Path

import pytest

from gateway.cli.coverage import table
from gateway.simulator.reference import signatures
from tests.coverage.journey import Journey, Traveller
from tests.world import World

NEVER = {
    ("GetInstanceHosts", "serverNameFilter"): "all are read, and one is chosen here",
    ("GetClientAccessServers", "serverNameFilter"): "all are read, and one is chosen here",
    ("CreateStore", "contentPath"): "the store's place is left to the instance",
    ("CreateStore", "indexPath"): "the store's place is left to the instance",
    ("GetWorkerResults", "userName"): "one user's results are no resource of their own",
}
"""Arguments that no operation sends, with the reason."""

OTHERWISE = {
    ("GetComplianceConfiguration", "failed", 200): "a stopped instance does not tell; tolerated",
    ("VerifyStores", "succeeded", None): "its answer is lost on purpose, to be decided by a person",
}
"""How commands came out that did not simply succeed, with the reason."""

LATER = {("VerifyStores", "cancelled", 200): "one is cancelled, and may end after the journey"}


pytestmark = pytest.mark.timeout(600)
"""The first of the tests makes the whole journey."""


@pytest.fixture(scope="module")
def journey(own_world: World) -> Journey:
    """Every operation taken once; each answer was held against the contract."""
    return Traveller(own_world).travel()


def test_all_129_commands_reach_the_deployment_and_succeed(journey: Journey) -> None:
    reached = {entry["command"] for entry in journey.journal if entry["outcome"] == "succeeded"}
    missing = sorted(set(signatures()) - reached)
    assert missing == [], f"{len(missing)} commands are not reached: {missing}"
    assert len(reached) == 129


def test_no_call_came_out_in_any_other_way(journey: Journey) -> None:
    others = {
        (entry["command"], entry["outcome"], entry["status"])
        for entry in journey.journal
        if (entry["outcome"], entry["status"]) != ("succeeded", 200)
    }
    assert others - set(LATER) == set(OTHERWISE)


def test_no_call_carries_an_argument_that_the_reference_does_not_list(journey: Journey) -> None:
    undocumented = {
        (entry["command"], name)
        for entry in journey.journal
        for name, _ in entry["arguments"]
        if name not in {argument.name for argument in signatures()[entry["command"]].arguments}
    }
    assert undocumented == set()


def test_no_call_lacks_a_required_argument_or_repeats_one(journey: Journey) -> None:
    wrong = []
    for entry in journey.journal:
        sent = Counter(name for name, _ in entry["arguments"])
        required = [a.name for a in signatures()[entry["command"]].arguments if not a.nullable]
        if set(required) - set(sent) or max(sent.values(), default=1) > 1:
            wrong.append((entry["command"], sent))
    assert wrong == []


def test_every_documented_argument_is_sent_unless_a_reason_is_given(journey: Journey) -> None:
    sent = {(entry["command"], name) for entry in journey.journal for name, _ in entry["arguments"]}
    documented = {
        (s.name, argument.name) for s in signatures().values() for argument in s.arguments
    }
    assert documented - sent == set(NEVER)


def test_the_printed_coverage_is_the_codes() -> None:
    page = Path(__file__).parents[2] / "openapi" / "COVERAGE.md"
    assert page.read_text(encoding="utf-8") == table(), "stale: run `make openapi`"
    assert "\n129 of 129 commands have a REST operation.\n" in table()


def test_the_catalogue_has_the_commands_of_the_reference() -> None:
    rows = [line.split(" | ")[0].strip("| ") for line in table().splitlines()]
    assert set(signatures()) <= set(rows)
