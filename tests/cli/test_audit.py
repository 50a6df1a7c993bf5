"""``spe-gateway audit verify``: one line for each place that is broken, and a status."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.broker.chores import chores_of_the_audit
from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.storage.witness import Witness
from tests.cli.conftest import Program
from tests.storage.chains import RESELLERS, ROWS, fill


@pytest.fixture
def audited(ready_home: Path) -> Path:
    """A home whose audit log has three chains, anchored in the witness."""
    settings = Settings(home=ready_home)
    with closing(Database(settings.database)) as database:
        witness = Witness(settings.witness_file, database)
        witness.follow()
        for chore in chores_of_the_audit(database, witness):
            chore.run()
        fill(database)
    return ready_home


def execute(home: Path, statement: str) -> None:
    """Do what only somebody with the database can."""
    settings = Settings(home=home)
    with closing(Database(settings.database)) as database, database.write() as connection:
        connection.execute(text(statement))


@pytest.mark.usefixtures("audited")
def test_a_whole_log_is_said_to_be_whole(program: Program) -> None:
    said = program("audit", "verify")
    assert (said.status, said.err) == (0, "")
    first, second = said.out.splitlines()
    assert first == "The audit log is whole."
    assert second == f"{ROWS * len(RESELLERS)} rows, {len(RESELLERS)} chains, 3 anchors."


@pytest.mark.usefixtures("ready_home")
def test_of_nothing_nothing_is_said_but_that_the_witness_is_missing(program: Program) -> None:
    said = program("audit", "verify")
    assert (said.status, said.out) == (0, "The audit log is whole.\n")
    assert "There is no witness" in said.err
    assert "cannot be told. 'spe-gateway serve' begins one" in said.err
    told = program("audit", "verify", "--json")
    assert (json.loads(told.out)["witness"], told.err) == (None, "")


@pytest.mark.parametrize(
    ("statement", "fault", "number", "words"),
    [
        ("UPDATE audit_log SET payload = '{}' WHERE {row}", "altered", 3, "was altered"),
        ("DELETE FROM audit_log WHERE {row}", "removed", 3, "is missing"),
        (
            "DELETE FROM audit_log WHERE reseller = 'res_b' AND number > 4",
            "truncated",
            5,
            "missing",
        ),
    ],
    ids=["altered", "removed", "truncated"],
)
def test_a_broken_chain_is_named_with_the_place(
    program: Program, audited: Path, statement: str, fault: str, number: int, words: str
) -> None:
    execute(audited, statement.replace("{row}", "reseller = 'res_b' AND number = 3"))
    said = program("audit", "verify")
    assert said.status == 1
    assert said.out.splitlines()[0].startswith(f"res_b: row {number} ")
    assert words in said.out
    assert "\n1 finding: see docs/runbooks/audit-broken.md.\n" in said.out
    told = program("audit", "verify", "--json")
    assert told.status == 1
    found = json.loads(told.out)["findings"][0]
    assert (found["fault"], found["reseller"], found["number"]) == (fault, "res_b", number)


def test_an_altered_witness_ends_it_in_one_line(program: Program, audited: Path) -> None:
    witness = audited / "witness.jsonl"
    witness.write_text(witness.read_text().replace("res_a", "res_x"))
    said = program("audit", "verify")
    assert said.status == 1
    assert "was altered at fact 2 or before" in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.usefixtures("home")
def test_without_a_database_it_says_what_to_do(program: Program) -> None:
    said = program("audit", "verify")
    assert said.status == 1
    assert "spe-gateway" in said.err
