"""Mail that comes in over simulated time."""

import pytest
import requests

from tests.simulated import Control
from tests.simulator.client import Client

MONDAY = "2026-03-02"


def begin(control: Control, **mail: object) -> None:
    control.set_clock(f"{MONDAY}T00:00:00+00:00")
    store = {"name": "Mail", "messages": 0}
    control.seed(
        instances=[{"instanceID": "acme", "stores": [store], "mail": {"perDay": 100, **mail}}]
    )


def messages(client: Client, control: Control, moment: str) -> int:
    control.set_clock(f"2026-03-{moment}:00+00:00")
    found: int = client.result("GetInstanceStatistics", instanceID="acme")["numberOfMessages"]
    return found


def test_mail_comes_on_working_days_between_eight_and_eighteen(
    client: Client, control: Control
) -> None:
    begin(control)

    assert messages(client, control, "02T07:59") == 0
    assert messages(client, control, "02T13:00") == pytest.approx(50, abs=1)
    assert messages(client, control, "02T18:00") == 100
    assert messages(client, control, "06T20:00") == 500
    assert messages(client, control, "08T20:00") == 500
    assert messages(client, control, "09T20:00") == 600


def test_days_and_hours_can_be_others(client: Client, control: Control) -> None:
    begin(control, weekdays=[5], fromHour=0, toHour=1)

    assert messages(client, control, "07T00:00") == 0
    assert messages(client, control, "07T01:00") == 100
    assert messages(client, control, "14T01:00") == 200


def test_what_comes_in_takes_room(client: Client, control: Control) -> None:
    begin(control)
    messages(client, control, "02T18:00")

    assert client.result("GetStores", instanceID="acme")[0]["statisticsSize"] == 100 * 76800


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("StopInstances", "StartInstances"),
        ("FreezeInstances", "ThawInstances"),
    ],
)
def test_mail_waits_until_the_instance_runs_as_usual(
    client: Client, control: Control, before: str, after: str
) -> None:
    begin(control)
    client.result(before, instanceFilter="acme")
    control.set_clock("2026-03-03T20:00:00+00:00")
    assert client.result("GetInstances", instanceFilter="acme")[0]["status"] != "running"
    client.result(after, instanceFilter="acme")

    assert messages(client, control, "03T21:00") == 200


def test_in_safe_mode_nothing_is_archived(client: Client, control: Control) -> None:
    begin(control)
    client.result("StopInstances", instanceFilter="acme")
    client.result("StartInstances", instanceFilter="acme", safeMode="true")

    assert messages(client, control, "03T20:00") == 0


def test_mail_ends_and_begins_again(client: Client, control: Control) -> None:
    begin(control)
    messages(client, control, "03T20:00")
    control.alter("acme", mail=None)
    assert messages(client, control, "05T20:00") == 200
    control.alter("acme", mail={"perDay": 10})

    assert messages(client, control, "06T20:00") == 210


def test_what_comes_in_lasts(client: Client, control: Control) -> None:
    begin(control)
    before = control.state_hash()
    messages(client, control, "02T18:00")

    assert control.state_hash() != before
    assert [archive["mail"]["per_day"] for archive in control.state()["archives"].values()] == [100]


def test_a_full_store_keeps_mail_waiting(client: Client, control: Control) -> None:
    begin(control)
    control.alter("acme", stores=[{"name": "Mail", "error": "Disk full."}])
    control.set_clock("2026-03-02T20:00:00+00:00")
    assert client.result("GetStores", instanceID="acme")[0]["error"] == "Disk full."
    control.alter("acme", stores=[{"name": "Mail", "error": None}])

    assert messages(client, control, "02T21:00") == 100


def test_a_store_can_be_altered_and_another_added(client: Client, control: Control) -> None:
    begin(control)
    control.alter(
        "acme",
        stores=[
            {"name": "Mail", "searchIndexesNeedRebuild": True, "messages": 7},
            {"name": "Other", "needsUpgrade": True},
        ],
    )

    first, second = client.result("GetStores", instanceID="acme")
    assert (first["searchIndexesNeedRebuild"], first["statisticsCount"]) == (True, 7)
    assert first["statisticsSize"] == 7 * 76800
    assert (second["name"], second["needsUpgrade"]) == ("Other", True)


def test_a_profile_can_have_just_failed(client: Client, control: Control) -> None:
    begin(control)
    control.seed(instances=[{"instanceID": "acme", "archiveAdminEnabled": True}])
    control.alter("acme", workerResults=[{"result": "failed", "seconds": 0}])
    window = {"fromIncluding": f"{MONDAY}T00:00:00", "toExcluding": f"{MONDAY}T01:00:00"}

    found = client.result("GetWorkerResults", instanceID="acme", timeZoneID="UTC", **window)
    assert [result["result"] for result in found] == ["failed"]


@pytest.mark.parametrize(
    "document",
    [
        {"mail": {"perDay": 1, "perHour": 2}},
        {"mail": {}},
        {"mail": {"perDay": -1}},
        {"mail": {"perDay": 1, "fromHour": 9, "toHour": 9}},
        {"letters": 1},
    ],
)
def test_what_describes_no_mail_is_refused(
    client: Client, control: Control, document: dict[str, object]
) -> None:
    begin(control)

    with pytest.raises(requests.HTTPError):
        control.alter("acme", **document)
    with pytest.raises(requests.HTTPError):
        control.alter("nobody", mail=None)
    assert messages(client, control, "02T18:00") == 100


def test_mail_that_comes_at_once_is_there_at_once(client: Client, control: Control) -> None:
    begin(control)
    control.receive("acme", 42)

    assert messages(client, control, "02T00:01") == 42


@pytest.mark.parametrize("count", [0, -1, "many"], ids=["none", "less", "words"])
def test_mail_is_at_least_one_message(control: Control, count: int) -> None:
    begin(control)

    with pytest.raises(requests.HTTPError, match="400"):
        control.receive("acme", count)


def test_mail_waits_for_an_instance_that_runs(control: Control) -> None:
    begin(control)
    control.turn("acme", "stopped")

    with pytest.raises(requests.HTTPError, match="400"):
        control.receive("acme", 1)
