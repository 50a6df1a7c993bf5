"""A transfer at the moment of a reading: one of the two comes first, and both say so."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Connection

from gateway.model import Happening
from gateway.storage import event_log, instances
from tests.billing.scene import Scene

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
"""SQLite has one writer, so that nothing happens at the same time there."""


def test_a_transfer_waits_for_the_reading_that_has_judged_the_owner(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    judged, go_on = Event(), Event()
    tell_all = event_log.tell_all

    def waiting(connection: Connection, told: Sequence[tuple[str, Happening]]) -> None:
        judged.set()
        assert go_on.wait(30)
        tell_all(connection, told)

    monkeypatch.setattr(event_log, "tell_all", waiting)
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(scene.read, acme=5)
        assert judged.wait(30)
        moving = pool.submit(scene.transfer, acme, heir)
        with pytest.raises(TimeoutError):
            moving.result(0.3)
        go_on.set()
        reading.result()
        moving.result()

    assert scene.figures(acme) == [(5, scene.owner.id)]
    assert len(scene.events(scene.owner)) == 1
    assert scene.events(heir) == []


def test_a_reading_waits_for_a_transfer_and_has_its_outcome(scene: Scene) -> None:
    acme, heir = scene.instance("acme"), scene.reseller("heir")
    with ThreadPoolExecutor(1) as pool:
        with scene.database.write() as connection:
            instances.change(connection, acme.id, {"reseller": heir.id})
            reading = pool.submit(scene.read, acme=5)
            with pytest.raises(TimeoutError):
                reading.result(0.5)
        reading.result()

    assert scene.figures(acme) == [(5, heir.id)]
    assert [data for _, data in scene.events(heir)] == [{"licences": 5, "before": None}]
    assert scene.events(scene.owner) == []


def test_two_readings_of_a_deployment_follow_each_other(scene: Scene) -> None:
    acme = scene.instance("acme")
    scene.counts["acme"] = 5

    with ThreadPoolExecutor(4) as pool:
        for made in [pool.submit(scene.read) for _ in range(4)]:
            made.result()

    times = [each.time for each in scene.readings()]
    assert len(set(times)) == len(times) == 4
    assert scene.figures(acme) == [(5, scene.owner.id)]
    assert len(scene.events()) == 1
