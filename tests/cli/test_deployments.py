"""``spe-gateway deployments``: listed, taken out of use, and re-pinned by a person or a script."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli import deployments
from gateway.cli.api_client import Answer, Call
from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.server import Simulator
from tests.cli.conftest import Program
from tests.cli.program import environment, running
from tests.cli.terminal import terminal
from tests.docs.stage import asked
from tests.simulated import Control
from tests.world import registration

ACTIONS = [("cordon", "cordoned"), ("drain", "drained"), ("uncordon", "in service")]


@pytest.fixture(scope="module")
def site() -> Iterator[Simulator]:
    with Simulator("alpha") as made:
        yield made


@pytest.fixture(scope="module")
def known(site: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A gateway with a deployment whose certificate the tests exchange."""
    folder = tmp_path_factory.mktemp("life")
    operator = initialise(Settings(home=folder / "home"))
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with running(arguments, environment(folder / "home"), folder / "log") as process:
        found = {
            "SPE_GATEWAY_URL": process.first_line()["url"],
            "SPE_GATEWAY_CLIENT_ID": operator.client_id,
            "SPE_GATEWAY_CLIENT_SECRET": operator.client_secret,
        }
        asked(found, "POST", "/deployments", registration(site, "alpha"))
        yield found


@pytest.fixture(autouse=True)
def operator(known: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody whose environment names the gateway and the client."""
    for name, value in known.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def secret(site: Simulator, tmp_path: Path) -> str:
    """The file with the administrator's password."""
    file = tmp_path / "password"
    file.write_text(f"{site.announcement()['password']}\n")
    return str(file)


def exchange(site: Simulator, program: Program) -> None:
    """Let the deployment show another certificate, and the gateway meet it."""
    site.exchange_certificate()
    Control(site.control_url).enter("up")
    assert "CERTIFICATE_PIN_MISMATCH" in program("deployments", "show", "alpha").out


def deployment(program: Program) -> dict[str, object]:
    found: dict[str, object] = json.loads(program("deployments", "show", "alpha", "--json").out)
    return found


@pytest.fixture
def changed(site: Simulator, program: Program, secret: str) -> Iterator[str]:
    """Let the certificate have been exchanged; the new thumbprint, pinned after the test."""
    exchange(site, program)
    pin = site.announcement()["sha256"]
    yield pin
    again = program("deployments", "repin", "alpha", "--pin", pin, "--password-file", secret)
    assert again.status == 0, again.err


def test_a_list_has_a_line_for_each(program: Program) -> None:
    said = program("deployments", "list")
    head, row = said.out.splitlines()
    assert head.split()[:2] == ["ID", "NAME"]
    assert row.split()[1] == "alpha"
    assert "  in service  " in row
    (listed,) = json.loads(program("deployments", "list", "--json").out)["items"]
    assert listed["name"] == "alpha"


@pytest.mark.parametrize(("action", "state"), ACTIONS)
def test_it_is_taken_out_of_use_and_back(program: Program, action: str, state: str) -> None:
    said = program("deployments", action, "alpha")
    assert (said.status, said.err) == (0, "")
    assert said.out.endswith(f") is {state}.\n")
    assert f"state        {state}\n" in program("deployments", "show", "alpha").out
    assert json.loads(program("deployments", action, "alpha", "--json").out)["name"] == "alpha"


def test_a_page_shows_both_thumbprints_and_what_is_next(program: Program, changed: str) -> None:
    said = program("deployments", "show", "alpha")
    assert "state        quarantined\n" in said.out
    assert f"it showed    SHA-256 {changed}\n" in said.out
    assert "reason       DEPLOYMENT_QUARANTINED: " in said.out
    assert "spe-gateway deployments repin dep_" in said.out.splitlines()[-1]
    assert "  quarantined  " in program("deployments", "list").out


def test_a_person_types_what_the_server_shows(
    program: Program, known: dict[str, str], site: Simulator, changed: str
) -> None:
    env = environment("/nonexistent") | known
    with terminal(["deployments", "repin", "alpha"], env) as person:
        person.wait_for("Thumbprint that the server shows:")
        assert f"presented    SHA-256 {changed}" in person.screen
        person.type(changed.lower())
        person.wait_for("Password of the gateway's administrator:")
        person.type(site.announcement()["password"])
        status, out = person.end()
    assert (status, out[-16:]) == (0, " is in service.\n")
    assert site.announcement()["password"] not in person.screen
    assert deployment(program)["quarantine"] is None


@pytest.mark.usefixtures("changed")
def test_a_person_who_types_another_one_has_changed_nothing(
    program: Program, known: dict[str, str]
) -> None:
    env = environment("/nonexistent") | known
    with terminal(["deployments", "repin", "alpha"], env) as person:
        person.wait_for("Thumbprint that the server shows:")
        person.type("AB" * 32)
        status, _ = person.end()
    assert status == 1
    assert "somebody stands between it and the gateway" in person.screen
    assert deployment(program)["quarantine"] is not None


def test_a_script_gives_pin_and_password(
    program: Program, site: Simulator, changed: str, secret: str
) -> None:
    given = ("--password-file", secret, "--json")
    nobody = program("deployments", "repin", "alpha")
    said = program("deployments", "repin", "alpha", "--pin", changed, *given)
    assert (nobody.status, nobody.out) == (1, "")
    assert "Nobody can be asked here" in nobody.err
    assert json.loads(said.out)["certificate"] == {"pin": changed}
    assert (said.status, said.err) == (0, "")
    assert site.announcement()["sha256"] == changed


def test_the_pinned_certificate_again_is_enough(program: Program, site: Simulator) -> None:
    line = Control(site.control_url)
    line.enter("wrong-certificate")
    program("deployments", "show", "alpha")
    assert deployment(program)["quarantine"] is not None
    line.enter("up")
    said = program("deployments", "repin", "alpha")
    assert (said.status, said.out[-16:]) == (0, " is in service.\n")
    assert deployment(program)["quarantine"] is None


def test_a_person_registers_one_after_a_look_at_its_certificate(
    program: Program, known: dict[str, str]
) -> None:
    env = environment("/nonexistent") | known
    with Simulator("beta") as other:
        server = other.announcement()
        words = ("--name", "beta", "--host", "127.0.0.1", "--port", str(server["port"]))
        call = ["deployments", "register", *words, "--user-name", server["userName"]]
        with terminal(call, env) as person:
            person.wait_for("Thumbprint that the server shows:")
            assert f"SHA-256 {server['sha256']}" in person.screen
            assert "\npinned " not in person.screen
            person.type(server["thumbprint"])
            person.wait_for("Password of the gateway's administrator:")
            person.type(server["password"])
            status, out = person.end()
        assert (status, out[-16:]) == (0, " is in service.\n"), person.screen
        changed = program("deployments", "update", "beta", "--capacity", "5", "--json")
        assert json.loads(changed.out)["capacity"] == 5
        closed = program("deployments", "reset-breaker", "beta").out
        assert closed == "beta is sent to again; its breaker is closed.\n"
        with terminal(["deployments", "unregister", "beta"], env) as person:
            person.wait_for("To go on, type beta:")
            person.type("beta")
            assert person.end() == (0, "beta is not registered any more.\n")


def test_a_script_that_pins_another_certificate_registers_nothing(
    program: Program, site: Simulator, secret: str
) -> None:
    words = ("--name", "gamma", "--host", "127.0.0.1", "--user-name", "x", "--pin", "AB" * 32)
    given = ("--port", str(site.announcement()["port"]), "--password-file", secret)
    said = program("deployments", "register", *words, *given, "--json")
    assert (said.status, said.out) == (1, "")
    assert "nothing was changed" in said.err


def test_the_next_certificate_is_announced_and_withdrawn(program: Program, secret: str) -> None:
    given = ("alpha", "--password-file", secret)
    pinned = deployment(program)["certificate"]
    assert isinstance(pinned, dict)
    said = program("deployments", "announce-certificate", *given, "--next-pin", "ab" * 32)
    assert (said.status, said.err) == (0, "")
    assert said.out.endswith(" is in service.\n")
    assert deployment(program)["certificate"] == {**pinned, "nextPin": "AB" * 32}
    assert f", next {'AB' * 32}\n" in program("deployments", "show", "alpha").out
    said = program("deployments", "withdraw-certificate", *given, "--json")
    assert json.loads(said.out)["certificate"] == pinned
    assert deployment(program)["certificate"] == pinned


def test_a_next_certificate_that_is_none_changes_nothing(program: Program, secret: str) -> None:
    given = ("alpha", "--password-file", secret)
    before = deployment(program)["certificate"]
    said = program("deployments", "announce-certificate", *given, "--next-pin", "abc")
    assert (said.status, said.out) == (1, "")
    assert "nextPin" in said.err
    nobody = program("deployments", "announce-certificate", "alpha", "--next-pin", "ab" * 32)
    assert "nobody can be asked here" in nobody.err
    assert deployment(program)["certificate"] == before


def test_where_nothing_is_pinned_nothing_follows(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deployments, "id_of", lambda *_: "alpha")
    monkeypatch.setattr(deployments, "account_of", lambda _: Trusting())
    said = program("deployments", "announce-certificate", "alpha", "--next-pin", "ab" * 32)
    assert (said.status, said.out) == (1, "")
    assert "No certificate is pinned" in said.err


class Trusting:
    """An account that sees a deployment with the system's trust, and may only look."""

    def call(self, call: Call) -> Answer:
        assert call.method == "GET"
        return Answer(200, {}, {"certificate": {}})


def test_one_that_is_not_there_is_named(program: Program) -> None:
    said = program("deployments", "show", "gamma")
    assert (said.status, said.out) == (1, "")
    assert "There is no deployment gamma. There is: alpha." in said.err


@pytest.mark.parametrize(
    "command",
    [
        "list",
        "show",
        "register",
        "repin",
        "announce-certificate",
        "withdraw-certificate",
        "cordon",
        "drain",
        "uncordon",
    ],
)
def test_every_command_of_the_group_explains_itself(program: Program, command: str) -> None:
    said = program("deployments", command, "--help")
    assert said.status == 0
    assert f"\n spe-gateway deployments {command}" in said.out.partition("Examples:")[2]
    assert "--json" in said.out
