"""Numbers of events as callers name them: any whole number of JSON, on each of the databases."""

from dataclasses import replace

import pytest

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.billing.usage_log import UsageLog
from gateway.errors import InvalidInput
from gateway.events.deliveries import Deliveries
from gateway.events.log import EventLog
from gateway.events.webhooks import Webhooks
from gateway.model import Reach
from gateway.tenancy.caller import Caller
from tests.events.stage import SOURCE, TREE, Post

PATH = TREE.path(TREE.names.index("a"))
READER = Caller(
    Principal("cli_a", "res_a", Reach(PATH), frozenset(Permission), is_operator=False),
    "listEvents",
    Permission.EVENTS_READ,
    "request",
)
NUMBERS = (2**31 - 1, 2**31, 2**53 - 1)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_no_event_has_come_to_is_refused(everywhere: Post, number: int) -> None:
    everywhere.tell(many=3)
    with pytest.raises(InvalidInput):
        EventLog(everywhere.database, SOURCE).part(READER, number, None, 10)
    with pytest.raises(InvalidInput):
        EventLog(everywhere.database, SOURCE).part(READER, number, ["instance.created"], 10)
    with pytest.raises(InvalidInput):
        UsageLog(everywhere.database, 400).part(READER, number, 10)


@pytest.mark.parametrize("after", [0, 2, *NUMBERS])
def test_a_replay_ends_with_the_log(everywhere: Post, after: int) -> None:
    webhook = everywhere.webhook()
    everywhere.tell(many=3)
    found = Webhooks(everywhere.database, everywhere.vault, [])
    sent = Deliveries(everywhere.database, found, everywhere.dispatch(), everywhere.process())
    caller = replace(READER, operation="replayWebhook", permission=Permission.WEBHOOKS_UPDATE)

    assert sent.replay(caller, webhook.id, after, after + 10_000) == max(0, 3 - after)
