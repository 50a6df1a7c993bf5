"""A webhook is disabled, by whomever: nothing is sent to it, and its reseller is told."""

from datetime import datetime

from sqlalchemy import Connection

from gateway.model import DisableReason, EventType, Happening, Webhook
from gateway.storage import event_log, webhooks


def disable(
    connection: Connection, webhook: Webhook, reason: DisableReason, time: datetime
) -> None:
    """Disable a webhook and tell of it; one that is disabled stays as it is.

    What waits for it stays where it is, and its position too, so that nothing is lost.

    Args:
        connection: the transaction of what disables it.
        webhook: which.
        reason: why.
        time: when.
    """
    if webhooks.switch_off(connection, webhook.id, reason, time):
        told = Happening(EventType.WEBHOOK_DISABLED, webhook.id, data={"reason": reason.value})
        event_log.tell(connection, webhook.reseller_path, told)
