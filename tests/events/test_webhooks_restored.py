"""No restored backup sends to who was not to hear any more."""

from gateway.model import DisableReason, Webhook, WebhookStatus, now
from gateway.storage import restoration
from gateway.storage.facts import Fact
from gateway.storage.witness import Attested
from tests.events.stage import Post


def fact(number: int, webhook: Webhook, change: str) -> Attested:
    return Attested(number, Fact.WEBHOOK, webhook.id, {"change": change}, now())


def test_what_was_deleted_since_is_gone_again_and_what_changed_is_disabled(post: Post) -> None:
    same, deleted, moved, both = (post.webhook() for _ in range(4))
    later = [
        fact(1, deleted, "deleted"),
        fact(2, moved, "settings"),
        fact(3, both, "secret"),
        fact(4, both, "deleted"),
    ]
    with post.database.write() as connection:
        gone = restoration.remove_deleted_webhooks(connection, later)
        off = restoration.disable_changed_webhooks(connection, later)

    assert gone == sorted([deleted.id, both.id])
    assert off == [moved.id]
    assert post.found(same).status is WebhookStatus.ACTIVE
    assert post.found(moved).disable_reason is DisableReason.RESTORED


def test_without_a_witness_every_webhook_is_disabled(post: Post) -> None:
    hooks = [post.webhook(), post.webhook("b")]
    with post.database.write() as connection:
        assert restoration.disable_all_webhooks(connection) == sorted(each.id for each in hooks)

    post.tell()
    post.carry(post.process())
    assert post.receivers.sent == []
