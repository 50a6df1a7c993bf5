"""``spe-gateway backup`` and ``restore``: whole or not at all, and never unasked."""

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text, update

from gateway.factory import create_app
from gateway.home import held
from gateway.model import now
from gateway.settings import Settings
from gateway.storage import facts, restoration
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.tables import clients
from tests.cli.conftest import Program
from tests.cli.program import environment
from tests.cli.terminal import terminal


def operators(home: Path) -> int:
    """Return how many clients there are."""
    with closing(Database(Settings(home=home).database)) as database, database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM clients")).scalar_one())


def serve_once(home: Path) -> None:
    """Start the gateway, so that it has a witness, and end it."""
    app = create_app(Settings(home=home))
    app.extensions["spe-gateway"].close()


@pytest.fixture
def backed_up(ready_home: Path, program: Program, tmp_path: Path) -> Path:
    """A backup of a gateway that was served."""
    serve_once(ready_home)
    file = tmp_path / "gateway.zip"
    assert program("backup", str(file)).status == 0
    return file


def test_a_backup_says_what_is_in_it(program: Program, tmp_path: Path, ready_home: Path) -> None:
    with held(ready_home):  # a gateway is running
        said = program("backup", "--json", str(tmp_path / "b.zip"))
    assert said.status == 0
    told = json.loads(said.out)
    assert told["file"] == str(tmp_path / "b.zip")
    [clients] = [each for each in told["tables"] if each["table"] == "clients"]
    assert clients["rows"] == 1


def test_a_database_is_restored_on_another_host(
    program: Program, backed_up: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in ("master.keys", "witness.jsonl"):
        shutil.copy(home / file, other / file)
    monkeypatch.setenv("SPE_GATEWAY_HOME", str(other))
    said = program("restore", "--json", str(backed_up))
    assert said.status == 0, said.err
    assert json.loads(said.out)["operator"] is None
    assert operators(other) == 1
    serve_once(other)


def test_what_is_there_is_replaced_only_when_somebody_says_so(
    program: Program, backed_up: Path, home: Path
) -> None:
    refused = program("restore", str(backed_up))
    assert refused.status == 1
    assert "--replace" in refused.err
    with terminal(["restore", "--replace", str(backed_up)], environment(home)) as person:
        person.wait_for("--replace removes what the database holds now. Go on? [y/N]:")
        person.type("n")
        assert person.end()[0] == 130
    assert operators(home) == 1
    assert program("restore", "--replace", "--yes", str(backed_up)).status == 0
    serve_once(home)


def test_where_nobody_can_be_asked_a_yes_is_needed(
    program: Program, backed_up: Path, home: Path
) -> None:
    said = program("restore", "--replace", str(backed_up))

    assert (said.status, said.out) == (1, "")
    assert "repeat it with --yes" in said.err
    assert operators(home) == 1


def test_a_restore_speaks_of_what_there_is_only(program: Program, backed_up: Path) -> None:
    said = program("restore", "--replace", "--yes", str(backed_up))

    assert said.out.splitlines() == [
        "The witness knows of nothing that has changed since.",
        "All tokens of before are void: clients fetch new ones.",
        "What each of this means, and what to do next: docs/runbooks/restore.md.",
    ]


def test_a_backup_says_what_else_is_needed(
    program: Program, backed_up: Path, home: Path, tmp_path: Path
) -> None:
    assert backed_up.exists()
    with_witness = program("backup", str(tmp_path / "b.zip"))
    (home / "witness.jsonl").unlink()
    without = program("backup", str(tmp_path / "c.zip"))
    told = program("backup", "--json", str(tmp_path / "d.zip"))

    assert f"the master keys, and the witness {home}/witness.jsonl." in with_witness.err
    assert "would disable every client. 'spe-gateway serve' begins one" in without.err
    assert (json.loads(told.out)["witness"], told.err) == (None, "")


def test_nothing_is_restored_while_a_gateway_runs(
    program: Program, backed_up: Path, home: Path
) -> None:
    with held(home):
        said = program("restore", "--replace", "--yes", str(backed_up))
    assert said.status == 1
    assert "in use by another process" in said.err


def test_the_operator_that_changed_since_is_replaced_and_shown_once(
    program: Program, backed_up: Path, home: Path
) -> None:
    app = create_app(Settings(home=home))
    database = app.extensions["spe-gateway"].services.database
    with database.write() as connection:
        client = connection.execute(text("SELECT id FROM clients")).scalar_one()
        facts.note(connection, Fact.CLIENT, client, {"change": "secret"})
    app.extensions["spe-gateway"].close()
    said = program("restore", "--replace", "--yes", str(backed_up))
    assert said.status == 0, said.err
    assert "The witness knew 1 fact more, and all of it counts again.\n" in said.out
    assert "\n1 client disabled:\n" in said.out
    assert "client secret" in said.out
    assert operators(home) == 2


def test_an_operator_that_has_expired_is_none(ready_home: Path) -> None:
    with closing(Database(Settings(home=ready_home).database)) as database:
        with database.write() as connection:
            assert restoration.has_operator(connection)
            connection.execute(update(clients).values(expire_time=now()))
        with database.read() as connection:
            assert not restoration.has_operator(connection)


def test_a_lost_witness_is_said_and_can_be_done_without(
    program: Program, backed_up: Path, home: Path
) -> None:
    (home / "witness.jsonl").unlink()
    refused = program("restore", "--replace", "--yes", str(backed_up))
    assert refused.status == 1
    assert "There is no witness" in refused.err
    assert "Put the old witness.jsonl there, or a copy from another host" in refused.err
    said = program("restore", "--replace", "--yes", "--without-witness", "--json", str(backed_up))
    assert said.status == 0, said.err
    assert json.loads(said.out)["operator"]["clientSecret"]
    serve_once(home)


def test_a_database_that_was_copied_back_is_reconciled(
    program: Program, home: Path, backed_up: Path
) -> None:
    assert backed_up.exists()
    shutil.copy(home / "gateway.db", home / "old.db")
    app = create_app(Settings(home=home))
    with app.extensions["spe-gateway"].services.database.write() as connection:
        facts.note(connection, Fact.CLIENT, "cli_gone", {"change": "deleted"})
    app.extensions["spe-gateway"].close()
    for left in home.glob("gateway.db*"):
        left.unlink()
    (home / "old.db").rename(home / "gateway.db")
    served = program("serve", "--bind", "127.0.0.1:0")
    assert served.status == 1
    assert "spe-gateway restore --reconcile" in served.err
    said = program("restore", "--reconcile", "--json")
    assert json.loads(said.out)["facts"] == 1
    serve_once(home)


@pytest.mark.parametrize("arguments", [[], ["--reconcile", "b.zip"], ["--replace", "--reconcile"]])
@pytest.mark.usefixtures("ready_home")
def test_either_a_file_or_what_was_restored_by_other_means(
    program: Program, arguments: list[str]
) -> None:
    said = program("restore", *arguments)
    assert said.status == 2
    assert "FILE" in said.err


def test_a_spoilt_backup_is_one_line(program: Program, ready_home: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    file.write_bytes(b"PK nonsense")
    said = program("restore", "--replace", "--yes", str(file))
    assert said.status == 1
    assert "no whole backup" in said.err
    assert operators(ready_home) == 1
