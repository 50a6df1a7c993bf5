import json
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from gateway.broker.key_ring import KeyRing
from gateway.factory import create_app
from gateway.home import held
from gateway.settings import Settings
from gateway.storage import upgrading
from gateway.storage.database import Database
from gateway.storage.vault import Vault, create_keys
from tests.cli.conftest import Program


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def signs_in(home: Path, operator: dict[str, str]) -> bool:
    app = create_app(Settings(home=home))
    form = {
        "grant_type": "client_credentials",
        "client_id": operator["clientId"],
        "client_secret": operator["clientSecret"],
    }
    answer = app.test_client().post("/oauth/token", data=form)
    app.extensions["spe-gateway"].close()
    return answer.status_code == 200


def test_init_prints_an_operator_that_can_sign_in(home: Path, program: Program) -> None:
    outcome = program("init")

    assert (outcome.status, outcome.err) == (0, "")
    operator = json.loads(outcome.out)
    assert set(operator) == {"clientId", "clientSecret"}
    assert signs_in(home, operator)


def test_what_init_makes_is_for_its_owner_only(home: Path, program: Program) -> None:
    program("init")

    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in home.iterdir()} == {0o600}


def test_a_second_init_changes_nothing(home: Path, program: Program) -> None:
    program("init")
    before = contents(home)

    outcome = program("init")

    assert (outcome.status, outcome.out) == (1, "")
    assert "set up already" in outcome.err
    assert contents(home) == before


def test_keys_of_the_environment_are_not_written_down(
    home: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPE_GATEWAY_MASTER_KEYS", Fernet.generate_key().decode())

    assert program("init").status == 0
    assert {path.name for path in home.iterdir()} == {"gateway.db", "gateway.lock"}


def test_an_init_that_could_not_write_its_database_can_be_repeated(
    home: Path, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPE_GATEWAY_DATABASE_URL", f"sqlite:///{tmp_path}/absent/gateway.db")
    failed = program("init")
    monkeypatch.delenv("SPE_GATEWAY_DATABASE_URL")

    outcome = program("init")

    assert (failed.status, failed.out) == (1, "")
    assert "unable to open database file" in failed.err
    assert outcome.status == 0
    assert signs_in(home, json.loads(outcome.out))


def test_an_init_that_was_killed_on_its_way_can_be_repeated(home: Path, program: Program) -> None:
    vault, database = Vault(create_keys(home)), Database(Settings(home=home).database)
    upgrading.upgrade(database)
    KeyRing(database, vault).replace()
    database.close()

    outcome = program("init")

    assert outcome.status == 0
    assert signs_in(home, json.loads(outcome.out))


def test_an_init_without_the_keys_of_its_database_makes_no_other_ones(
    ready_home: Path, program: Program
) -> None:
    (ready_home / "master.keys").unlink()
    before = contents(ready_home)

    outcome = program("init")

    assert (outcome.status, outcome.out) == (1, "")
    assert "restore master.keys from your backup" in outcome.err
    assert contents(ready_home) == before


def test_init_keeps_away_from_a_gateway_that_is_served(ready_home: Path, program: Program) -> None:
    with held(ready_home):
        outcome = program("init")

    assert outcome.status == 1
    assert "in use by another process" in outcome.err
