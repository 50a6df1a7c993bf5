"""``spe-gateway statements verify``: one line for each thing that is wrong, and a status."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import Executable, delete

from gateway.settings import Settings
from gateway.storage.database import Database
from gateway.storage.tables import raws, statement_entries
from gateway.storage.witness import Witness
from tests.billing.march import APRIL, March
from tests.billing.scene import DEPLOYMENT, NOON, Scene
from tests.billing.tampering import alter_line
from tests.cli.conftest import Program
from tests.storage.conftest import migrated

__all__ = ["migrated"]


@pytest.fixture
def billed(home: Path, migrated: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[March]:
    """A home whose March is closed, and attested by the witness."""
    shutil.copytree(migrated, home)
    settings = Settings(home=home)
    with (
        closing(Database(settings.database)) as database,
        time_machine.travel(NOON, tick=False) as clock,
    ):
        Witness(settings.witness_file, database).follow()
        march = March(Scene(database, clock))
        march.close()
        capfd.readouterr()  # what was logged so far
        yield march


def execute(march: March, statement: Executable) -> None:
    """Do what only somebody with the database can."""
    with march.scene.database.write() as connection:
        connection.execute(statement)


@pytest.mark.usefixtures("billed")
def test_whole_statements_are_said_to_be_whole(program: Program) -> None:
    said = program("statements", "verify")

    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        "The statements are whole.",
        "3 statements, 3 chains, 3 rows, 3 anchors.",
        "3 statements counted once more from the raw answers.",
    ]


def test_of_old_ones_it_says_that_the_chain_alone_was_verified(
    program: Program, billed: March
) -> None:
    billed.scene.clock.move_to(APRIL + timedelta(days=90))
    execute(billed, delete(raws))
    said = program("statements", "verify")

    assert said.status == 0
    assert "counted once more" not in said.out
    assert (
        "3 statements whose raw answers are not kept any more: there the chain alone was verified."
        in said.out
    )


def test_what_was_altered_is_named_with_its_place(program: Program, billed: March) -> None:
    with billed.scene.database.write() as connection:
        alter_line(connection, billed)
    said = program("statements", "verify")
    place = f"{billed.owner.id}: {billed.id_of()}: {billed.acme.id}"

    assert said.status == 1
    assert said.out.startswith(f"{place}: line 1 is not what was put down.\n")
    assert f"{place}: line 1 is not what the answers come to." in said.out
    assert "\n3 findings: see docs/runbooks/statements-broken.md.\n" in said.out


def test_the_findings_are_told_as_json(program: Program, billed: March) -> None:
    execute(billed, delete(raws))
    said = program("statements", "verify", "--json")
    told = json.loads(said.out)

    assert said.status == 1
    assert {
        "fault": "raw-altered",
        "reseller": billed.owner.id,
        "statement": billed.id_of(),
        "number": 0,
        "subject": DEPLOYMENT,
    } in told["findings"]
    assert (told["statements"], told["recounted"], told["past"]) == (3, 3, 0)


def test_a_chain_that_was_cut_off_is_named(program: Program, billed: March) -> None:
    mine = statement_entries.c.reseller == billed.owner.id
    execute(billed, delete(statement_entries).where(mine))
    said = program("statements", "verify")

    assert said.status == 1
    assert f"{billed.owner.id}: row 1 of the chain is missing." in said.out


def test_without_a_witness_it_says_what_that_hides(
    program: Program, billed: March, home: Path
) -> None:
    (home / "witness.jsonl").unlink()
    said = program("statements", "verify")

    assert said.status == 0
    assert "There is no witness" in said.err
    assert billed.statement().month == "2026-03"


@pytest.mark.usefixtures("home")
def test_without_a_database_it_says_what_to_do(program: Program) -> None:
    said = program("statements", "verify")

    assert said.status == 1
    assert "spe-gateway" in said.err
