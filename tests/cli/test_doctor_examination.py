"""Whole examinations of servers in which something differs."""

import base64
import json
from collections.abc import Iterator

import pytest

from gateway.cli.doctor import reads
from gateway.cli.doctor.examination import Observed, compare, expectations, observe
from gateway.cli.doctor.findings import Difference, Findings
from gateway.cli.doctor.shapes import Shape
from gateway.simulator.reference import offered
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import Effect
from gateway.spe.endpoint import Endpoint
from tests.simulated import Control
from tests.spe.raw_server import envelope

ACME = {
    "instanceID": "acme",
    "archiveAdminEnabled": True,
    "stores": [{"name": "Mail"}],
    "users": [{"userName": "jane", "fullName": "Jane Doe"}],
}


@pytest.fixture(scope="session")
def expected() -> Observed:
    return expectations()


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator("alpha", scenario=Scenario(instances=(ACME,))) as spe:
        yield spe


@pytest.fixture
def control(simulator: Simulator) -> Control:
    control = Control(simulator.control_url)
    control.reset()
    return control


def endpoint(simulator: Simulator) -> Endpoint:
    told = simulator.announcement()
    return Endpoint(
        "alpha", "127.0.0.1", told["port"], told["userName"], told["password"], told["sha256"]
    )


def examined(simulator: Simulator, expected: Observed, instance: str | None = "acme") -> Findings:
    return compare(expected, observe(endpoint(simulator), instance))


def differences(findings: Findings) -> dict[tuple[str, str], Difference]:
    return {(one.check, one.subject): one for one in findings.differences}


def test_an_older_version_lacks_what_came_later(expected: Observed) -> None:
    with Simulator("old", scenario=Scenario(version="22.4", instances=(ACME,))) as spe:
        found = differences(examined(spe, expected))
        asked = set(Control(spe.control_url).commands())
    here, there = offered("25.3.1"), offered("22.4")
    gone = {("metadata", name) for name in here.keys() - there.keys()}
    fewer = {
        ("metadata", f"{name} --{argument.name}")
        for name in here.keys() & there.keys()
        for argument in set(here[name].arguments) - set(there[name].arguments)
    }

    assert {one for one in found if one[0] == "metadata"} == gone | fewer
    assert ("metadata", "TransferStores") in gone
    assert found["metadata", "TransferStores"].found == "missing"
    assert not asked & {name for _, name in gone}


def test_a_missing_mark_is_named(
    simulator: Simulator, control: Control, expected: Observed
) -> None:
    control.fault("not-bom", "Ping")
    found = differences(examined(simulator, expected))

    assert set(found) == {("byte-order-mark", "HTTP")}


def test_garbage_is_no_usable_answer_of_its_command(
    simulator: Simulator, control: Control, expected: Observed
) -> None:
    control.fault("garbage", "GetUsers", body="PGh0bWw+")
    found = differences(examined(simulator, expected))

    assert set(found) == {("shape", "GetUsers")}
    assert found["shape", "GetUsers"].found == "no usable answer (UPSTREAM_REPLY_INVALID)"


def test_a_failure_is_named_without_its_words(
    simulator: Simulator, control: Control, expected: Observed
) -> None:
    control.fault("failed", "GetStores", text="The store of jane@example.com is gone.")
    control.fault("failed", "GetUsers", text="Nullable object must have a value.")
    found = differences(examined(simulator, expected))

    assert found["shape", "GetStores"].found == "failed"
    assert found["shape", "GetUsers"].found == "failed: Nullable object must have a value."


def test_keys_and_kinds_that_differ_are_named_without_values(
    simulator: Simulator, control: Control, expected: Observed
) -> None:
    rows = [{"userName": 7, "fullName": "canary", "mfaStatus": None, "colour": "canary"}]
    answer = base64.b64encode(json.dumps(envelope(result=rows)).encode()).decode()
    control.fault("garbage", "GetUsers", body=answer)
    findings = examined(simulator, expected)
    found = differences(findings)

    assert {subject: one.found for (_, subject), one in found.items()} == {
        "GetUsers [].userName": "number",
        "GetUsers [].mfaStatus": "null",
        "GetUsers [].distinguishedName": "missing",
        "GetUsers [].colour": "string",
    }
    assert "canary" not in repr(findings)


@pytest.mark.parametrize("result", [[7, None, "x"], {}, 7, [{"userName": 7}], [{}]])
def test_a_list_of_anything_else_ends_no_examination(
    simulator: Simulator, control: Control, expected: Observed, result: object
) -> None:
    answer = base64.b64encode(json.dumps(envelope(result=result)).encode()).decode()
    control.fault("garbage", "GetUsers", body=answer)
    findings = examined(simulator, expected)

    assert all(subject.startswith("GetUsers") for _, subject in differences(findings))
    assert differences(findings)
    assert "GetUserInfo" in {one.subject for one in findings.unseen}


def test_unusable_metadata_is_found_and_the_rest_is_looked_at(
    simulator: Simulator, control: Control, expected: Observed
) -> None:
    control.fault("garbage", "get-metadata", body="e30=", count=None)
    findings = examined(simulator, expected)

    assert set(differences(findings)) == {("metadata-by-get", "HTTP"), ("metadata-by-post", "HTTP")}
    assert ("metadata", "get-metadata") in {(one.check, one.subject) for one in findings.unseen}
    assert "GetStores" in control.commands()


def test_without_an_instance_none_is_looked_into(
    simulator: Simulator, control: Control, expected: Observed
) -> None:
    findings = examined(simulator, expected, instance=None)

    assert findings.differences == []
    assert "instances" in {one.subject for one in findings.unseen}
    assert not any(
        name == "instanceID" for one in control.journal() for name, _ in one["arguments"]
    )


def test_only_reads_can_be_asked() -> None:
    asked = [command for target in reads.Target for command in reads.reading(target)]

    assert {command.effect for command in asked} == {Effect.READ}
    assert len(asked) == sum(c.effect is Effect.READ for c in COMMANDS.values())


def test_the_reference_has_something_to_show_for_every_read(expected: Observed) -> None:
    """A key that is always null, or a list that is always empty, could not be compared."""
    looks = {**expected.deployment, **expected.instance}

    assert {name for name, look in looks.items() if look.ended != "succeeded"} == set()
    assert {path for name, look in looks.items() for path in bare(look.shape, name)} == {
        "Ping",  # answers nothing
        "GetSystemSmtpConfiguration.password",  # is never told
        "GetSmtpSettings.password",
        "GetChildFolders[].childFolders[].childFolders[].childFolders",  # the tree ends somewhere
        "GetRetentionPolicies",  # as they were set: not compared
    }


def bare(shape: Shape | None, path: str) -> Iterator[str]:
    """Yield the places of a shape that show no kind but null, or no element."""
    assert shape is not None
    if shape.kinds == {"null"} or ("list" in shape.kinds and shape.element is None):
        yield path
    for key, member in shape.members.items():
        yield from bare(member, f"{path}.{key}")
    if shape.element is not None:
        yield from bare(shape.element, f"{path}[]")
