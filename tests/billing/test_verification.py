"""Whoever alters a statement, or what it rests on, is found."""

from pathlib import Path

import pytest

from gateway.billing.amendments import Correction
from gateway.billing.verification import Fault
from gateway.model import Measure
from gateway.storage.witness import Attested, Witness
from tests.billing import tampering
from tests.billing.march import March, caller
from tests.billing.scene import DEPLOYMENT, Scene
from tests.billing.tampering import Edit

CASES: list[tuple[Edit, set[Fault]]] = [
    (tampering.alter_payload, {Fault.ENTRY_ALTERED, Fault.STATEMENT_ALTERED}),
    (tampering.spoil_payload, {Fault.ENTRY_ALTERED, Fault.STATEMENT_INSERTED}),
    (
        tampering.remove_entry,
        {Fault.ENTRY_REMOVED, Fault.STATEMENT_ALTERED, Fault.LINE_INSERTED},
    ),
    (tampering.remove_middle, {Fault.ENTRY_REMOVED, Fault.STATEMENT_ALTERED}),
    (tampering.insert_entry, {Fault.ENTRY_INSERTED, Fault.STATEMENT_ALTERED}),
    (tampering.close_twice, {Fault.CLOSED_TWICE}),
    (tampering.remove_statement, {Fault.STATEMENT_REMOVED}),
    (
        tampering.insert_statement,
        {Fault.STATEMENT_INSERTED, Fault.READING_ALTERED, Fault.MISCOUNTED},
    ),
    (tampering.alter_totals, {Fault.STATEMENT_ALTERED, Fault.MISCOUNTED}),
    (tampering.spoil_totals, {Fault.STATEMENT_ALTERED}),
    (tampering.alter_close_time, {Fault.STATEMENT_ALTERED}),
    (tampering.alter_status, {Fault.STATEMENT_ALTERED}),
    (tampering.alter_evidence, {Fault.STATEMENT_ALTERED}),
    (tampering.alter_line, {Fault.LINE_ALTERED, Fault.MISCOUNTED}),
    (tampering.alter_correction, {Fault.LINE_ALTERED}),
    (tampering.remove_line, {Fault.LINE_REMOVED, Fault.MISCOUNTED}),
    (tampering.remove_correction, {Fault.LINE_REMOVED}),
    (tampering.insert_correction, {Fault.LINE_INSERTED}),
    (tampering.alter_reading, {Fault.READING_ALTERED, Fault.MISCOUNTED}),
    (tampering.remove_reading, {Fault.READING_ALTERED, Fault.MISCOUNTED}),
    (tampering.insert_reading, {Fault.READING_ALTERED, Fault.MISCOUNTED}),
    (tampering.alter_raw, {Fault.RAW_ALTERED}),
    (tampering.remove_raw, {Fault.RAW_ALTERED}),
    (tampering.exchange_raw, {Fault.READING_ALTERED, Fault.MISCOUNTED}),
    (tampering.alter_owner, {Fault.MISCOUNTED}),
    (tampering.remove_transfer, {Fault.MISCOUNTED}),
]


@pytest.fixture
def march(scene: Scene) -> March:
    """A month that is closed, acknowledged and corrected: three entries."""
    made = March(scene)
    made.close()
    made.statements.acknowledge(caller(made.owner), made.id_of())
    made.statements.correct(caller(), made.id_of(), Correction(Measure.LICENCES, -5, "Tests."))
    return made


def faults(march: March) -> set[Fault]:
    return {finding.fault for finding in march.verdict().findings}


def edit(march: March, change: Edit) -> None:
    with march.scene.database.write() as connection:
        change(connection, march)


def test_what_nobody_altered_is_whole(march: March) -> None:
    verdict = march.verdict()

    assert verdict.findings == []
    assert (verdict.chains, verdict.entries, verdict.statements) == (3, 5, 3)
    assert (verdict.recounted, verdict.past) == (3, 0)


@pytest.mark.parametrize(("change", "found"), CASES, ids=[each.__name__ for each, _ in CASES])
def test_each_alteration_is_found(march: March, change: Edit, found: set[Fault]) -> None:
    edit(march, change)

    assert faults(march) == found


def test_it_says_where(march: March) -> None:
    edit(march, tampering.alter_line)

    assert march.findings() == {
        ("line-altered", march.acme.id, 1),
        ("miscounted", march.acme.id, 1),
        ("miscounted", None, 0),  # and so is the sum
    }


def test_it_names_the_deployment_whose_answer_was_altered(march: March) -> None:
    edit(march, tampering.alter_raw)

    assert march.findings() == {("raw-altered", DEPLOYMENT, 0)}


def test_once_the_answers_are_gone_only_the_chain_is_verified(march: March) -> None:
    march.late(63)
    edit(march, tampering.remove_raw)
    verdict = march.verdict()
    assert (verdict.findings, verdict.recounted, verdict.past) == ([], 0, 3)

    edit(march, tampering.alter_line)
    assert faults(march) == {Fault.LINE_ALTERED}


def test_a_chain_that_was_written_anew_is_not_the_one_in_the_witness(
    march: March, tmp_path: Path
) -> None:
    witnessed = attested(march, tmp_path)
    edit(march, tampering.rewrite)
    alone = {finding.fault for finding in march.verdict().findings}
    beside = {finding.fault for finding in march.verdict(witnessed).findings}

    assert Fault.ENTRY_ALTERED not in alone
    assert beside - alone == {Fault.CHAIN_REWRITTEN}


def test_a_chain_that_was_cut_off_and_counted_anew_is_found_by_the_witness(
    march: March, tmp_path: Path
) -> None:
    witnessed = attested(march, tmp_path)
    edit(march, tampering.forget)

    assert march.verdict().findings == []
    assert {finding.fault for finding in march.verdict(witnessed).findings} == {Fault.ENTRY_REMOVED}


def attested(march: March, folder: Path) -> list[Attested]:
    """Return what a witness outside of the database has."""
    witness = Witness(folder / "witness.jsonl", march.scene.database)
    witness.follow()
    return list(witness.read())
