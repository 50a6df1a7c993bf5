"""Readings and answers last as long as a statement that rests on them is asked about."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gateway.billing import retention
from gateway.billing.days import DAY
from gateway.billing.retention import Retention
from gateway.storage import tables as table
from tests.billing.scene import HOUR, Scene

APRIL = datetime(2026, 4, 1, tzinfo=UTC)
CLOSED = datetime(2026, 4, 2, tzinfo=UTC)
KEPT = timedelta(days=62)
MARCH = "2026-03"


@pytest.fixture
def month(scene: Scene) -> Scene:
    """Some readings of March and one of April; the days of both are closed."""
    scene.instance("acme")
    for count in (1, 2, 3):
        scene.read(acme=count)
        scene.later()
    scene.clock.move_to(APRIL)
    scene.read(acme=3)
    close(scene)
    scene.clock.move_to(CLOSED + KEPT + HOUR)
    return scene


def close(scene: Scene) -> None:
    """Close the days of March."""
    day = scene.deployment().create_time.date()
    while day < APRIL.date():
        scene.day_close.close(scene.deployment(), day)
        day += DAY


def left(scene: Scene) -> tuple[int, int]:
    """Forget what may be forgotten; return how many readings and answers are left."""
    Retention(scene.database).run()
    return scene.rows(
        select(
            select(func.count()).select_from(table.readings).scalar_subquery(),
            select(func.count()).select_from(table.raws).scalar_subquery(),
        )
    )[0]


ALL = (4, 3)
APRILS = (1, 1)


def test_two_months_after_the_close_the_readings_are_gone_and_the_figures_stay(
    month: Scene,
) -> None:
    month.plant_statement(month.owner, MARCH, CLOSED)
    runs = month.runs()

    assert left(month) == APRILS

    assert month.runs() == runs
    assert month.rows(select(func.count()).select_from(table.figures)) == [(3,)]


def test_up_to_then_they_are_kept(month: Scene) -> None:
    month.plant_statement(month.owner, MARCH, CLOSED)
    month.clock.move_to(CLOSED + KEPT - HOUR)

    assert left(month) == ALL


def test_without_a_statement_they_are_kept(month: Scene) -> None:
    assert left(month) == ALL


def test_the_statement_that_was_closed_last_counts(month: Scene) -> None:
    month.plant_statement(month.owner, MARCH, CLOSED)
    month.plant_statement(month.reseller("late"), MARCH, CLOSED + timedelta(days=3))

    assert left(month) == ALL


def test_a_reseller_that_used_nothing_owes_no_statement(month: Scene) -> None:
    month.plant_statement(month.owner, MARCH, CLOSED)
    month.reseller("idle")

    assert left(month) == APRILS


def test_a_statement_of_another_month_does_not_count(month: Scene) -> None:
    month.plant_statement(month.owner, "2026-02", CLOSED)

    assert left(month) == ALL


def test_nothing_is_forgotten_that_no_closed_day_has(scene: Scene) -> None:
    scene.instance("acme")
    scene.read(acme=1)
    scene.clock.move_to(CLOSED + KEPT + HOUR)

    assert left(scene) == (1, 1)
    close(scene)
    assert left(scene) == (1, 1)
    scene.plant_statement(scene.owner, MARCH, CLOSED)
    assert left(scene) == (0, 0)


def test_readings_that_no_bill_rests_on_go_by_the_end_of_their_month(scene: Scene) -> None:
    scene.read(stranger=1)
    scene.clock.move_to(APRIL + KEPT - HOUR)
    close(scene)
    assert left(scene) == (1, 1)
    scene.later(2 * HOUR)

    assert left(scene) == (0, 0)


def test_what_is_much_is_forgotten_in_parts(month: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    month.plant_statement(month.owner, MARCH, CLOSED)

    assert left(month) == APRILS


def test_with_nothing_there_nothing_is_forgotten(scene: Scene) -> None:
    assert left(scene) == (0, 0)
