import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulator.client import Client

INSTANCE = {"instanceID": "acme", "archiveAdminEnabled": True, "users": [{"userName": "jane"}]}
ACME = {"instanceID": "acme"}
NEWER = {
    "14.0": {"InitializeSystemAdministratorMFA", "CreateSystemAdministratorAPIPassword"},
    "22.4": {"InitializeMFA", "DeleteAppPasswords", "SetUserLoginPrivileges", "UpgradeStores"},
    "24.4": {"TransferStores", "GetCredentials", "CreateCredential"},
}


@pytest.fixture(params=["14.0", "22.4", "24.4", "25.3.1"])
def old(request: pytest.FixtureRequest) -> Iterator[tuple[str, Client]]:
    scenario = Scenario(version=request.param, instances=(INSTANCE,))
    with Simulator("old", scenario=scenario) as simulator, Client(simulator) as client:
        yield request.param, client


def listed(client: Client) -> dict[str, dict[str, object]]:
    client.send("GET", "/api/get-metadata")
    return {entry["name"]: entry for entry in json.loads(client.body.decode("utf-8-sig"))}


def test_a_version_lists_and_takes_only_what_it_has(old: tuple[str, Client]) -> None:
    release, client = old
    names = set(listed(client))
    for since, brought in NEWER.items():
        has_them = float(since[:4]) < float(release[:4])

        assert brought & names == (brought if has_them else set())
    for name in set.union(*NEWER.values()) - names:
        assert client.refusal(name) == f"Unknown API command {name}."


def test_only_the_oldest_say_the_path(old: tuple[str, Client]) -> None:
    release, client = old
    paths = {entry.get("path") for entry in listed(client).values()}

    assert paths == ({"api/invoke/"} if release == "14.0" else {None})


def test_what_came_later_is_neither_taken_nor_shown(old: tuple[str, Client]) -> None:
    release, client = old
    new = {**ACME, "userName": "john", "privileges": "login"}
    client.result("CreateUser", **new)
    keys = set(client.result("GetUserInfo", **ACME, userName="john"))
    row = client.result("GetUsers", **ACME)[0]
    modern = release in {"24.4", "25.3.1"}

    assert ("loginPrivileges" in keys, "mfaStatus" in keys, "mfaStatus" in row) == (modern,) * 3
    again = client.call("CreateUser", **{**new, "userName": "joe"}, loginPrivileges="web")
    assert (again["statusCode"] == "succeeded") is modern


def test_an_upgrade_brings_commands_and_keeps_data(tmp_path: Path) -> None:
    old = Scenario(version="22.4", password="secret", instances=(INSTANCE,))
    with Simulator("old", data_folder=tmp_path, scenario=old) as simulator:
        facts = simulator.announcement()
        with Client(simulator) as client:
            assert "InitializeMFA" not in listed(client)

    with Simulator("old", data_folder=tmp_path, scenario=Scenario()) as simulator:
        with Client(simulator) as client:
            client.result("InitializeMFA", **ACME, userName="jane")
            user = client.result("GetUserInfo", **ACME, userName="jane")

        assert simulator.announcement()["password"] == facts["password"] == "secret"
    assert user["mfaStatus"] == "initialized"


def test_older_ones_tell_the_results_of_any_user(old: tuple[str, Client]) -> None:
    release, client = old
    window = {"fromIncluding": "2026-01-01T00:00:00", "toExcluding": "2026-01-02T00:00:00"}
    answer = client.call("GetWorkerResults", **ACME, **window, timeZoneID="UTC", userName="jane")

    assert (answer["statusCode"] == "succeeded") is (release in {"14.0", "22.4"})
