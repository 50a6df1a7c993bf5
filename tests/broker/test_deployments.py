"""Registration: nothing is sent before the certificate is known to be the right one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access.permissions import Permission
from gateway.broker.engine import reader
from gateway.broker.engine.connections import Connections, Networks
from gateway.broker.engine.plan import Invocation
from gateway.errors import (
    CertificateExpired,
    CredentialsRefused,
    DeploymentUnreachable,
    GatewayError,
    InUse,
    InvalidInput,
    NotFound,
    PermissionMissing,
    PinMismatch,
    UpstreamTimeout,
)
from gateway.model import OperationStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import RENAME_STORE
from gateway.storage import deployments
from tests.core import Core, copied, registration, until
from tests.simulated import Control

WRONG = "AB" * 32


@pytest.fixture
def site_control(site: Simulator) -> Control:
    return Control(site.control_url)


@pytest.fixture
def core(empty: Path, tmp_path: Path) -> Iterator[Core]:
    """A gateway without a deployment."""
    made = Core(copied(empty, tmp_path))
    yield made
    made.close()


def registered(core: Core) -> int:
    with core.database.read() as connection:
        return len(deployments.every(connection))


def bytes_of_http(control: Control) -> int:
    counts = control.connections()
    return counts["requestsBegun"] + counts["requests"]


def test_without_a_pin_the_certificate_is_shown_and_nothing_is_sent(
    core: Core, site: Simulator, site_control: Control
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        core.deployments.register(core.caller(), registration(site, pin=None))
    said = site.announcement()
    assert said["sha256"] in refusal.value.detail
    assert said["thumbprint"] in refusal.value.detail
    assert "CN=beta" in refusal.value.detail
    assert refusal.value.faults[0].code == "PIN_NEEDED"
    assert until(lambda: site_control.connections()["handshakes"]) == 1
    assert bytes_of_http(site_control) == 0
    assert registered(core) == 0


def test_a_probe_shows_the_certificate_and_sends_nothing(
    core: Core, site: Simulator, site_control: Control
) -> None:
    shown = core.deployments.probe(core.caller(), "127.0.0.1", site.port)
    assert shown.sha256 == site.announcement()["sha256"]
    assert bytes_of_http(site_control) == 0


def test_with_a_wrong_pin_nothing_is_sent(
    core: Core, site: Simulator, site_control: Control
) -> None:
    with pytest.raises(PinMismatch) as refusal:
        core.deployments.register(core.caller(), registration(site, pin=WRONG))
    assert "the pin that you sent" in refusal.value.detail
    assert WRONG in refusal.value.message
    assert site.announcement()["sha256"] in refusal.value.message
    assert refusal.value.deployment == ""
    assert bytes_of_http(site_control) == 0
    assert registered(core) == 0


def test_with_a_certificate_that_has_ended_nothing_is_sent(
    core: Core, site: Simulator, site_control: Control
) -> None:
    site.exchange_certificate(expired=True)
    with pytest.raises(CertificateExpired):
        core.deployments.register(core.caller(), registration(site))
    assert bytes_of_http(site_control) == 0
    assert registered(core) == 0


def test_with_a_wrong_password_nothing_is_registered(core: Core, site: Simulator) -> None:
    with pytest.raises(CredentialsRefused):
        core.deployments.register(core.caller(), registration(site, password="wrong"))
    assert registered(core) == 0


@pytest.mark.parametrize("pin", ["sha256", "thumbprint"])
def test_what_answers_as_it_should_is_registered_with_what_it_can_do(
    core: Core, site: Simulator, pin: str
) -> None:
    new = registration(site, pin=site.announcement()[pin])
    made = core.deployments.register(core.caller(), new)
    assert made.version == "25.3.1.23021"
    assert "CreateInstance" in made.commands
    assert registered(core) == 1
    assert core.audit()[-1]["object"] == made.id


def test_a_certificate_exchanged_later_stops_everything_before_a_byte_is_sent(
    core: Core, site: Simulator, site_control: Control
) -> None:
    core.deployments.register(core.caller(), registration(site))
    core.connections.close()
    acme = core.planted(site_control, "acme", instanceHost="beta-host1")
    site.exchange_certificate()
    before = bytes_of_http(site_control)

    ended = core.drive(core.opened(acme, Invocation(RENAME_STORE, {"id": 1, "name": "Post"})))

    assert bytes_of_http(site_control) == before
    assert ended.status is OperationStatus.FAILED
    assert ended.problem is not None
    assert ended.problem["code"] == "CERTIFICATE_PIN_MISMATCH"
    assert site.announcement()["sha256"] in ended.problem["upstream"]["message"]


@pytest.mark.parametrize(
    "values",
    [
        {"host": "localhost"},
        {"port": 1},
        {"pin": WRONG},
        {"next_pin": WRONG},
        {"user_name": "root"},
    ],
)
def test_another_identity_needs_the_password_again(
    core: Core, site: Simulator, site_control: Control, values: dict[str, object]
) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    before = bytes_of_http(site_control)
    with pytest.raises(InvalidInput) as refusal:
        core.deployments.change(core.caller(), made.id, values, None)
    assert refusal.value.faults[0].code == "PASSWORD_NEEDED"
    assert bytes_of_http(site_control) == before


def test_a_pin_is_stored_in_one_spelling(core: Core, site: Simulator) -> None:
    """With colons it is longer than its column."""
    new = registration(site)
    pin, following = new.pin, "ab:" * 31 + "ab"
    assert pin is not None
    colons = ":".join(pin[at : at + 2] for at in range(0, len(pin), 2)).lower()
    made = core.deployments.register(core.caller(), replace(new, pin=colons))
    assert made.pin == pin
    values = {"pin": colons, "next_pin": following}
    core.deployments.change(core.caller(), made.id, values, new.password)
    assert core.deployments.get(core.caller(), made.id).pins == (pin, "AB" * 32)


def test_a_change_that_does_not_work_does_not_count(core: Core, site: Simulator) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    with pytest.raises(CredentialsRefused):
        core.deployments.change(core.caller(), made.id, {"user_name": "root"}, "wrong")
    assert core.deployments.get(core.caller(), made.id) == made
    assert core.deployment_health.look(core.caller(), made.id).reachable


def test_a_change_is_felt_by_the_next_call(core: Core, site: Simulator) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    kept = core.connections.client(made.id)
    assert core.connections.client(made.id) is kept
    said = site.announcement()
    new = {"pin": said["thumbprint"]}
    core.deployments.change(core.caller(), made.id, new, said["password"])
    assert core.connections.client(made.id) is not kept


def test_a_deployment_outside_the_networks_is_not_even_connected_to(
    core: Core, site: Simulator, site_control: Control
) -> None:
    core.deployments._networks = Networks(["10.0.0.0/8"])  # noqa: SLF001 - as the settings say
    for pin in (None, WRONG):
        with pytest.raises(InvalidInput):
            core.deployments.register(core.caller(), registration(site, pin=pin))
    with pytest.raises(InvalidInput):
        core.deployments.probe(core.caller(), "127.0.0.1", site.port)
    assert site_control.connections()["accepts"] == 0


@pytest.mark.parametrize("host", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "fe80::1"])  # noqa: S104 - refused
def test_addresses_that_are_nobodys_server_are_refused(host: str) -> None:
    with pytest.raises(InvalidInput):
        Networks([]).require(host)


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    with pytest.raises(DeploymentUnreachable):
        Networks([]).require("no..name")


def test_a_server_that_never_ends_a_ping_is_given_up(
    core: Core, site: Simulator, site_control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "READ_SECONDS", 0.05)
    monkeypatch.setattr(reader, "POLL_MILLISECONDS", 20)
    site_control.asynchronous(1.0)
    site_control.pause()
    with pytest.raises(UpstreamTimeout):
        core.deployments.register(core.caller(), registration(site))
    assert registered(core) == 0


def test_only_operators_register(core: Core, site: Simulator, site_control: Control) -> None:
    stranger = core.caller(
        "createDeployment", Permission.DEPLOYMENTS_CREATE, reseller=core.reseller("Stranger")
    )
    with pytest.raises(PermissionMissing):
        core.deployments.register(stranger, registration(site))
    assert core.audit()[-1]["phase"] == "refused"
    assert site_control.connections()["accepts"] == 0


def test_a_deployment_is_absent_for_a_reseller(core: Core, site: Simulator) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    with pytest.raises(NotFound):
        core.deployments.get(core.caller(reseller=core.reseller("Stranger")), made.id)


def test_a_deployment_where_an_id_was_ever_used_stays(
    core: Core, site: Simulator, site_control: Control
) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    core.planted(site_control, "acme", instanceHost="beta-host1")
    with pytest.raises(InUse):
        core.deployments.remove(core.caller(), made.id)
    assert registered(core) == 1


def test_a_name_that_takes_long_to_resolve_holds_up_no_other_deployment(
    core: Core, site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    core.connections.client(made.id)
    slow = core.deployments.register(
        core.caller(), registration(site, name="slow", host="localhost")
    )
    real, seen = Connections.candidate, []

    def candidate(self: Connections, *arguments: object) -> object:
        seen.append(self.client(made.id))  # would wait for ever if resolving held the lock
        return real(self, *arguments)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(Connections, "candidate", candidate)
    assert core.connections.client(slow.id)
    assert seen == [core.connections.client(made.id)]


def test_a_removed_deployment_is_unreachable(core: Core, site: Simulator) -> None:
    made = core.deployments.register(core.caller(), registration(site))
    core.deployments.remove(core.caller(), made.id)
    with pytest.raises(GatewayError, match="not registered"):
        core.connections.client(made.id)
