"""The invoice run among the examples, against statements of a gateway that is served."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from gateway.model import (
    EntryKind,
    LineKind,
    Month,
    Prefix,
    Statement,
    StatementLine,
    StatementStatus,
    new_id,
    statement_id,
)
from gateway.settings import Settings
from gateway.storage import statements
from gateway.storage.database import Database
from tests.docs.stage import Stage
from tests.docs.tables import ROOT
from tests.examples.conftest import account

SCRIPT = ROOT / "examples" / "monthly_invoice.py"
MONTHS = count(12, -1)
PRICES = {
    "currency": "EUR",
    "prices": [
        {"measure": "licences", "figure": "peak", "each": "1.905"},
        {"measure": "bytes", "figure": "average", "each": 0.04, "per": 1000000000},
    ],
}
GAP = {
    "deployment": "dep_01995e5a7c4d7b3e8f2a9c1d0e6b4f37",
    "from": "2020-01-03T00:00:00+00:00",
    "to": "2020-01-03T07:00:00+00:00",
    "problem": "DEPLOYMENT_UNREACHABLE",
}


def figure(latest: int, average: str, peak: int) -> dict[str, Any]:
    return {"latest": latest, "average": average, "peak": peak, "readings": 3, "total": 9}


def closed(
    stage: Stage, reseller: str, month: str, *measures: Mapping[str, Any], gaps: int = 0
) -> str:
    """Put a closed statement down, as the gateway does at the end of a month."""
    time = datetime.now(UTC)
    none = {name: figure(0, "0.0000", 0) for name in ("licences", "users", "messages", "bytes")}
    completeness = {"expected": 3, "readings": 3, "gaps": [GAP] * gaps, "unclosed": []}
    made = Statement(
        id=statement_id(reseller, Month.named(month)),
        reseller=reseller,
        month=month,
        status=StatementStatus.CLOSED,
        figures={"totals": none, "completeness": completeness},
        close_time=time,
    )
    lines = [
        StatementLine(
            number=number,
            kind=LineKind.USAGE,
            instance=new_id(Prefix.INSTANCE),
            deployment=stage.deployment,
            figures={
                "instanceID": f"archive-{number}",
                "displayName": "Acme",
                "externalId": f"47{number}",
                "measures": one,
                "gaps": [],
            },
            create_time=time,
        )
        for number, one in enumerate(measures, start=1)
    ]
    settings = Settings(home=Path(stage.known["SPE_GATEWAY_HOME"]))
    with closing(Database(settings.database)) as database, database.write() as connection:
        statements.hold(connection, reseller)
        statements.add(connection, made, lines)
        statements.append(connection, reseller, made.id, EntryKind.CLOSED, {"month": month})
    return made.id


@pytest.fixture
def month() -> str:
    """A month before those of earlier tests: after the closed month of one come open ones."""
    return f"2020-{next(MONTHS):02}"


@pytest.fixture
def reseller(stage: Stage) -> str:
    return str(stage.ask("POST", "/resellers", {"name": "North"})["id"])


def invoiced(
    stage: Stage, folder: Path, month: str, *options: str
) -> "subprocess.CompletedProcess[str]":
    prices = folder / "prices.json"
    prices.write_text(json.dumps(PRICES))
    known = account(stage, folder, "operator")
    return subprocess.run(  # noqa: S603 - our own example
        [
            *(sys.executable, str(SCRIPT), "--account", str(known), "--prices", str(prices)),
            *("--month", month, *options),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def status(stage: Stage, statement: str) -> str:
    return str(stage.ask("GET", f"/statements/{statement}")["status"])


def test_each_reseller_gets_an_invoice_to_the_cent_and_is_acknowledged(
    stage: Stage, tmp_path: Path, month: str, reseller: str
) -> None:
    other = stage.ask("POST", "/resellers", {"name": "South"})["id"]
    first = closed(
        stage,
        reseller,
        month,
        {"licences": figure(5, "4.3333", 7), "bytes": figure(9, "12500000000.0000", 9)},
        {"licences": figure(1, "1.0000", 1)},
    )
    second = closed(stage, other, month, {"licences": figure(2, "2.0000", 2)})
    done = invoiced(stage, tmp_path, month)
    said = words(done.stdout)

    assert done.returncode == 0, done.stderr
    assert ["North,", month] in said
    assert ["South,", month] in said
    assert ["471:", "licences", "7", "13.34", "EUR"] in said  # 13.335
    assert ["471:", "bytes", "12500000000", "0.50", "EUR"] in said
    assert ["472:", "licences", "1", "1.91", "EUR"] in said  # 1.905
    assert ["Total", "15.75", "EUR"] in said
    assert ["Total", "3.81", "EUR"] in said
    assert [status(stage, each) for each in (first, second)] == ["acknowledged"] * 2


def test_what_was_acknowledged_is_not_invoiced_again(
    stage: Stage, tmp_path: Path, month: str, reseller: str
) -> None:
    closed(stage, reseller, month, {"licences": figure(1, "1.0000", 1)})
    assert "North" in invoiced(stage, tmp_path, month).stdout
    again = invoiced(stage, tmp_path, month)
    assert (again.returncode, again.stdout) == (0, "")


def test_a_correction_is_invoiced_in_place_of_the_invoice_before(
    stage: Stage, tmp_path: Path, month: str, reseller: str
) -> None:
    statement = closed(stage, reseller, month, {"licences": figure(9, "9.0000", 9)})
    invoiced(stage, tmp_path, month)
    correction = {"measure": "licences", "amount": -2, "reason": "Agreed."}
    stage.ask("POST", f"/statements/{statement}/corrections", correction)
    assert status(stage, statement) == "closed"
    done = invoiced(stage, tmp_path, month)

    assert "Replaces the invoice" in done.stdout
    assert ["Correction", "of", "licences:", "Agreed.", "-2", "-3.81", "EUR"] in words(done.stdout)
    assert ["Total", "13.34", "EUR"] in words(done.stdout)  # 17.145 is 17.15
    assert status(stage, statement) == "acknowledged"


def test_an_incomplete_month_is_refused_unless_that_is_agreed(
    stage: Stage, tmp_path: Path, month: str, reseller: str
) -> None:
    statement = closed(stage, reseller, month, {"licences": figure(1, "1.0000", 1)}, gaps=1)
    refused = invoiced(stage, tmp_path, month)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "DEPLOYMENT_UNREACHABLE" in refused.stderr
    assert status(stage, statement) == "closed"

    agreed = invoiced(stage, tmp_path, month, "--incomplete")
    assert agreed.returncode == 0
    assert "Not contained, since it was not read" in agreed.stdout
    assert status(stage, statement) == "acknowledged"


def test_a_month_that_goes_on_is_refused(stage: Stage, tmp_path: Path) -> None:
    refused = invoiced(stage, tmp_path, f"{datetime.now(UTC):%Y-%m}")
    assert refused.returncode == 1
    assert "not closed yet" in refused.stderr


def test_a_dry_run_acknowledges_nothing(
    stage: Stage, tmp_path: Path, month: str, reseller: str
) -> None:
    statement = closed(stage, reseller, month, {"licences": figure(1, "1.0000", 1)})
    assert "Total" in invoiced(stage, tmp_path, month, "--dry-run").stdout
    assert status(stage, statement) == "closed"
