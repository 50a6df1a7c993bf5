"""Quarantine: one wrong certificate, and no process connects until a person has looked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.broker.engine.connections import DeploymentQuarantined
from gateway.broker.engine.plan import Invocation
from gateway.errors import (
    CertificateExpired,
    CertificateRejected,
    CredentialsRefused,
    DeploymentUnreachable,
    PinMismatch,
)
from gateway.model import Deployment, OperationStatus, StepStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import RENAME_STORE
from gateway.storage import deployments
from tests.core import Core, copied, registration, until
from tests.simulated import Control

RENAME = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})


@pytest.fixture
def line(site: Simulator) -> Control:
    return Control(site.control_url)


@pytest.fixture
def core(site: Simulator, empty: Path, tmp_path: Path) -> Iterator[Core]:
    """A gateway with the deployment registered."""
    made = Core(copied(empty, tmp_path))
    made.deployments.register(made.caller(), registration(site))
    yield made
    made.close()


def row(core: Core) -> Deployment:
    with core.database.read() as connection:
        found = deployments.find(connection, core.deployment)
    assert found is not None
    return found


def counts(line: Control) -> tuple[int, int]:
    """Return how many connections there were, and how many begun requests."""
    seen = line.connections()
    return seen["accepts"], seen["requestsBegun"] + seen["requests"]


def met(core: Core) -> str:
    """Meet the deployment once; return the code of the problem."""
    return str(core.deployment_health.look(core.caller(), core.deployment).problem)


def quarantined(core: Core, site: Simulator, *, expired: bool = False) -> None:
    site.exchange_certificate(expired=expired)
    assert met(core).startswith("CERTIFICATE_")


def rows_about(core: Core, action: str) -> list[object]:
    return [entry for entry in core.audit() if entry["action"] == action]


def test_another_certificate_is_kept_with_all_that_a_person_compares(
    core: Core, site: Simulator, line: Control
) -> None:
    before = counts(line)[1]

    quarantined(core, site)

    said, found = site.announcement(), row(core).quarantine
    assert found is not None
    assert (found["sha256"], found["sha1"]) == (said["sha256"], said["thumbprint"])
    assert found["subject"] == found["issuer"] == "CN=beta"
    assert found["notBefore"] < found["foundTime"] < found["notAfter"]
    assert found["reason"] == "CERTIFICATE_PIN_MISMATCH"
    assert counts(line)[1] == before


def test_an_expired_certificate_is_another_reason(core: Core, site: Simulator) -> None:
    site.exchange_certificate(expired=True)
    pin = site.announcement()["sha256"]
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, {"pin": pin})
    assert met(core) == "CERTIFICATE_EXPIRED"
    found = row(core).quarantine
    assert found is not None
    assert found["reason"] == "CERTIFICATE_EXPIRED"
    with pytest.raises(CertificateExpired):
        core.deployments.lift_quarantine(core.caller(), core.deployment)
    assert row(core).quarantine is not None


def test_in_quarantine_nobody_connects_at_all(core: Core, site: Simulator, line: Control) -> None:
    other = Core(core.home)
    quarantined(core, site)
    after = until(lambda: counts(line))

    for process in (core, other):
        with pytest.raises(DeploymentQuarantined) as refusal:
            process.connections.client(core.deployment)
        assert site.announcement()["sha256"] in refusal.value.message
        assert met(process) == "DEPLOYMENT_QUARANTINED"

    other.close()
    assert counts(line) == after


def test_a_client_of_before_the_quarantine_reaches_the_deployment_no_more(
    core: Core, site: Simulator
) -> None:
    kept = core.connections.client(core.deployment)
    quarantined(core, site)
    with pytest.raises(DeploymentQuarantined):
        core.connections.client(core.deployment)
    with pytest.raises(CertificateRejected):
        kept.metadata()


def test_it_is_told_once_in_the_gateways_own_name(core: Core, site: Simulator) -> None:
    kept = core.connections.client(core.deployment)
    quarantined(core, site)
    first = row(core).quarantine
    with pytest.raises(PinMismatch):
        kept.metadata()

    (entry,) = rows_about(core, "quarantineDeployment")

    assert row(core).quarantine == first
    assert entry == {
        "phase": "done",
        "action": "quarantineDeployment",
        "object": core.deployment,
        "deployment": core.deployment,
        "fields": ["quarantine"],
        "problem": "CERTIFICATE_PIN_MISMATCH",
    }


def test_a_change_is_refused_and_has_sent_nothing(core: Core, site: Simulator) -> None:
    acme = core.planted(Control(site.control_url), "acme", instanceHost="beta-host1")
    quarantined(core, site)
    ended = core.drive(core.opened(acme, RENAME))
    assert ended.status is OperationStatus.FAILED
    assert ended.problem is not None
    assert (ended.problem["code"], ended.problem["status"]) == ("DEPLOYMENT_QUARANTINED", 503)
    assert ended.problem["retryable"] is False
    assert ended.steps[0].attempts == 0


def test_what_is_half_done_waits_for_the_person_and_goes_on(
    core: Core, site: Simulator, line: Control
) -> None:
    acme = core.planted(line, "acme", instanceHost="beta-host1")
    line.asynchronous(1.0)
    first = Invocation(RENAME_STORE, {"id": 1, "name": "Letters"})
    operation = core.opened(acme, first, RENAME)
    core.drive(operation)
    site.exchange_certificate()
    core.connections.close()
    line.advance(60)

    claimed = core.claim(operation.id)
    assert claimed is not None
    assert not core.drive(claimed).status.is_final
    assert row(core).quarantine is not None
    said = site.announcement()
    core.deployments.repin(core.caller(), core.deployment, said["sha256"], said["password"])

    ended = core.finished(operation.id, line)
    assert [step.status for step in ended.steps] == [StepStatus.SUCCEEDED] * 2


def test_an_unsent_step_waits_no_longer_than_its_deadline(
    core: Core, site: Simulator, line: Control
) -> None:
    acme = core.planted(line, "acme", instanceHost="beta-host1")
    first = Invocation(RENAME_STORE, {"id": 1, "name": "Mail"})
    operation = core.opened(acme, first, RENAME)
    operation.steps[0].status = StepStatus.SUCCEEDED
    core.ledger.save(operation)
    site.exchange_certificate()

    assert not core.drive(operation).status.is_final
    with core.late():
        ended = core.finished(operation.id)

    assert ended.status is OperationStatus.FAILED
    assert ended.steps[1].attempts == 0


# the way out


def test_another_pin_needs_the_certificate_and_the_password(
    core: Core, site: Simulator, line: Control
) -> None:
    quarantined(core, site)
    said, before = site.announcement(), counts(line)[1]
    with pytest.raises(PinMismatch, match="the pin that you sent"):
        core.deployments.repin(core.caller(), core.deployment, "AB" * 32, said["password"])
    assert counts(line)[1] == before
    with pytest.raises(CredentialsRefused):
        core.deployments.repin(core.caller(), core.deployment, said["sha256"], "wrong")
    assert row(core).quarantine is not None
    assert met(core) == "DEPLOYMENT_QUARANTINED"


@pytest.mark.parametrize("pin", ["sha256", "thumbprint"])
def test_the_right_pin_and_password_end_it_for_every_process(
    core: Core, site: Simulator, pin: str
) -> None:
    other = Core(core.home)
    quarantined(core, site)
    assert met(other) == "DEPLOYMENT_QUARANTINED"
    said = site.announcement()

    made = core.deployments.repin(core.caller(), core.deployment, said[pin], said["password"])

    assert (made.quarantine, made.pin) == (None, said[pin])
    assert (row(core).quarantine, row(core).pin) == (None, said[pin])
    assert (met(core), met(other)) == ("None", "None")
    other.close()
    assert core.audit()[-1]["fields"] == [
        "commands",
        "last_contact_time",
        "next_pin",
        "password",
        "pin",
        "quarantine",
        "update_time",
        "version",
    ]


def test_the_pinned_certificate_again_needs_no_password(core: Core, line: Control) -> None:
    line.enter("wrong-certificate")
    assert met(core) == "CERTIFICATE_PIN_MISMATCH"
    with pytest.raises(PinMismatch) as refusal:
        core.deployments.lift_quarantine(core.caller(), core.deployment)
    assert refusal.value.deployment == core.deployment
    assert row(core).quarantine is not None
    line.enter("up")
    before = counts(line)[1]

    made = core.deployments.lift_quarantine(core.caller(), core.deployment)

    assert made.quarantine is None
    assert counts(line)[1] == before
    assert core.audit()[-1]["fields"] == ["quarantine"]
    assert met(core) == "None"


def test_who_does_not_answer_stays_in_quarantine(core: Core, site: Simulator) -> None:
    quarantined(core, site)
    Control(site.control_url).enter("down")
    with pytest.raises(DeploymentUnreachable):
        core.deployments.lift_quarantine(core.caller(), core.deployment)
    assert row(core).quarantine is not None


def test_a_change_with_pin_and_password_ends_it_too(core: Core, site: Simulator) -> None:
    quarantined(core, site)
    said = site.announcement()
    values = {"pin": said["sha256"]}
    core.deployments.change(core.caller(), core.deployment, values, said["password"])
    assert met(core) == "None"


@pytest.mark.parametrize("values", [{"labels": {"a": "b"}}, {"capacity": 5}, {"name": "other"}])
def test_a_change_of_anything_else_leaves_it_and_the_connections(
    core: Core, site: Simulator, values: dict[str, object]
) -> None:
    kept = core.connections.client(core.deployment)
    core.deployments.change(core.caller(), core.deployment, values, None)
    assert core.connections.client(core.deployment) is kept
    quarantined(core, site)
    core.deployments.change(core.caller(), core.deployment, values, None)
    assert row(core).quarantine is not None


# who may not begin it


def test_a_trial_with_a_wrong_pin_quarantines_nobody(core: Core, site: Simulator) -> None:
    password = site.announcement()["password"]
    with pytest.raises(PinMismatch):
        core.deployments.repin(core.caller(), core.deployment, "AB" * 32, password)
    assert row(core).quarantine is None


def test_a_client_of_an_older_registration_quarantines_nobody(core: Core, site: Simulator) -> None:
    old = core.connections.client(core.deployment)
    site.exchange_certificate()
    said = site.announcement()
    core.deployments.repin(core.caller(), core.deployment, said["sha256"], said["password"])
    with pytest.raises(PinMismatch):
        old.metadata()
    assert row(core).quarantine is None


def test_what_is_not_registered_yet_is_put_nowhere(core: Core, site: Simulator) -> None:
    new = registration(site, name="other", host="localhost", pin="AB" * 32)
    with pytest.raises(PinMismatch):
        core.deployments.register(core.caller(), new)
    assert rows_about(core, "quarantineDeployment") == []
    assert row(core).quarantine is None
