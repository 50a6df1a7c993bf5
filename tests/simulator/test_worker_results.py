import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

UNREADABLE = "Nullable object must have a value."
WINDOW = {
    "instanceID": "acme",
    "fromIncluding": "2026-03-01T00:00:00",
    "toExcluding": "2026-03-15T00:00:00",
    "timeZoneID": "UTC",
}


def planted(control: Control, **entry: object) -> None:
    control.set_clock("2026-03-15T00:00:00+00:00")
    control.seed(instances=[{"instanceID": "acme", "archiveAdminEnabled": True, **entry}])


def ids(client: Client, **arguments: object) -> list[int]:
    found: list[JSON] = client.result("GetWorkerResults", **{**WINDOW, **arguments})
    return [result["id"] for result in found]


def test_results_come_in_no_order(client: Client, control: Control) -> None:
    planted(control, workerResults=[{"daysAgo": days} for days in range(1, 9)])

    assert sorted(ids(client)) == list(range(1, 9))
    assert ids(client) == ids(client) != sorted(ids(client))


def test_results_are_chosen_by_profile_user_and_time(client: Client, control: Control) -> None:
    planted(
        control,
        workerResults=[
            {"daysAgo": 1, "profileId": 1},
            {"daysAgo": 2, "profileId": 2, "userName": "jane"},
            {"daysAgo": 40},
        ],
    )

    assert ids(client, profileID=2) == [2]
    assert ids(client, userName="$archiveadmin") == [1]
    assert ids(client, fromIncluding="2026-03-14T00:00:00") == [1]
    assert ids(client, fromIncluding="2026-02-01T00:00:00", toExcluding="2026-02-10T00:00:00") == []


@pytest.mark.parametrize("start", ["2026-03-01T00:00:00", "2026-03-10T00:00:00"])
def test_a_window_with_a_poisoned_instant_fails(
    client: Client, control: Control, start: str
) -> None:
    planted(control, poisonedInstants=["2026-03-12T12:00:00+00:00"])

    assert client.refusal("GetWorkerResults", **{**WINDOW, "fromIncluding": start}) == UNREADABLE
    assert ids(client, toExcluding="2026-03-12T12:00:00") == []


def test_a_window_that_is_too_long_fails(client: Client, control: Control) -> None:
    planted(control)
    longer = {**WINDOW, "toExcluding": "2026-03-15T00:00:01"}

    assert ids(client) == []
    assert client.refusal("GetWorkerResults", **longer) == UNREADABLE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"profileID": 0}, "Specified argument was out of the range of valid values."),
        ({"userName": ""}, "Specified argument was out of the range of valid values."),
        ({"userName": "jane"}, "The user name must be that of the current user."),
        (
            {"fromIncluding": "2026-03-01T00:00:00Z"},
            "String was not recognized as a valid DateTime.",
        ),
        ({"timeZoneID": "Mars"}, "The time zone ID 'Mars' was not found on the local computer."),
    ],
)
def test_what_the_vendor_refuses_is_refused(
    client: Client, control: Control, arguments: JSON, message: str
) -> None:
    planted(control)

    assert client.refusal("GetWorkerResults", **{**WINDOW, **arguments}) == message
