from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client

HUNDREDS = "".join(f"  {count} messages verified...\r\n" for count in range(100, 1249, 100))
DOCUMENTED = (
    "Verifying file group #3...\r\n"
    "Creating a list of messages to be verified...\r\n"
    "1249 messages are about to be verified.\r\n"
    "Verifying...\r\n" + HUNDREDS + "  1249 messages verified.\r\n"
    "Finished. No errors have been found.\r\n"
)


def test_the_log_of_a_verification_is_the_documented_one(client: Client, control: Control) -> None:
    stores = [{"name": name} for name in ("one", "two", "three")]
    control.seed(instances=[{"instanceID": "acme", "stores": stores}])
    envelope = client.call("VerifyStore", instanceID="acme", id=3)
    log = envelope["logOutput"]
    versions = [envelope["statusVersion"]]
    while envelope["statusCode"] == "running":
        control.advance(12)
        envelope = client.poll(envelope)
        log += envelope["logOutput"] or ""
        versions.append(envelope["statusVersion"])

    assert log == DOCUMENTED
    assert versions == sorted(set(versions))
    assert envelope["percentProgress"] == 100
    assert envelope["result"] is None


def test_a_verification_takes_messages_by_rate() -> None:
    scenario = Scenario(
        verify_rate=100,
        instances=({"instanceID": "acme", "stores": [{"name": "Mail", "messages": 50}]},),
    )
    with Simulator("beta", scenario=scenario) as simulator, Client(simulator) as client:
        before = simulator.server.deployment.clock.seconds()
        last, log = client.drained(client.call("VerifyStore", instanceID="acme", id=1))
        elapsed = simulator.server.deployment.clock.seconds() - before

    assert last["statusCode"] == "succeeded"
    assert log.count("messages verified") == 1
    assert 0.5 <= elapsed < 5


def test_verify_stores_leaves_out_disabled_ones(client: Client, control: Control) -> None:
    stores = [{"name": "one"}, {"name": "two", "requestedState": "disabled"}, {"name": "three"}]
    control.seed(instances=[{"instanceID": "acme", "stores": stores}])
    envelope = client.call("VerifyStores", instanceID="acme")
    control.advance(1000)
    log = envelope["logOutput"] + client.poll(envelope)["logOutput"]

    groups = [line for line in log.splitlines() if "file group" in line]
    assert groups == ["Verifying file group #1...", "Verifying file group #3..."]


def test_a_disabled_store_cannot_be_verified(client: Client, control: Control) -> None:
    stores = [{"name": "Mail", "requestedState": "disabled"}]
    control.seed(instances=[{"instanceID": "acme", "stores": stores}])

    message = client.refusal("VerifyStore", instanceID="acme", id=1)
    assert message == "The archive store 'Mail' is disabled."


def test_an_upgrade_shows_when_it_is_done(client: Client, control: Control) -> None:
    control.seed(
        instances=[{"instanceID": "acme", "stores": [{"name": "Mail", "needsUpgrade": True}]}]
    )
    envelope = client.call("UpgradeStore", instanceID="acme", id=1)
    before = client.result("GetStores", instanceID="acme")[0]["needsUpgrade"]
    control.advance(1000)

    assert client.poll(envelope)["statusCode"] == "succeeded"
    assert before is True
    assert client.result("GetStores", instanceID="acme")[0]["needsUpgrade"] is False


def test_indexes_are_rebuilt_where_selected(acme: Client, control: Control) -> None:
    acme.result("SelectAllStoreIndexesForRebuild", instanceID="acme")
    selected = acme.result("GetStores", instanceID="acme")[0]["searchIndexesNeedRebuild"]
    envelope = acme.call("RebuildSelectedStoreIndexes", instanceID="acme")
    control.advance(1000)
    acme.poll(envelope)

    assert selected is True
    assert acme.result("GetStores", instanceID="acme")[0]["searchIndexesNeedRebuild"] is False


def test_every_other_run_ends_well(acme: Client, control: Control) -> None:
    for command in ("CompactStore", "RecreateRecoveryRecords", "RepairStoreDatabase"):
        envelope = acme.call(command, instanceID="acme", id=1)
        control.advance(1000)
        assert envelope["token"].startswith("sa")
        assert acme.poll(envelope)["statusCode"] == "succeeded"
    for command in ("MaintainFileSystemDatabases", "RefreshAllStoreStatistics", "RetryOpenStores"):
        envelope = acme.call(command, instanceID="acme")
        control.advance(1000)
        assert acme.poll(envelope)["statusCode"] == "succeeded"


def test_only_a_store_out_of_use_is_recovered(acme: Client) -> None:
    refused = acme.refusal("RecoverStore", instanceID="acme", id=1)
    acme.result("SetStoreRequestedState", instanceID="acme", id=1, requestedState="disabled")

    assert refused == "The archive store 'Mail' must be disabled or in error state."
    assert acme.call("RecoverStore", instanceID="acme", id=1)["statusCode"] == "succeeded"
