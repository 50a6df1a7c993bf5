"""A month is put down once, and says what was read of it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from gateway.access.permissions import Permission
from gateway.billing import drafting
from gateway.billing.amendments import Correction
from gateway.billing.closing import Closing
from gateway.billing.explanation import Wish
from gateway.errors import Conflict, InvalidInput, NotFound, PermissionMissing
from gateway.model import Measure, Month, Reach, StatementStatus, month_of, now, statement_id
from gateway.storage import tables as table
from gateway.storage.statements import Wanted
from tests.billing.march import MARCH, SECONDS, March, caller
from tests.billing.scene import DEPLOYMENT, HOUR, NOON, Scene


@pytest.fixture
def march(scene: Scene) -> March:
    return March(scene)


def figures(latest: int, average: str, peak: int, readings: int, total: int) -> Mapping[str, Any]:
    told = {"latest": latest, "average": average, "peak": peak}
    return {**told, "readings": readings, "total": total}


ACME = figures(11, "11.0000", 12, 4, 44)
GIVEN = figures(4, "4.0000", 4, 3, 12)
TAKEN = figures(6, "6.0000", 6, 1, 6)


def test_a_line_says_what_was_read_while_the_instance_was_the_resellers(march: March) -> None:
    march.close()

    assert march.lines() == {
        march.acme.id: {"licences": ACME, "users": figures(2, "2.0000", 2, 1, 2)},
        march.moved.id: {"licences": GIVEN},
    }
    assert march.lines(march.other) == {march.moved.id: {"licences": TAKEN}}


def test_totals_are_the_sums_of_the_lines(march: March) -> None:
    totals = march.close().figures["totals"]

    assert totals["licences"] == figures(15, "15.0000", 16, 7, 56)
    assert totals["users"] == figures(2, "2.0000", 2, 1, 2)
    assert "bytes" not in totals


def test_what_a_later_owner_calls_an_instance_is_not_told_to_the_former_one(march: March) -> None:
    march.close()
    lines = march.statements.get(caller(), march.id_of()).lines
    names = {line.instance: line.figures["displayName"] for line in lines}

    assert names == {march.acme.id: "Acme Ltd", march.moved.id: None}
    assert {line.figures["instanceID"] for line in lines} == {"acme", "moved"}


def test_gaps_are_named_and_cut_to_what_was_the_resellers(march: March) -> None:
    statement = march.close()
    [first, _] = statement.figures["completeness"]["gaps"]
    lines = march.statements.get(caller(), statement.id).lines
    mine = {line.instance: line.figures["gaps"] for line in lines}

    assert (first["deployment"], first["from"]) == (DEPLOYMENT, f"{NOON + 2 * HOUR:%FT%T+00:00}")
    assert mine[march.moved.id][-1]["to"] == f"{NOON + 4 * HOUR:%FT%T+00:00}"
    assert mine[march.acme.id][-1]["to"] == "2026-04-01T00:00:00+00:00"
    assert statement.figures["completeness"]["readings"] == 4
    assert statement.figures["completeness"]["expected"] == (MARCH.until - NOON) // HOUR


def test_an_open_statement_says_what_the_closed_one_will(march: March) -> None:
    opened = march.statements.get(caller(), march.id_of())
    march.close()
    closed = march.statements.get(caller(), march.id_of())

    assert opened.statement.status is StatementStatus.OPEN
    assert [line.figures for line in opened.lines] == [line.figures for line in closed.lines]
    assert opened.statement.figures["totals"] == closed.statement.figures["totals"]
    assert opened.entry is None
    assert closed.entry is not None


def test_an_id_begins_with_its_month_and_stays_the_same(march: March) -> None:
    listed = march.statements.page(caller(march.owner), Wanted(), "", 10)
    march.close()
    later = march.statements.page(caller(march.owner), Wanted(), "", 10)

    assert [each.id for each in listed] == [each.id for each in later]
    assert [(each.month, str(each.status)) for each in later] == [
        ("2026-04", "open"),
        ("2026-03", "closed"),
    ]
    assert [month_of(each.id) for each in later] == [MARCH.following, MARCH]


def test_a_month_waits_for_its_days(march: March) -> None:
    march.scene.later(2 * HOUR)
    march.closing.run()
    assert statements_of(march) == 1  # of the operators, who have nothing

    march.scene.day_close.run()
    march.closing.run()
    assert statements_of(march) == 3


def test_after_two_days_it_waits_no_more_and_names_the_missing_ones(march: March) -> None:
    march.late(2)
    march.closing.run()
    unclosed = march.statement().figures["completeness"]["unclosed"]

    assert unclosed[0] == {"deployment": DEPLOYMENT, "day": f"{NOON:%F}"}
    assert unclosed[-1] == {"deployment": DEPLOYMENT, "day": "2026-03-31"}
    assert march.lines()[march.acme.id]["licences"] == ACME
    assert march.findings() == set()


def test_a_month_is_closed_once_however_many_try(march: March) -> None:
    march.scene.later(2 * HOUR)
    march.scene.day_close.run()
    ready = Barrier(4)

    def close(_: int) -> bool:
        ready.wait()
        return Closing(march.scene.database, SECONDS).close(march.owner, MARCH) is not None

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(close, range(4)))

    assert sorted(done) == [False, False, False, True]
    assert march.scene.rows(select(func.count()).select_from(table.statement_entries)) == [(1,)]
    assert march.findings() == set()


def test_months_follow_each_other_in_one_chain(march: March) -> None:
    march.close()
    march.scene.clock.move_to(Month.named("2026-06").since + timedelta(days=3))
    march.scene.day_close.run()
    march.closing.run()
    entries = table.statement_entries.c
    mine = select(entries.number, entries.statement).where(entries.reseller == march.owner.id)
    months = [Month.named(name) for name in ("2026-03", "2026-04", "2026-05")]

    assert march.scene.rows(mine.order_by(entries.number)) == [
        (number, statement_id(march.owner.id, month))
        for number, month in enumerate(months, start=1)
    ]
    assert march.findings() == set()


def test_a_closed_statement_is_told(march: March) -> None:
    march.scene.events(march.owner)
    march.close()

    assert march.scene.events(march.owner)[-1] == (None, {"month": "2026-03", "lines": 2})


def test_what_is_read_later_changes_nothing(march: March) -> None:
    before = march.close()
    march.scene.transfer(march.acme, march.other)
    march.scene.later()
    march.scene.read(acme=50)
    march.closing.run()

    assert march.statement() == before
    assert march.findings() == set()


# agreement and corrections


def test_a_correction_is_a_line_of_its_own_and_wants_a_new_agreement(march: March) -> None:
    march.close()
    agreed = march.statements.acknowledge(caller(march.owner), march.id_of())
    wrong = Correction(Measure.LICENCES, -5, "Test users.", march.acme.id)
    corrected = march.statements.correct(caller(), march.id_of(), wrong)
    again = march.statements.acknowledge(caller(march.owner), march.id_of())

    assert agreed.statement.status is StatementStatus.ACKNOWLEDGED
    assert corrected.statement.status is StatementStatus.CLOSED
    assert again.statement.status is StatementStatus.ACKNOWLEDGED
    assert again.statement.figures["totals"]["licences"]["latest"] == 15
    assert again.corrected["licences"] == figures(10, "10.0000", 11, 7, 56)
    assert [line.figures["reason"] for line in again.corrections] == ["Test users."]
    assert march.findings() == set()
    assert march.scene.events(march.owner)[-1] == (
        march.acme.id,
        {"month": "2026-03", "measure": "licences", "amount": -5},
    )


def test_to_agree_twice_is_to_agree_once(march: March) -> None:
    march.close()
    first = march.statements.acknowledge(caller(march.owner), march.id_of())
    second = march.statements.acknowledge(caller(), march.id_of())

    assert first.statement == second.statement


def test_an_open_statement_can_neither_be_agreed_to_nor_corrected(march: March) -> None:
    with pytest.raises(Conflict, match="open"):
        march.statements.acknowledge(caller(march.owner), march.id_of())
    with pytest.raises(Conflict, match="open"):
        march.statements.correct(caller(), march.id_of(), Correction(Measure.USERS, 1, "x"))


def test_a_correction_names_no_instance_of_others(march: March) -> None:
    march.close()
    foreign = Correction(Measure.USERS, 1, "x", march.acme.id)

    with pytest.raises(InvalidInput, match="never"):
        march.statements.correct(caller(), march.id_of(march.other), foreign)
    assert march.findings() == set()


# who sees what


def test_a_strangers_statement_is_absent_open_or_closed(march: March) -> None:
    for _ in range(2):
        with pytest.raises(NotFound):
            march.statements.get(caller(march.other), march.id_of())
        march.close()


def test_whoever_is_restricted_sees_the_lines_of_its_instances(march: March) -> None:
    march.close()
    reach = Reach(march.owner.path, frozenset({march.moved.id}))
    seen = march.statements.get(caller(march.owner, reach=reach), march.id_of())

    assert [line.instance for line in seen.lines] == [march.moved.id]
    assert seen.statement.figures["totals"]["licences"] == GIVEN
    with pytest.raises(PermissionMissing):
        march.statements.acknowledge(
            caller(march.owner, Permission.STATEMENTS_ACKNOWLEDGE, reach=reach), march.id_of()
        )


# what a figure consists of


def wish(measure: Measure, instance: str | None = None, **values: Any) -> Wish:  # noqa: ANN401 - members
    default: dict[str, Any] = {"after": None, "limit": 100, "with_users": True}
    return Wish(measure, instance, **(default | values))


def test_the_explanation_adds_up_to_the_figure(march: March) -> None:
    march.close()
    one = march.statements.explain(caller(), march.id_of(), wish(Measure.LICENCES, march.acme.id))
    every = march.statements.explain(caller(), march.id_of(), wish(Measure.LICENCES))

    assert [each.value for each in one.items] == [10, 12, 11, 11]
    assert sum(each.value for each in every.items) == 56
    assert every.is_kept
    assert every.kept_until is not None


def test_it_goes_on_where_a_page_ended(march: March) -> None:
    march.close()
    found: list[int] = []
    after = None
    for _ in range(7):
        asked = wish(Measure.LICENCES, after=after, limit=1)
        [item] = march.statements.explain(caller(), march.id_of(), asked).items
        found.append(item.value)
        after = (item.instance, item.reading)

    assert sorted(found) == [4, 4, 4, 10, 11, 11, 12]
    asked = wish(Measure.LICENCES, after=after, limit=1)
    assert march.statements.explain(caller(), march.id_of(), asked).items == []


def test_users_are_named_to_those_who_may_know_them(march: March) -> None:
    march.close()
    asked = wish(Measure.USERS, march.acme.id)
    blind = wish(Measure.USERS, march.acme.id, with_users=False)

    assert march.statements.explain(caller(), march.id_of(), asked).users == ["jane", "Joe"]
    assert march.statements.explain(caller(), march.id_of(), blind).users is None


def test_two_months_after_the_close_nothing_is_explained_any_more(march: March) -> None:
    march.close()
    march.late(63)
    found = march.statements.explain(caller(), march.id_of(), wish(Measure.LICENCES))

    assert (found.items, found.is_kept) == ([], False)
    assert found.kept_until is not None
    assert found.kept_until < now()


def statements_of(march: March) -> int:
    return int(march.scene.rows(select(func.count()).select_from(table.statements))[0][0])


def test_the_month_of_an_id_that_is_none_is_none() -> None:
    assert month_of("stm_" + "f" * 32) is None
    assert month_of("stm_" + "0" * 11 + "1" + "7" * 20) is None
    assert month_of(statement_id("res_a", MARCH)) == MARCH


def test_a_month_that_cannot_be_closed_holds_up_no_other_reseller(
    march: March, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafting.draft

    def spoilt(connection: Connection, reseller: str, *rest: Any) -> drafting.Draft:  # noqa: ANN401 - as given
        if reseller == march.other.id:
            raise OverflowError
        return draft(connection, reseller, *rest)

    monkeypatch.setattr(drafting, "draft", spoilt)
    assert march.other.id < march.owner.id
    assert march.close().month == "2026-03"
