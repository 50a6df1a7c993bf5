"""Weeks of an instance's life, looked into day by day, as its owner hears of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from gateway.model import Measure, now
from tests.billing.watch.lookout import DAY, Lookout

STOPPED, RESUMED = "archiving.stopped", "archiving.resumed"


@pytest.fixture
def monday() -> Iterator[datetime]:
    """The beginning of a Monday to come, which it then is."""
    ahead = (7 - now().weekday()) % 7 or 7
    begin = (now() + ahead * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    with time_machine.travel(begin, tick=True):
        yield begin


def watched_until(lookout: Lookout, end: datetime) -> None:
    """Let every look be taken at its time, up to a moment."""
    while lookout.next_time < end:
        lookout.look()


@pytest.mark.parametrize("hour", [3, 12, 21])
def test_an_office_archives_for_six_weeks_stops_on_a_wednesday_and_resumes(
    lookout: Lookout, monday: datetime, hour: int
) -> None:
    instance = lookout.planted(hour, mail={"perDay": 240})
    lookout.watches.enrol()
    wednesday, friday = monday + 44 * DAY, monday + 46 * DAY

    watched_until(lookout, wednesday)
    assert lookout.events() == []

    with time_machine.travel(wednesday, tick=True):
        lookout.control.alter("acme", mail=None)
    watched_until(lookout, friday)
    last_growth = datetime.fromisoformat(_last_growth(lookout, friday))
    assert lookout.told() == [STOPPED]
    (event,) = lookout.events()
    assert (event["instance"], event["path"]) == (instance.id, lookout.core.root.path)
    assert last_growth.date() in {wednesday.date() - DAY, wednesday.date()}

    watched_until(lookout, friday + 10 * DAY)
    assert lookout.told() == [STOPPED]

    again = monday + 57 * DAY  # a Tuesday
    with time_machine.travel(again, tick=True):
        lookout.control.alter("acme", mail={"perDay": 240})
    watched_until(lookout, again + 13 * DAY)
    assert lookout.told() == [STOPPED, RESUMED]
    found = lookout.figure(instance, Measure.MESSAGES)
    assert found is not None
    assert found.value == 10 + 32 * 240 + 9 * 240


def _last_growth(lookout: Lookout, until: datetime) -> str:
    """Look on until it is told, which must be within two days of the last look that showed mail."""
    if not lookout.told():
        watched_until(lookout, until + DAY)
    (event,) = lookout.events()
    said: str = event["data"]["lastGrowthTime"]
    told = max(reading.time for reading in lookout.readings())
    assert told - datetime.fromisoformat(said) < 2 * DAY + timedelta(minutes=5)
    return said


def test_an_instance_that_stands_for_a_week_is_not_judged(
    lookout: Lookout, monday: datetime
) -> None:
    lookout.planted(mail={"perDay": 240})
    lookout.watches.enrol()
    watched_until(lookout, monday + 30 * DAY)

    with time_machine.travel(monday + 30 * DAY, tick=True):
        lookout.control.fault("failed", count=None, text="It is being moved.")
    watched_until(lookout, monday + 38 * DAY)
    lookout.control.clear_faults()
    watched_until(lookout, monday + 50 * DAY)

    assert lookout.told() == []


def test_an_instance_in_safe_mode_is_read_and_not_judged(
    lookout: Lookout, monday: datetime
) -> None:
    instance = lookout.planted(mail={"perDay": 240})
    lookout.watches.enrol()
    watched_until(lookout, monday + 30 * DAY)
    with time_machine.travel(monday + 30 * DAY, tick=True):
        lookout.control.alter("acme", mail=None)
    while lookout.next_time < monday + 38 * DAY:
        safe = {"status": "safeMode"}
        lookout.change(instance, observed=safe, observe_time=lookout.next_time)
        lookout.look()

    assert lookout.told() == []
    assert lookout.readings()[-1].problem is None


def test_trouble_of_an_archive_is_told_when_it_begins_and_when_it_ends(
    lookout: Lookout, monday: datetime
) -> None:
    del monday
    lookout.planted()
    lookout.look()
    bad = {"name": "Mail", "error": "Disk full.", "searchIndexesNeedRebuild": True}
    lookout.control.alter("acme", stores=[bad])
    lookout.look()
    lookout.look()
    assert lookout.told() == ["store.failed", "index.rebuild_needed"]
    lookout.control.alter("acme", stores=[{"name": "Mail", "error": None}])
    lookout.look()
    lookout.look()

    assert lookout.told()[2:] == ["store.recovered"]
    first = lookout.events()[0]
    assert first["data"] == {
        "stores": [{"id": 1, "state": "failed", "needsUpgrade": False}],
        "count": 1,
    }
    assert "Disk full." not in str(lookout.events())


def test_profiles_that_failed_are_told_although_some_windows_cannot_be_read(
    lookout: Lookout, monday: datetime
) -> None:
    lookout.planted()
    lookout.watches.enrol()
    lookout.look()
    next_time = lookout.next_time
    poison = (next_time - timedelta(hours=13)).isoformat()
    ends = [next_time - timedelta(hours=hours) for hours in (2, 3, 20)]
    results = [
        {"start": end.isoformat(), "result": "failed", "profileId": number, "seconds": 30}
        for end, number in zip(ends, (1, 1, 2), strict=True)
    ]
    lookout.control.alter("acme", workerResults=results, poisonedInstants=[poison])
    lookout.look()
    lookout.look()

    told = {event["data"]["profileId"]: event["data"]["count"] for event in lookout.events()}
    assert set(lookout.told()) == {"profile.failed"}
    assert told == {1: 2, 2: 1}
    assert len(lookout.events()) == 2
    assert monday.tzinfo is UTC
