"""Queries on webhooks; their secrets are encrypted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update

from gateway.model import (
    DisableReason,
    Reach,
    SigningSecret,
    Webhook,
    WebhookStatus,
)
from gateway.storage import counters, event_log
from gateway.storage.event_log import Wanted
from gateway.storage.resellers import reached
from gateway.storage.tables import events, resellers, webhooks
from gateway.storage.vault import Vault


@dataclass(frozen=True)
class Behind:
    """A webhook whose reseller's log has gone on.

    Attributes:
        id: opaque.
        reseller: whose log.
        reseller_path: of that reseller.
        types: what it wants to hear of; None for everything.
        position: up to which event deliveries were made.
    """

    id: str
    reseller: str
    reseller_path: str
    types: Sequence[str] | None
    position: int


def _selected() -> Select[Any]:
    return select(webhooks, resellers.c.path.label("reseller_path")).join(
        resellers, resellers.c.id == webhooks.c.reseller
    )


def _webhook(row: RowMapping, vault: Vault) -> Webhook:
    fields: dict[str, Any] = {**row}
    fields["types"] = None if row["types"] is None else tuple(row["types"])
    fields["status"] = WebhookStatus(row["status"])
    reason = row["disable_reason"]
    fields["disable_reason"] = None if reason is None else DisableReason(reason)
    fields["secrets"] = tuple(map(_secret, vault.open(row["secrets"])))
    return Webhook(**fields)


def _secret(sealed: Mapping[str, Any]) -> SigningSecret:
    ends = sealed["expireTime"]
    return SigningSecret(
        sealed["text"],
        datetime.fromisoformat(sealed["createTime"]),
        None if ends is None else datetime.fromisoformat(ends),
    )


def sealed(secrets: Sequence[SigningSecret], vault: Vault) -> str:
    """Return secrets as they are stored."""
    return vault.seal(
        [
            {
                "text": each.text,
                "createTime": each.create_time.isoformat(),
                "expireTime": each.expire_time and each.expire_time.isoformat(),
            }
            for each in secrets
        ]
    )


def add(connection: Connection, webhook: Webhook, vault: Vault) -> None:
    """Insert a webhook with its secrets."""
    values = dict(vars(webhook))
    del values["reseller_path"]
    values["types"] = None if webhook.types is None else list(webhook.types)
    values["secrets"] = sealed(webhook.secrets, vault)
    connection.execute(insert(webhooks).values(**values))


def find(connection: Connection, reach: Reach, webhook: str, vault: Vault) -> Webhook | None:
    """Return a webhook of a reseller that is reached, or None; none to whom sees instances only."""
    if reach.instances is not None:
        return None
    query = _selected().where(webhooks.c.id == webhook, reached(reach))
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _webhook(row, vault)


def tracked(connection: Connection, webhook: str, vault: Vault) -> Webhook | None:
    """Return a webhook by its id alone: for deliveries, whoever is asking."""
    row = connection.execute(_selected().where(webhooks.c.id == webhook)).mappings().one_or_none()
    return None if row is None else _webhook(row, vault)


def page(
    connection: Connection, reach: Reach, after: str, limit: int, vault: Vault
) -> Sequence[Webhook]:
    """Return at most ``limit`` webhooks with an id after ``after``, in the order of ids."""
    if reach.instances is not None:
        return []
    query = _selected().where(reached(reach), webhooks.c.id > after)
    rows = connection.execute(query.order_by(webhooks.c.id).limit(limit)).mappings()
    return [_webhook(row, vault) for row in rows]


def count(connection: Connection, reseller: str) -> int:
    """Return how many webhooks a reseller has."""
    query = select(func.count()).select_from(webhooks).where(webhooks.c.reseller == reseller)
    return connection.execute(query).scalar_one()


def change(connection: Connection, known: Webhook, values: Mapping[str, object]) -> bool:
    """Update the given columns of a webhook that is still as it was judged.

    Returns:
        Whether it was; else nothing is changed.
    """
    same = (webhooks.c.id == known.id, webhooks.c.update_time == known.update_time)
    return connection.execute(update(webhooks).where(*same).values(**values)).rowcount == 1


def hold(connection: Connection, webhook: str) -> bool:
    """Let nobody else take or settle deliveries of a webhook before the transaction ends.

    Returns:
        Whether there is such a webhook.
    """
    mine = select(webhooks.c.id).where(webhooks.c.id == webhook)
    query = mine.with_for_update(key_share=True)
    return connection.execute(query).one_or_none() is not None


def switch_off(connection: Connection, webhook: str, reason: DisableReason, time: datetime) -> bool:
    """Disable a webhook; false when it is disabled already, or gone."""
    done = connection.execute(
        update(webhooks)
        .where(webhooks.c.id == webhook, webhooks.c.status == WebhookStatus.ACTIVE)
        .values(
            status=WebhookStatus.DISABLED,
            disable_reason=reason,
            disable_time=time,
            update_time=time,
        )
    )
    return done.rowcount == 1


def note_success(connection: Connection, webhook: str) -> None:
    """Note that something came through; once is enough."""
    failing = (webhooks.c.id == webhook, webhooks.c.fail_time.is_not(None))
    connection.execute(update(webhooks).where(*failing).values(fail_time=None))


def note_failure(connection: Connection, webhook: str, time: datetime) -> datetime:
    """Note that something did not come through; returns since when nothing did."""
    well = (webhooks.c.id == webhook, webhooks.c.fail_time.is_(None))
    connection.execute(update(webhooks).where(*well).values(fail_time=time))
    query = select(webhooks.c.fail_time).where(webhooks.c.id == webhook)
    since: datetime = connection.execute(query).scalar_one()
    return since


def behind(connection: Connection) -> Sequence[Behind]:
    """Return the active webhooks whose logs have gone on."""
    ends = counters.beginning(connection, f"{events.name}:")
    query = (
        select(
            webhooks.c.id,
            webhooks.c.reseller,
            resellers.c.path.label("reseller_path"),
            webhooks.c.types,
            webhooks.c.position,
        )
        .join(resellers, resellers.c.id == webhooks.c.reseller)
        .where(webhooks.c.status == WebhookStatus.ACTIVE)
        .order_by(webhooks.c.id)
    )
    rows = connection.execute(query).mappings()
    return [Behind(**row) for row in rows if ends.get(row["reseller"], 0) > row["position"]]


def advance(connection: Connection, webhook: Behind, position: int) -> bool:
    """Move a webhook's position; false when another process has, or it is disabled or gone."""
    same = (
        webhooks.c.id == webhook.id,
        webhooks.c.position == webhook.position,
        webhooks.c.status == WebhookStatus.ACTIVE,
    )
    done = connection.execute(update(webhooks).where(*same).values(position=position))
    return done.rowcount == 1


def missed(connection: Connection, webhook: Webhook, types: Sequence[str] | None) -> int:
    """Return how many events of some types the log has after a webhook's position."""
    mine = (events.c.reseller == webhook.reseller, events.c.number > webhook.position)
    wanted = Wanted(types=types).condition(events)
    query = select(func.count()).select_from(events).where(*mine, wanted)
    return connection.execute(query).scalar_one()


def forgotten(connection: Connection, webhook: Webhook) -> int:
    """Return how many events after a webhook's position the log does not have any more."""
    return max(0, event_log.oldest(connection, webhook.reseller) - 1 - webhook.position)


def remove(connection: Connection, webhook: str) -> None:
    """Delete a webhook; its deliveries go with it."""
    connection.execute(delete(webhooks).where(webhooks.c.id == webhook))
