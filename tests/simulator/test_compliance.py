import json

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Client

ACME = {"instanceID": "acme"}
NO_TEXTS = (
    "Error converting value to the type of 'logSuccessfulUserActivities'."
    " Path 'logSuccessfulUserActivities'."
)
POLICIES = [{"name": "Ten years", "years": 10}]


def planted(control: Control, *stores: JSON) -> None:
    control.seed(instances=[{**ACME, "archiveAdminEnabled": True, "stores": list(stores)}])


def configure(client: Client, **config: object) -> None:
    client.result("SetComplianceConfiguration", **ACME, config=json.dumps(config))


def process(client: Client, control: Control) -> str:
    envelope = client.call("ProcessRetentionPolicies", **ACME)
    control.advance(10)
    return client.drained(envelope)[1]


def test_the_settings_are_read_back(acme: Client) -> None:
    before = acme.result("GetComplianceConfiguration", **ACME)
    configure(acme, legalHoldEnabled=True, logSuccessfulUserActivities=["UserAdd"])

    assert (before["adminEmailPreviewEnabled"], before["legalHoldEnabled"]) == (True, False)
    assert acme.result("GetComplianceConfiguration", **ACME) == {
        "adminEmailPreviewEnabled": True,
        "legalHoldEnabled": True,
        "logSuccessfulUserActivities": ["UserAdd"],
    }


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "Missing API argument config."),
        ({"legalHold": True}, "Could not find member 'legalHold' on object. Path 'legalHold'."),
        (
            {"legalHoldEnabled": 1},
            "Error converting value to the type of 'legalHoldEnabled'. Path 'legalHoldEnabled'.",
        ),
        (
            {"logSuccessfulUserActivities": [1]},
            NO_TEXTS,
        ),
    ],
)
def test_settings_of_another_shape_are_refused(acme: Client, config: object, message: str) -> None:
    found = acme.refusal("SetComplianceConfiguration", **ACME, config=json.dumps(config))

    assert found == message


def test_policies_delete_what_has_expired(client: Client, control: Control) -> None:
    planted(control, {"name": "Mail", "messages": 100, "expired": 7})
    idle = process(client, control)
    client.result("SetRetentionPolicies", **ACME, config=json.dumps(POLICIES))
    log = process(client, control)
    (store,) = client.result("GetStores", **ACME)

    assert client.result("GetRetentionPolicies", **ACME) == POLICIES
    assert "0 messages deleted" in idle
    assert log == "Processing retention policies...\r\n7 messages deleted.\r\n"
    assert (store["statisticsCount"], store["statisticsSize"]) == (93, 93 * 76800)


def test_there_are_no_policies_at_first(acme: Client) -> None:
    assert acme.result("GetRetentionPolicies", **ACME) == []
    assert acme.refusal("SetRetentionPolicies", **ACME, config="7") == (
        "Missing API argument config."
    )


def test_legal_hold_keeps_everything(client: Client, control: Control) -> None:
    planted(control, {"name": "Mail", "messages": 100, "expired": 7})
    client.result("SetRetentionPolicies", **ACME, config=json.dumps(POLICIES))
    configure(client, legalHoldEnabled=True)
    refused = client.refusal("ProcessRetentionPolicies", **ACME)
    configure(client, legalHoldEnabled=False)

    assert refused == "Retention policies cannot be processed while legal hold is enabled."
    assert "7 messages deleted" in process(client, control)


@pytest.mark.parametrize(
    ("store", "message"),
    [
        (
            {"needsUpgrade": True},
            "Retention policies are not available until all stores are upgraded.",
        ),
        (
            {"requestedState": "writeProtected"},
            "Retention policies need all archive stores to be writable.",
        ),
        ({"broken": True}, "Retention policies need all archive stores to be writable."),
    ],
)
def test_policies_need_stores_to_delete_from(
    client: Client, control: Control, store: JSON, message: str
) -> None:
    planted(control, {"name": "Mail"}, {"name": "Odd", **store})

    assert client.refusal("ProcessRetentionPolicies", **ACME) == message
