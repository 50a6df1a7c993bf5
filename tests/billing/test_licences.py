"""The hourly reading: what it keeps, what it tells, and what it never makes of nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.broker.engine.connections import DeploymentQuarantined
from gateway.errors import DeploymentUnreachable, StorageUnavailable, UpstreamTimeout
from gateway.model import InstanceStatus
from gateway.storage import readings
from gateway.storage.tables import figures, raws
from tests.billing.scene import DEPLOYMENT, HOUR, NOON, Scene, said

HALF = timedelta(minutes=30)


def test_a_reading_keeps_the_answer_and_the_figure_of_each_instance(scene: Scene) -> None:
    acme, other = scene.instance("acme"), scene.instance("other")

    scene.read(acme=5, other=0, stranger=9)

    (reading,) = scene.readings()
    assert (reading.problem, reading.time) == (None, NOON)
    assert scene.figures(acme) == [(5, scene.owner.id)]
    assert scene.figures(other) == [(0, scene.owner.id)]
    assert {each.reading for each in scene.figures_of(acme)} == {reading.id}
    with scene.database.read() as connection:
        kept = readings.answer_of(connection, str(reading.raw))
    assert kept == said({"acme": 5, "other": 0, "stranger": 9})


def test_what_has_not_changed_leaves_a_reading_and_nothing_else(scene: Scene) -> None:
    acme = scene.instance("acme")
    for _ in range(3):
        scene.read(acme=5)
        scene.later()

    assert len(scene.readings()) == 3
    assert len(scene.figures(acme)) == 1
    assert len(scene.rows(select(raws.c.digest))) == 1
    assert scene.events() == [(acme.id, {"licences": 5, "before": None})]


def test_every_change_is_told_once_to_the_owner_and_all_above(scene: Scene) -> None:
    acme = scene.instance("acme")
    for count in (5, 7, 7, None, 7):
        scene.read(acme=count)
        scene.later()

    told = [
        {"licences": 5, "before": None},
        {"licences": 7, "before": 5},
        {"licences": None, "before": 7},
        {"licences": 7, "before": None},
    ]
    assert scene.events(scene.owner) == [(acme.id, each) for each in told]
    assert scene.events() == scene.events(scene.owner)
    assert [value for value, _ in scene.figures(acme)] == [5, 7, None, 7]


def test_an_active_instance_that_is_not_listed_has_no_value_and_no_zero(scene: Scene) -> None:
    acme = scene.instance("acme")

    scene.read()

    assert scene.figures(acme) == [(None, scene.owner.id)]
    assert scene.events() == []


def test_an_instance_that_is_being_made_is_not_missed(scene: Scene) -> None:
    acme = scene.instance("acme", status=InstanceStatus.PROVISIONING)

    scene.read()

    assert scene.figures(acme) == []


def test_an_instance_in_its_days_of_grace_counts_on(scene: Scene) -> None:
    acme = scene.instance("acme", status=InstanceStatus.DELETED)

    scene.read(acme=3)

    assert scene.figures(acme) == [(3, scene.owner.id)]


@pytest.mark.parametrize("status", [InstanceStatus.PURGED, InstanceStatus.RELEASED])
def test_what_is_gone_ends_although_its_name_is_listed(scene: Scene, status: str) -> None:
    acme = scene.instance("acme")
    scene.read(acme=5)
    scene.change(acme, status=status)

    for _ in range(2):
        scene.later()
        scene.read()

    assert [value for value, _ in scene.figures(acme)] == [5, None]
    assert scene.events()[1:] == [(acme.id, {"licences": None, "before": 5})]


def test_a_name_that_is_given_anew_counts_for_who_has_it_now(scene: Scene) -> None:
    former = scene.instance("acme")
    scene.read(acme=5)
    scene.purge(former)
    later = scene.instance("acme")

    scene.later()
    scene.read(acme=5)

    assert [value for value, _ in scene.figures(former)] == [5, None]
    assert [value for value, _ in scene.figures(later)] == [5]


def test_an_answer_says_nothing_of_what_came_while_it_was_awaited(scene: Scene) -> None:
    former = scene.instance("acme")
    scene.read(acme=5)
    later = []

    def given_anew() -> None:
        scene.purge(former)
        later.append(scene.instance("acme"))
        later.append(scene.instance("unlisted"))

    scene.while_asked = given_anew
    scene.later()
    scene.read(acme=8)

    assert [value for value, _ in scene.figures(former)] == [5, None]
    assert [scene.figures(each) for each in later] == [[], []]


# owners


def test_after_a_transfer_the_figure_is_the_new_owners_and_no_change_is_told(
    scene: Scene,
) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    scene.read(acme=5)
    scene.later()
    scene.transfer(acme, heir)

    scene.read()

    assert scene.figures(acme) == [(5, scene.owner.id), (5, heir.id)]
    assert scene.events(heir) == []
    assert len(scene.events()) == 1


def test_a_new_owner_does_not_hear_what_the_former_one_had(scene: Scene) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    scene.read(acme=5)
    scene.later()
    scene.transfer(acme, heir)

    scene.read(acme=6)

    assert scene.events(heir) == [(acme.id, {"licences": 6, "before": None})]
    assert len(scene.events(scene.owner)) == 1


def test_the_owner_is_the_one_when_the_answer_is_kept(scene: Scene) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    scene.while_asked = lambda: scene.transfer(acme, heir)

    scene.read(acme=5)

    assert scene.figures(acme) == [(5, heir.id)]


# failures


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DeploymentUnreachable(), "DEPLOYMENT_UNREACHABLE"),
        (UpstreamTimeout(), "UPSTREAM_TIMEOUT"),
        (DeploymentQuarantined(), "DEPLOYMENT_QUARANTINED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_failure_is_noted_and_changes_no_figure(
    scene: Scene, error: Exception, code: str
) -> None:
    acme = scene.instance("acme")
    scene.read(acme=5)
    scene.later()

    scene.fail(error)

    assert [(each.problem, bool(each.raw)) for each in scene.readings()] == [
        (None, True),
        (code, False),
    ]
    assert [value for value, _ in scene.figures(acme)] == [5]


def test_without_the_storage_nothing_is_noted_and_the_error_is_heard(scene: Scene) -> None:
    with pytest.raises(StorageUnavailable):
        scene.fail(StorageUnavailable())

    assert scene.readings() == []


def row(**changes: object) -> dict[str, Any]:
    """Return an answer whose one row is changed."""
    answer = said({"acme": 5})
    answer["instanceData"][0] |= changes
    return answer


def rows(*some: object) -> dict[str, Any]:
    """Return an answer with a right row and others."""
    answer = said({"acme": 5})
    answer["instanceData"] += some
    return answer


HOSTILE: dict[str, object] = {
    "no object": [],
    "text": "{}",
    "no list": {"licenseeID": "1"},
    "null for a list": {"instanceData": None},
    "object for a list": {"instanceData": {"acme": 5}},
    "row is no object": rows("other"),
    "row is null": rows(None),
    "twice": rows({"instanceID": "acme", "usedLicenseCount": 5}),
    "no name": rows({"usedLicenseCount": 1}),
    "empty name": row(instanceID=""),
    "name is a number": row(instanceID=7),
    "no count": rows({"instanceID": "other"}),
    "null": row(usedLicenseCount=None),
    "below zero": row(usedLicenseCount=-1),
    "text count": row(usedLicenseCount="5"),
    "fraction": row(usedLicenseCount=5.5),
    "whole fraction": row(usedLicenseCount=5.0),
    "true": row(usedLicenseCount=True),
    "beyond all bounds": row(usedLicenseCount=2**63),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
def test_of_an_answer_with_any_fault_nothing_counts(scene: Scene, answer: object) -> None:
    acme = scene.instance("acme")
    scene.read(acme=4)
    scene.later()
    scene.answer = answer

    scene.read()

    assert [each.problem for each in scene.readings()] == [None, "UPSTREAM_REPLY_INVALID"]
    assert [value for value, _ in scene.figures(acme)] == [4]
    assert len(scene.events()) == 1


def test_a_deployment_that_is_not_registered_any_more_leaves_nothing(scene: Scene) -> None:
    scene.licences._record.fail("dep_2", "DEPLOYMENT_UNREACHABLE")  # noqa: SLF001 - below the lane

    assert scene.readings() == []


@pytest.mark.parametrize("back", [timedelta(), HOUR], ids=["stands", "goes back"])
def test_readings_follow_each_other_whatever_the_clock_does(scene: Scene, back: timedelta) -> None:
    acme = scene.instance("acme")
    scene.read(acme=5)
    scene.later(-back)

    scene.read(acme=6)

    one, other = scene.readings()
    assert one.time < other.time
    assert [value for value, _ in scene.figures(acme)] == [5, 6]


def test_all_of_a_reading_is_kept_or_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.instance("acme")

    def broken(*_args: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr("gateway.storage.event_log.tell_all", broken)
    with pytest.raises(StorageUnavailable):
        scene.read(acme=5)

    assert scene.readings() == []
    assert scene.rows(select(func.count()).select_from(figures)) == [(0,)]
    assert scene.rows(select(func.count()).select_from(raws)) == [(0,)]


def wake(scene: Scene) -> Callable[[timedelta], int]:
    """Return what lets time pass, and returns how many readings there are then."""

    def after(time: timedelta) -> int:
        scene.later(time)
        scene.licences.run()
        return len(scene.readings())

    return after


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_deployment_is_read_once_an_hour_also_while_it_takes_no_changes(scene: Scene) -> None:
    after = wake(scene)
    scene.change_deployment(drained=True, cordoned=True)
    after(timedelta())

    assert [after(HOUR), after(HALF), after(HALF), after(HOUR)] == [1, 1, 2, 3]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_failed_reading_is_tried_again_before_there_is_a_gap(scene: Scene) -> None:
    after = wake(scene)
    after(timedelta())
    scene.error = UpstreamTimeout()
    assert after(HOUR) == 1
    scene.error = None

    assert after(timedelta(minutes=11)) == 2
    assert after(timedelta(minutes=11)) == 2
    assert [each.problem for each in scene.readings()] == ["UPSTREAM_TIMEOUT", None]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_quarantine_is_noted_every_time(scene: Scene) -> None:
    after = wake(scene)
    after(timedelta())
    scene.change_deployment(quarantine={"sha256": "00"})
    scene.error = DeploymentQuarantined()
    after(HOUR)

    assert [each.problem for each in scene.readings()] == ["DEPLOYMENT_QUARANTINED"]
    assert scene.deployment().id == DEPLOYMENT
