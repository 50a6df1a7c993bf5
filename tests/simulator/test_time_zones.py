from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client

INSTANCE = {
    "instanceID": "acme",
    "archiveAdminEnabled": True,
    "workerResults": [{"start": "2026-06-30T23:30:00+00:00"}],
}


def test_the_local_zone_is_listed_first(acme: Client) -> None:
    zones = acme.result("GetTimeZones", instanceID="acme")

    assert zones[0] == {"id": "$Local", "displayName": "Local time (UTC)"}
    assert {"UTC", "W. Europe Standard Time"} <= {zone["id"] for zone in zones}


def test_the_scenario_says_where_the_host_is() -> None:
    scenario = Scenario(local_time_zone="W. Europe Standard Time", instances=(INSTANCE,))
    window = {"fromIncluding": "2026-07-01T00:00:00", "toExcluding": "2026-07-02T00:00:00"}
    with Simulator("beta", scenario=scenario) as simulator, Client(simulator) as client:
        Control(simulator.control_url).set_clock("2026-07-02T00:00:00+00:00")
        (result,) = client.result(
            "GetWorkerResults", instanceID="acme", **window, timeZoneID="$Local"
        )

    assert result["startTime"] == "2026-07-01T01:30:00"
