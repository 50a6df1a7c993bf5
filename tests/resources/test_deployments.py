"""The life of a deployment as REST has it: quarantine, the two ways out of it, and health."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gateway.simulator import certificate
from gateway.storage import deployments
from tests.answers import JSON
from tests.core import until
from tests.served import assert_problem
from tests.world import Site, World

WRONG = "AB" * 32


@pytest.fixture
def site(own_world: World) -> Iterator[Site]:
    """A deployment that is as it was registered, also after the test."""
    found = own_world.sites["alpha"]
    yield found
    found.control.clear_faults()
    own_world.call("POST", f"/deployments/{found.id}/repin", body(found))
    own_world.call("POST", f"/deployments/{found.id}/uncordon")


def exchange(site: Site) -> None:
    """Let a deployment use another certificate, also for those who are connected."""
    site.simulator.exchange_certificate()
    site.control.enter("up")


def body(site: Site) -> dict[str, str]:
    """Return what re-pins a deployment."""
    said = site.simulator.announcement()
    return {"pin": said["sha256"], "password": said["password"]}


def health(world: World, site: Site) -> dict[str, object]:
    return world.call("GET", f"/deployments/{site.id}/health")


def reasons(world: World, site: Site) -> list[str]:
    found = world.call("GET", f"/deployments/{site.id}/health")
    return [reason["code"] for reason in found["reasons"]]


def test_quarantine_is_shown_wherever_the_deployment_is(own_world: World, site: Site) -> None:
    exchange(site)
    assert reasons(own_world, site) == ["CERTIFICATE_PIN_MISMATCH"]
    said = site.simulator.announcement()

    one = own_world.call("GET", f"/deployments/{site.id}")
    listed = own_world.call("GET", "/deployments")["items"]
    seen = health(own_world, site)

    found = one["quarantine"]
    assert (found["sha256"], found["sha1"]) == (said["sha256"], said["thumbprint"])
    assert found["foundTime"].endswith("Z")
    assert one["certificate"]["pin"] != found["sha256"]
    assert [each["quarantine"] for each in listed if each["id"] == site.id] == [found]
    assert (seen["quarantine"], seen["reachable"]) == (found, False)
    assert seen["problem"] == "DEPLOYMENT_QUARANTINED"
    assert (seen["credential"], seen["latencyMilliseconds"]) == ("unknown", None)


def test_a_read_of_a_deployment_in_quarantine_is_a_503_that_says_what_was_shown(
    own_world: World, site: Site
) -> None:
    exchange(site)
    health(own_world, site)
    response = own_world.operator.get(f"/deployments/{site.id}/services")
    problem = assert_problem(response, 503, "DEPLOYMENT_QUARANTINED", retryable=False)
    assert site.simulator.announcement()["sha256"] in problem["upstream"]["message"]


def test_another_pin_is_refused_in_words_and_the_right_one_ends_it(
    own_world: World, site: Site
) -> None:
    exchange(site)
    health(own_world, site)
    path = f"/deployments/{site.id}/repin"
    wrong = own_world.operator.post(path, json=body(site) | {"pin": WRONG})
    assert_problem(wrong, 503, "CERTIFICATE_PIN_MISMATCH")
    assert_problem(own_world.operator.post(path, json={"pin": WRONG}), 422)

    made = own_world.call("POST", path, body(site))

    assert made["quarantine"] is None
    assert made["certificate"] == {"pin": body(site)["pin"]}
    assert health(own_world, site)["reachable"] is True


def test_the_pinned_certificate_again_is_enough_to_lift_it(own_world: World, site: Site) -> None:
    site.control.enter("wrong-certificate")
    health(own_world, site)
    path = f"/deployments/{site.id}/lift-quarantine"
    refused = own_world.operator.post(path)
    assert_problem(refused, 503, "CERTIFICATE_PIN_MISMATCH")
    site.control.enter("up")
    own_world.forget()

    made = own_world.call("POST", path)

    assert made["quarantine"] is None
    assert own_world.journal() == []
    assert health(own_world, site)["reachable"] is True


def test_the_audit_says_who_put_it_there_and_who_let_it_out(own_world: World, site: Site) -> None:
    site.control.enter("wrong-certificate")
    health(own_world, site)
    site.control.enter("up")
    own_world.call("POST", f"/deployments/{site.id}/lift-quarantine")

    def rows() -> list[JSON]:
        page = own_world.call("GET", f"/audit-log?object={site.id}&limit=500")
        return [row for row in page["items"] if row["fields"] == ["quarantine"]]

    until(lambda: "liftQuarantine" in {row["action"] for row in rows()})
    clients = {str(row["action"]): row["actor"].get("client") for row in rows()}
    operator = own_world.clients["operator"]
    assert clients == {"quarantineDeployment": None, "liftQuarantine": operator}


def test_a_certificate_that_was_announced_is_no_reason_for_quarantine(
    own_world: World, site: Site
) -> None:
    path, said = f"/deployments/{site.id}", body(site)
    following = site.control.next_certificate()["sha256"]
    trust = {"pin": said["pin"], "nextPin": following}
    change = {"certificate": trust, "password": said["password"]}
    assert own_world.call("PATCH", path, change)["certificate"] == trust
    site.simulator.exchange_certificate()
    site.control.enter("up")  # for those who are connected too
    assert health(own_world, site)["quarantine"] is None
    assert health(own_world, site)["reachable"] is True

    made = own_world.call("POST", f"{path}/repin", body(site))

    assert made["certificate"] == {"pin": following}
    assert health(own_world, site)["reachable"] is True


def test_the_former_certificate_is_none_that_is_trusted_after_the_repin(
    own_world: World, site: Site
) -> None:
    path, said = f"/deployments/{site.id}", body(site)
    trust = {"pin": said["pin"], "nextPin": WRONG}
    own_world.call("PATCH", path, {"certificate": trust, "password": said["password"]})
    early = own_world.operator.post(f"{path}/repin", json=said | {"pin": WRONG})
    assert_problem(early, 503, "CERTIFICATE_PIN_MISMATCH")
    own_world.call("POST", f"{path}/repin", said)
    assert own_world.call("GET", path)["certificate"] == {"pin": said["pin"]}
    exchange(site)
    assert reasons(own_world, site) == ["CERTIFICATE_PIN_MISMATCH"]


@pytest.mark.parametrize("trust", [{"nextPin": WRONG}, {"trust": "system", "nextPin": WRONG}, {}])
def test_a_next_pin_needs_a_pin(own_world: World, site: Site, trust: JSON) -> None:
    change = {"certificate": trust, "password": "any"}
    response = own_world.operator.patch(f"/deployments/{site.id}", json=change)
    assert_problem(response, 422, "INVALID_INPUT")


# health


def test_a_deployment_that_is_well_has_nothing_against_it(own_world: World, site: Site) -> None:
    seen = health(own_world, site)
    assert (seen["reachable"], seen["reasons"], seen["credential"]) == (True, [], "accepted")
    assert isinstance(seen["latencyMilliseconds"], int)
    assert (seen["missingCommands"], seen["catalogueCommands"]) == (0, 129)
    assert seen["certificateDaysLeft"] in range(3_600, 3_651)


def test_a_ping_that_is_still_at_work_is_a_sign_of_life(own_world: World, site: Site) -> None:
    site.control.asynchronous(1.0)
    site.control.pause()
    try:
        assert health(own_world, site)["reachable"] is True
    finally:
        site.control.resume()
        site.control.asynchronous(0.0)


def test_a_ping_that_fails_is_told(own_world: World, site: Site) -> None:
    site.control.fault("failed", "Ping")
    seen = health(own_world, site)
    assert (seen["reachable"], seen["problem"]) == (False, "UPSTREAM_REPLY_INVALID")


def test_a_refused_password_is_told(own_world: World, site: Site) -> None:
    site.control.fault("status", "Ping", status=401, count=2)
    seen = health(own_world, site)
    assert (seen["credential"], seen["problem"]) == ("refused", "DEPLOYMENT_CREDENTIALS_REFUSED")
    assert reasons(own_world, site)[0] == "DEPLOYMENT_CREDENTIALS_REFUSED"


def test_a_certificate_that_ends_soon_is_told(own_world: World, site: Site) -> None:
    server = site.simulator
    ends = datetime.now(UTC) + timedelta(days=29, hours=12)
    server._certificate = certificate.make(  # noqa: SLF001 - no control plane sets an end
        server._certificate.path,  # noqa: SLF001 - nor where it lies
        "alpha",
        ends,
        None,
    )
    site.control.enter("up")
    health(own_world, site)
    own_world.call("POST", f"/deployments/{site.id}/repin", body(site))
    seen = health(own_world, site)
    assert seen["certificateDaysLeft"] == 29
    assert reasons(own_world, site) == ["CERTIFICATE_ENDS_SOON"]
    site.simulator.exchange_certificate()


@pytest.mark.parametrize(("action", "reason"), [("cordon", "CORDONED"), ("drain", "DRAINED")])
def test_what_an_operator_has_done_is_told(
    own_world: World, site: Site, action: str, reason: str
) -> None:
    own_world.call("POST", f"/deployments/{site.id}/{action}")
    assert reasons(own_world, site) == [reason]


def test_commands_that_its_version_lacks_are_counted(own_world: World, site: Site) -> None:
    database = own_world.served.gateway.services.database
    with database.write() as connection:
        deployments.observe(connection, site.id, {"commands": {"Ping": []}})
    seen = health(own_world, site)
    assert seen["missingCommands"] == 128
    assert reasons(own_world, site) == ["COMMANDS_MISSING"]
