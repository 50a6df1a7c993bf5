"""Lines that break, and deployments that are not who they were: F10 to F13."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from time import time
from typing import Any

import pytest

from gateway.broker.engine.breakers import LOGIN_SECONDS, LOGINS
from gateway.broker.engine.plan import Invocation
from gateway.errors import CredentialsRefused
from gateway.model import OperationStatus
from gateway.simulator.server import Simulator
from gateway.spe.commands.environment import PING
from gateway.spe.commands.stores import RENAME_STORE, VERIFY_STORE
from gateway.storage import breakers, deployments
from tests.core import Core, registration, sent
from tests.faults.cases import Case
from tests.faults.relay import APPLICATION_DATA, Fate, Relay, relay
from tests.faults.stage import (
    EFFECTS,
    Bystander,
    assert_ended_well,
    assert_settled,
    assert_undone,
    polled,
)
from tests.simulated import JSON, Control

VERIFY = Invocation(VERIFY_STORE, {"id": 1, "includeIndexes": False})


def moved(core: Core, **values: Any) -> None:  # noqa: ANN401 - columns
    """Let a deployment's registration say something else, whether it works or not."""
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, values)


@pytest.fixture
def line(core: Core, simulator: Simulator) -> Iterator[Relay]:
    """The way to the deployment, which leads through a relay."""
    with relay(partial(socket.create_connection, ("127.0.0.1", simulator.port))) as made:
        moved(core, port=made.port)
        yield made


# nobody there: nothing was sent, and that is certain


@contextmanager
def closed_port(core: Core) -> Iterator[None]:
    """Let nobody listen where the deployment was."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    moved(core, port=port)
    yield


@contextmanager
def black_hole(core: Core) -> Iterator[None]:
    """Let nobody answer where the deployment was: a full queue drops every SYN."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address):
            moved(core, port=address[1])
            yield


@contextmanager
def deaf_server(core: Core) -> Iterator[None]:
    """Let somebody take the connection who never shakes hands."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        moved(core, port=listener.getsockname()[1])
        yield


@contextmanager
def reset_at_the_door(core: Core) -> Iterator[None]:
    """Let every connection be reset as soon as it stands."""

    def refuse() -> socket.socket:
        raise ConnectionRefusedError

    with relay(refuse) as made:
        moved(core, port=made.port)
        yield


@contextmanager
def no_name(core: Core) -> Iterator[None]:
    """Let the deployment have a name that does not resolve."""
    with pytest.MonkeyPatch.context() as patch:
        real = socket.getaddrinfo

        def resolve(host: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - as in socket
            if host == "spe.example.com":
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return real(host, *rest, **more)

        patch.setattr(socket, "getaddrinfo", resolve)
        moved(core, host="spe.example.com")
        yield


NOBODY: Mapping[str, Callable[[Core], Any]] = {
    "closed port": closed_port,
    "black hole": black_hole,
    "no handshake": deaf_server,
    "reset at the door": reset_at_the_door,
    "no name": no_name,
}


@pytest.mark.parametrize("nobody", NOBODY)
@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_what_reaches_nobody_is_a_failure_that_may_be_tried_again(
    core: Core, control: Control, bystander: Bystander, case: Case, nobody: str
) -> None:
    instance, operation = case.opened(core, control)

    with NOBODY[nobody](core):
        ended = core.drive(operation)
        bystander.assert_served("Beside")

    assert ended.problem is not None
    assert ended.problem["code"] == "DEPLOYMENT_UNREACHABLE"
    assert sent(control, case.command.name) == []
    assert_undone(core, control, case, instance)


@pytest.mark.parametrize("nobody", NOBODY)
def test_what_runs_is_followed_when_the_deployment_is_back(
    core: Core, control: Control, simulator: Simulator, nobody: str
) -> None:
    operation = core.opened(core.planted(control, "acme"), VERIFY)
    core.drive(operation)

    with NOBODY[nobody](core):
        assert polled(core, operation.id).status is OperationStatus.RUNNING
    moved(core, host="127.0.0.1", port=simulator.port)
    ended = core.finished(operation.id, control)

    assert ended.status is OperationStatus.SUCCEEDED
    assert len(sent(control, "VerifyStore")) == 1
    assert_ended_well(core, ended)


# a line that breaks: whether it was carried out is unknown


class Records:
    """Judges what clients send, TLS record by record; a request is one, unless it is long."""

    def __init__(self) -> None:
        self._is_armed = False

    def lose(self) -> None:
        """Break the line off at the next record."""
        self._is_armed = True

    def __call__(self, piece: bytes) -> Fate:
        while piece:
            if piece[0] == APPLICATION_DATA and self._is_armed:
                self._is_armed = False
                return Fate.IS_LOST
            piece = piece[5 + int.from_bytes(piece[3:5]) :]
        return Fate.PASSES


@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_a_request_that_breaks_off_is_settled_by_reading(
    core: Core,
    control: Control,
    line: Relay,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
) -> None:
    instance, operation = case.opened(core, control)
    records, begin = Records(), core.runner._intend  # noqa: SLF001 - the moment before sending
    line.judge = lambda: records
    core.connections.client(core.deployment).invoke(PING, {})  # the line stands

    def intend(*arguments: Any) -> None:  # noqa: ANN401 - passed on as they came
        begin(*arguments)
        monkeypatch.undo()
        records.lose()

    monkeypatch.setattr(core.runner, "_intend", intend)
    core.drive(operation)
    core.finished(operation.id, control)

    assert line.cut == 1
    if case.settles:
        assert_settled(core, control, case, instance)
        assert len(sent(control, case.command.name)) == 1
    else:
        assert core.broker.fetch(operation.id).status is OperationStatus.UNKNOWN
        assert sent(control, case.command.name) == []


RESETS: Mapping[str, JSON] = {
    "at once": {"kind": "reset", "size": 0},
    "in the answer": {"kind": "reset", "size": 60},
}


@pytest.mark.parametrize("executed", [True, False], ids=["carried-out", "not-carried-out"])
@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_a_reset_is_settled_by_reading(
    core: Core, control: Control, case: Case, reset: str, *, executed: bool
) -> None:
    instance, operation = case.opened(core, control)
    control.fault(command=case.command.name, execute=executed, **RESETS[reset])

    core.drive(operation)
    core.finished(operation.id, control)

    assert control.faults()[0]["count"] == 0
    assert_settled(core, control, case, instance)


def test_a_deployment_that_flaps_delays_an_operation_and_does_not_double_it(
    core: Core, control: Control, bystander: Bystander
) -> None:
    case = next(case for case in EFFECTS if case.command.name == "CreateInstance")
    control.asynchronous(1.0)
    instance, operation = case.opened(core, control)
    core.drive(operation)
    for kind in ("reset", "drop-before", "status", "truncate", "hang"):
        control.fault(kind, "get-status", count=2)

    ended = core.finished(operation.id, control)

    assert control.faults()[-1]["count"] == 0
    assert ended.status is OperationStatus.SUCCEEDED
    assert_settled(core, control, case, instance)
    bystander.assert_served("Beside")


# another certificate


@pytest.fixture
def site(core: Core) -> Iterator[tuple[Simulator, Control]]:
    """A deployment of the test's own, whose certificate and password it may spoil."""
    with Simulator("alpha") as made:
        said = registration(made)
        moved(core, port=made.port, pin=said.pin, password=core.vault.seal(said.password))
        yield made, Control(made.control_url)


def bytes_of_http(control: Control) -> int:
    counts = control.connections()
    return counts["requestsBegun"] + counts["requests"]


@pytest.mark.parametrize("expired", [False, True], ids=["another", "one that has ended"])
@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_another_certificate_gets_no_byte_and_stops_nothing_that_runs(
    core: Core,
    site: tuple[Simulator, Control],
    bystander: Bystander,
    case: Case,
    *,
    expired: bool,
) -> None:
    simulator, control = site
    long = core.opened(core.planted(control, "long"), VERIFY)
    core.drive(long)
    instance, operation = case.opened(core, control)
    simulator.exchange_certificate(expired=expired)
    core.connections.close()
    before = bytes_of_http(control)

    ended = core.drive(operation)
    still = polled(core, long.id)

    assert bytes_of_http(control) == before
    assert ended.problem is not None
    assert ended.problem["code"] == "CERTIFICATE_PIN_MISMATCH"
    assert sent(control, case.command.name) == (
        [] if case.command is not VERIFY_STORE else sent(control, "VerifyStore")[:1]
    )
    assert still.status is OperationStatus.RUNNING
    health = core.deployment_health.look(core.caller(), core.deployment)
    assert (health.reachable, health.problem) == (False, "DEPLOYMENT_QUARANTINED")
    bystander.assert_served("Beside")

    simulator.exchange_certificate()
    moved(core, pin=simulator.announcement()["sha256"], quarantine=None)
    assert core.finished(long.id, control).status is OperationStatus.SUCCEEDED
    assert core.instance(instance.id)


# another password


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let a minute pass for those who wait to try a password again."""
    ahead = [0.0]
    monkeypatch.setattr(breakers, "time", lambda: time() + ahead[0])

    def pass_by() -> None:
        ahead[0] += LOGIN_SECONDS

    return pass_by


def refused(control: Control) -> int:
    return sum(not entry["authorized"] for entry in control.journal())


def test_a_password_that_was_changed_is_tried_three_times_and_then_once_a_minute(
    core: Core, control: Control, minute: Callable[[], None], bystander: Bystander
) -> None:
    acme = core.planted(control, "acme")
    running = [core.opened(acme, VERIFY) for _ in range(5)]
    for each in running:
        core.drive(each)
    right = _password(core)
    moved(core, password=core.vault.seal("wrong"))
    control.forget_journal()

    for _ in range(4):
        for each in running:
            assert polled(core, each.id).status is OperationStatus.RUNNING
    wish = Invocation(RENAME_STORE, {"id": 1, "name": "Post"})
    failed = core.drive(core.opened(acme, wish))
    assert refused(control) == LOGINS
    minute()
    for each in running:
        assert polled(core, each.id).status is OperationStatus.RUNNING
    assert refused(control) == LOGINS + 1
    bystander.assert_served("Beside")

    assert failed.status is OperationStatus.FAILED
    assert failed.problem is not None
    assert failed.problem["code"] == "DEPLOYMENT_CREDENTIALS_REFUSED"
    assert sent(control, "RenameStore") == []
    moved(core, password=right)
    for each in running:
        ended = core.finished(each.id, control)
        assert ended.status is OperationStatus.SUCCEEDED
    assert_ended_well(core, ended)


def test_a_password_that_is_put_back_is_found_within_a_minute(
    core: Core, control: Control, minute: Callable[[], None]
) -> None:
    control.fault("status", "Ping", count=LOGINS, status=401)
    client = core.connections.client(core.deployment)
    for _ in range(LOGINS + 2):
        with pytest.raises(CredentialsRefused):
            client.invoke(PING, {})
    assert len(sent(control, "Ping")) == LOGINS
    minute()

    assert client.invoke(PING, {}).succeeded
    assert client.invoke(PING, {}).succeeded


@pytest.mark.parametrize("case", EFFECTS, ids=str)
def test_a_command_that_is_refused_for_its_password_was_not_carried_out(
    core: Core, control: Control, case: Case
) -> None:
    instance, operation = case.opened(core, control)
    moved(core, password=core.vault.seal("wrong"))

    ended = core.drive(operation)

    assert ended.problem is not None
    assert ended.problem["code"] == "DEPLOYMENT_CREDENTIALS_REFUSED"
    assert refused(control) <= LOGINS
    assert_undone(core, control, case, instance)


def _password(core: Core) -> str:
    with core.database.read() as connection:
        return deployments.sealed_password(connection, core.deployment)
