"""Days are closed once, in their order, and never say more than was read."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gateway.billing import reckoning
from gateway.billing.day_close import DayClose
from gateway.billing.days import DAY, start_of, together
from gateway.billing.gaps import joined, longest
from gateway.errors import DeploymentUnreachable, StorageUnavailable
from gateway.model import Gap, Measure, Tally
from gateway.storage import closed_days, deployments
from gateway.storage import tables as table
from tests.billing.scene import DEPLOYMENT, HOUR, NOON, Scene

MONDAY = NOON.date()
HALF = timedelta(minutes=30)


def midnight(days: int = 1) -> datetime:
    """Return the end of the first day, or of a later one."""
    return start_of(MONDAY + days * DAY)


def read_until(scene: Scene, end: datetime, counts: Callable[[datetime], int]) -> None:
    """Read every hour up to a moment, which is not read any more."""
    while (time := datetime.now(UTC)) < end:
        scene.read(acme=counts(time))
        scene.later()


def close(scene: Scene) -> list[date]:
    """Close what is over, and return all days that are closed."""
    scene.day_close.run()
    return [each.day for each in scene.days()]


def five(_time: datetime) -> int:
    return 5


def test_a_day_is_closed_an_hour_after_its_end(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight() + HALF, five)
    scene.clock.move_to(midnight() + HOUR - timedelta(seconds=1))
    assert close(scene) == []
    scene.later(timedelta(seconds=1))

    assert close(scene) == [MONDAY]


def test_a_day_says_what_was_read_in_it_and_nothing_of_the_next(scene: Scene) -> None:
    acme = scene.instance("acme")
    read_until(scene, midnight() + 3 * HOUR, lambda time: 7 if time < midnight() else 9)
    close(scene)

    (run,) = scene.runs()
    assert run.tally == Tally(
        acme.id,
        Measure.LICENCES,
        scene.owner.id,
        DEPLOYMENT,
        readings=12,
        total=84,
        peak=7,
        latest=7,
        latest_time=midnight() - HOUR,
    )
    (day,) = scene.days()
    assert (day.readings, list(day.gaps), day.unread) == (12, [], {})


def test_equal_days_are_one_row_and_another_day_begins_one(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight(5) + 2 * HOUR, lambda time: 5 if time < midnight(4) else 6)

    assert close(scene) == [MONDAY + number * DAY for number in range(5)]

    found = [(run.day, run.until_day, run.tally.readings, run.tally.peak) for run in scene.runs()]
    assert found == [
        (MONDAY, MONDAY, 12, 5),
        (MONDAY + DAY, MONDAY + 3 * DAY, 24, 5),
        (MONDAY + 4 * DAY, MONDAY + 4 * DAY, 24, 6),
    ]


def test_part_of_a_run_counts_its_own_days_only(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight(4) + 2 * HOUR, five)
    close(scene)

    run = scene.runs()[1]
    part = run.within(MONDAY + 2 * DAY, MONDAY + 3 * DAY)

    assert part is not None
    assert (part.readings, part.total, part.peak) == (24, 120, 5)
    assert part.latest_time == midnight(3) - HOUR
    assert run.within(MONDAY, MONDAY + DAY) is None


def test_owners_of_one_day_have_a_row_each(scene: Scene) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    read_until(scene, midnight() - 2 * HOUR, five)
    scene.transfer(acme, heir)
    read_until(scene, midnight() + 2 * HOUR, five)
    close(scene)

    assert {run.tally.reseller: run.tally.readings for run in scene.runs()} == {
        scene.owner.id: 10,
        heir.id: 2,
    }


def test_days_that_were_missed_are_made_up_for_and_their_gaps_named(scene: Scene) -> None:
    scene.instance("acme")
    scene.read(acme=5)
    scene.clock.move_to(midnight(3) + 12 * HOUR)
    scene.read()

    assert close(scene) == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]

    assert [each.readings for each in scene.days()] == [1, 0, 0]
    assert joined(gap for each in scene.days() for gap in each.gaps) == [
        Gap(NOON, midnight(3), "NOT_READ")
    ]
    assert [(run.day, run.until_day) for run in scene.runs()] == [(MONDAY, MONDAY)]


def test_a_deployment_that_is_down_has_a_named_gap_and_never_a_zero(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight(), five)
    while datetime.now(UTC) < midnight(2):
        scene.fail(DeploymentUnreachable())
        scene.later()
    read_until(scene, midnight(3) + 2 * HOUR, five)
    close(scene)

    monday, tuesday, wednesday = scene.days()
    assert list(monday.gaps) == [Gap(midnight() - HOUR, midnight(), "DEPLOYMENT_UNREACHABLE")]
    assert list(tuesday.gaps) == [Gap(midnight(), midnight(2), "DEPLOYMENT_UNREACHABLE")]
    assert (tuesday.readings, list(wednesday.gaps)) == (0, [])
    assert [(run.day, run.tally.readings) for run in scene.runs()] == [
        (MONDAY, 12),
        (MONDAY + 2 * DAY, 24),
    ]


def test_a_day_waits_until_it_is_known_whether_there_is_a_gap_at_its_end(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight() - HALF, five)
    scene.clock.move_to(midnight() + HOUR)
    assert close(scene) == []
    scene.clock.move_to(midnight() + HOUR + HALF + timedelta(seconds=1))

    assert close(scene) == [MONDAY]
    assert list(scene.days()[0].gaps) == [Gap(midnight() - HOUR, midnight(), "NOT_READ")]


def test_nothing_is_missed_before_the_registration(scene: Scene) -> None:
    scene.later(HOUR)
    scene.read()
    read_until(scene, midnight() + 2 * HOUR, five)
    close(scene)

    assert list(scene.days()[0].gaps) == []


# once


def test_of_several_who_close_a_day_one_does(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight() + 2 * HOUR, five)
    known, start = scene.deployment(), Barrier(4)

    def closes(_number: int) -> bool:
        start.wait()
        return DayClose(scene.database, 3600, 0).close(known, MONDAY)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(closes, range(4)))

    assert sorted(done) == [False, False, False, True]
    assert len(scene.days()) == len(scene.runs()) == 1


def test_a_day_that_is_closed_again_by_who_comes_late_stays_as_it_was(scene: Scene) -> None:
    scene.instance("acme")
    read_until(scene, midnight() + 2 * HOUR, five)
    close(scene)
    before = scene.days(), scene.runs()
    scene.later()

    assert not scene.day_close.close(scene.deployment(), MONDAY)
    assert (scene.days(), scene.runs()) == before


@pytest.mark.parametrize("place", ["closed_days.add", "usage_days.write"])
def test_a_close_that_is_cut_off_leaves_nothing_and_is_made_up_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    scene.instance("acme")
    read_until(scene, midnight() + 2 * HOUR, five)

    def killed(*_args: object) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(f"gateway.storage.{place}", killed)
        with pytest.raises(StorageUnavailable):
            scene.day_close.run()
    assert (scene.days(), scene.runs()) == ([], [])

    assert close(scene) == [MONDAY]
    assert len(scene.runs()) == 1


# what is read of single instances


def test_instances_that_were_not_looked_into_are_named_by_their_problem(scene: Scene) -> None:
    seen, stopped, forgotten = (scene.instance(name) for name in ("seen", "stopped", "other"))
    scene.plant_reading(stopped.id, "GetUsers", problem="INSTANCE_NOT_RUNNING")
    scene.plant_reading(seen.id, "GetUsers", problem="UPSTREAM_TIMEOUT")
    scene.later()
    scene.plant_reading(seen.id, "GetUsers")
    scene.clock.move_to(midnight() + 3 * HOUR)
    DayClose(scene.database, 3600, 86400).run()

    assert scene.days()[0].unread[Measure.USERS] == {
        "INSTANCE_NOT_RUNNING": [stopped.id],
        "NOT_READ": [forgotten.id],
    }


def test_a_measure_of_an_instance_counts_the_readings_of_its_own_command(scene: Scene) -> None:
    acme = scene.instance("acme")
    with scene.database.write() as connection:
        connection.execute(
            table.figures.insert().values(
                instance=acme.id,
                measure="users",
                time=NOON,
                value=3,
                reseller=scene.owner.id,
                deployment=DEPLOYMENT,
                reading="rdg_1",
            )
        )
    for command in ("GetUsers", "GetStores", "GetUsers"):
        scene.plant_reading(acme.id, command)
        scene.later()
    scene.clock.move_to(midnight() + 3 * HOUR)
    close(scene)

    (run,) = scene.runs()
    tally = run.tally
    assert (tally.measure, tally.readings, tally.total) == (Measure.USERS, 2, 6)


def test_closed_days_and_days_that_are_not_say_the_same(scene: Scene) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    read_until(scene, midnight(2), lambda time: time.hour)
    scene.transfer(acme, heir)
    scene.later(5 * HOUR)
    read_until(scene, midnight(4) + 2 * HOUR, lambda time: time.day + time.hour // 6)
    with scene.database.read() as connection:
        period = start_of(MONDAY), midnight(4)
        whole = reckoning.tallies(connection, DEPLOYMENT, Measure.LICENCES, *period)
        gaps = reckoning.licence_gaps(connection, scene.deployment(), *period, longest(3600))
    assert len(close(scene)) == 4

    parts = [run.within(MONDAY, MONDAY + 4 * DAY) for run in scene.runs()]
    assert together(part for part in parts if part) == whole
    assert joined(gap for each in scene.days() for gap in each.gaps) == gaps
    assert len(gaps) == 1


def test_the_last_closed_day_is_known_of_all_deployments(scene: Scene) -> None:
    read_until(scene, midnight(2) + 2 * HOUR, five)
    close(scene)

    with scene.database.read() as connection:
        assert closed_days.lasts(connection) == {DEPLOYMENT: MONDAY + DAY}
    assert scene.rows(select(table.closed_days.c.deployment).distinct()) == [(DEPLOYMENT,)]


def test_a_day_that_cannot_be_closed_holds_up_no_other_deployment(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = replace(scene.deployment(), id="dep_0", name="first", host="127.0.0.2")
    with scene.database.write() as connection:
        deployments.add(connection, first, "sealed")
    tallies = reckoning.tallies

    def spoilt(connection: Connection, name: str, *rest: Any) -> list[Tally]:  # noqa: ANN401 - as given
        if name == "dep_0":
            raise OverflowError
        return tallies(connection, name, *rest)

    monkeypatch.setattr(reckoning, "tallies", spoilt)
    scene.clock.move_to(midnight() + 6 * HOUR)
    assert close(scene) == [MONDAY]
