"""Whatever is wrong with the configuration is one line that says what to do next."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.cli.init import initialise
from gateway.settings import Settings
from tests.cli.conftest import Outcome, Program

SERVE = ("serve", "--bind", "127.0.0.1:0")
Spoiler = Callable[[Path, pytest.MonkeyPatch], None]


@pytest.fixture
def taken_port() -> Iterator[str]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


def require_one_line(outcome: Outcome, words: str) -> None:
    lines = outcome.err.splitlines()
    assert outcome.status == 1
    assert outcome.out == ""
    assert len(lines) == 1, outcome.err
    assert lines[0].startswith("spe-gateway: ")
    assert words in lines[0]


def without_keys(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "master.keys").unlink()


def with_keys_that_others_may_read(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "master.keys").chmod(0o640)


def with_an_issuer_that_is_no_url(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_GATEWAY_ISSUER", "gateway.example.com")


def with_other_keys_in_the_environment(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_GATEWAY_MASTER_KEYS", Fernet.generate_key().decode())


def with_the_wrong_key(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "master.keys").write_text(Fernet.generate_key().decode())


def with_half_a_key(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "master.keys").write_text(Fernet.generate_key().decode()[:20])


def with_rubbish_for_keys(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "master.keys").write_bytes(b"\xff\xfe\x00")


def with_a_folder_for_keys(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "master.keys").unlink()
    (home / "master.keys").mkdir()


def without_a_database(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "gateway.db").unlink()


def with_a_folder_for_a_database(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "gateway.db").unlink()
    (home / "gateway.db").mkdir()


def with_rubbish_for_a_database(home: Path, _: pytest.MonkeyPatch) -> None:
    (home / "gateway.db").write_bytes(b"rubbish " * 1024)


def with_another_schema(home: Path, _: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(home / "gateway.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()


def with_an_unknown_setting(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_GATEWAY_DATABSE_URL", "sqlite://")


def with_a_wrong_setting(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_GATEWAY_GRACE_DAYS", "many")


def with_an_unknown_database(_: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_GATEWAY_DATABASE_URL", "oracular://localhost/x")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_keys, "restore master.keys from your backup"),
        (with_keys_that_others_may_read, "run 'chmod 600 "),
        (with_an_issuer_that_is_no_url, "SPE_GATEWAY_ISSUER: is no http or https URL"),
        (with_other_keys_in_the_environment, "SPE_GATEWAY_MASTER_KEYS differs"),
        (with_the_wrong_key, "right master key"),
        (with_half_a_key, "not 32 bytes"),
        (with_rubbish_for_keys, "does not hold keys"),
        (with_a_folder_for_keys, "cannot be read"),
        (without_a_database, "run 'spe-gateway init'"),
        (with_a_folder_for_a_database, "unable to open database file"),
        (with_rubbish_for_a_database, "file is not a database"),
        (with_another_schema, "run 'spe-gateway upgrade'"),
        (with_an_unknown_setting, "SPE_GATEWAY_DATABSE_URL is no setting"),
        (with_a_wrong_setting, "SPE_GATEWAY_GRACE_DAYS"),
        (with_an_unknown_database, "SPE_GATEWAY_DATABASE_URL is not usable"),
    ],
)
def test_a_gateway_that_cannot_serve_says_why_in_one_line(
    ready_home: Path,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoiler,
    words: str,
) -> None:
    spoil(ready_home, monkeypatch)

    require_one_line(program(*SERVE), words)


def test_a_home_that_was_never_set_up_is_named(home: Path, program: Program) -> None:
    require_one_line(program(*SERVE), "run 'spe-gateway init'")
    assert not home.exists()


def test_a_home_that_cannot_be_written_is_named(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SPE_GATEWAY_HOME", str(tmp_path / "file" / "home"))

    require_one_line(program("init"), "SPE_GATEWAY_HOME must be a folder")


@pytest.mark.usefixtures("ready_home")
def test_a_port_in_use_is_named(program: Program, taken_port: str) -> None:
    bind = f"127.0.0.1:{taken_port}"

    require_one_line(program("serve", "--bind", bind), f"Cannot listen on {bind}")


@pytest.mark.usefixtures("ready_home")
@pytest.mark.parametrize("bind", ["8080", ":8080", "127.0.0.1:", "127.0.0.1:65536", "localhost:x"])
def test_an_address_that_is_none_is_named(program: Program, bind: str) -> None:
    require_one_line(program("serve", "--bind", bind), "write HOST:PORT")


@pytest.mark.usefixtures("ready_home")
def test_an_address_of_another_machine_is_named(program: Program) -> None:
    require_one_line(program("serve", "--bind", "192.0.2.1:0"), "Cannot listen on 192.0.2.1:0")


def test_a_simulator_names_the_port_that_it_cannot_have(program: Program, taken_port: str) -> None:
    require_one_line(program("simulate", "--port", taken_port), "Cannot listen on 127.0.0.1")


@pytest.mark.parametrize("text", ["colour: red", "- a list", "a: [", "asynchronous: {speed: 3}"])
def test_a_scenario_that_is_none_is_named(program: Program, tmp_path: Path, text: str) -> None:
    (tmp_path / "scenario.yaml").write_text(text)

    outcome = program("simulate", "--scenario", str(tmp_path / "scenario.yaml"))

    require_one_line(outcome, "is no scenario")


def test_a_contract_that_cannot_be_written_is_named(program: Program, tmp_path: Path) -> None:
    outcome = program("openapi", "--write", str(tmp_path / "absent" / "openapi.yaml"))

    require_one_line(outcome, "cannot be written")


def test_a_gateway_that_is_not_there_is_named(
    program: Program, taken_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_ID", "cli")
    monkeypatch.setenv("SPE_GATEWAY_CLIENT_SECRET", "secret")
    monkeypatch.setattr("gateway.cli.api_client.READ_SECONDS", 0.1)

    outcome = program("invoke", "--url", f"http://127.0.0.1:{taken_port}", "-d", "x", "Ping")

    require_one_line(outcome, "No gateway answers")


def test_credentials_that_are_missing_are_named(program: Program) -> None:
    require_one_line(program("invoke", "-d", "alpha", "Ping"), "SPE_GATEWAY_CLIENT_ID")


def test_a_schema_from_the_future_is_named(
    ready_home: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_another_schema(ready_home, monkeypatch)

    require_one_line(program("upgrade"), "another version of the gateway")


@pytest.mark.usefixtures("home")
def test_a_set_up_that_failed_leaves_no_trace_of_a_secret(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-canary"
    monkeypatch.setenv(
        "SPE_GATEWAY_DATABASE_URL", f"postgresql+nodriver://u:{secret}@127.0.0.1:1/x"
    )

    outcome = program("init")

    require_one_line(outcome, "SPE_GATEWAY_DATABASE_URL is not usable")
    assert secret not in outcome.err


def test_a_home_with_a_schema_but_no_operator_is_not_served(home: Path, program: Program) -> None:
    initialise(Settings(home=home))
    connection = sqlite3.connect(home / "gateway.db")
    with connection:
        connection.execute("DELETE FROM signing_keys")
    connection.close()

    require_one_line(program(*SERVE), "run 'spe-gateway init'")
