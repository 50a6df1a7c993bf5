"""Webhooks: where a reseller's events are sent, and the secrets that sign them.

A secret is shown once, when it is made, and kept encrypted: it must be at hand to sign.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from gateway.access.networks import Network
from gateway.access.scope import Unrestricted
from gateway.errors import Conflict
from gateway.events import signing
from gateway.events.switching import disable
from gateway.events.targets import parse
from gateway.events.types import expanded
from gateway.model import (
    DisableReason,
    Prefix,
    Reach,
    Reseller,
    SigningSecret,
    Webhook,
    WebhookStatus,
    new_id,
    now,
)
from gateway.storage import event_log, facts, resellers, webhooks
from gateway.storage.database import Database
from gateway.storage.facts import Fact
from gateway.storage.vault import Vault
from gateway.tenancy import audit
from gateway.tenancy.authorise import absent, denied, permit, reached
from gateway.tenancy.caller import Caller

MOST: Final = 50
"""Webhooks of a reseller."""
OVERLAP: Final = timedelta(hours=24)
"""For which a secret still signs when there is a newer one."""


@dataclass(frozen=True)
class NewWebhook:
    """What a caller says of a webhook to be made."""

    name: str
    url: str
    reseller: str | None = None
    types: Sequence[str] | None = None


@dataclass(frozen=True)
class Missed:
    """What happened while a webhook was disabled.

    Attributes:
        events: how many it wants to hear of; they follow now.
        forgotten: how many places of the log, whatever they told, are not kept any more.
    """

    events: int
    forgotten: int


class Webhooks:
    """Webhooks of the caller's own reseller and of those below.

    Args:
        database: the tables.
        vault: keeps the secrets.
        laboratories: networks that webhooks may lead to although they are not public.
    """

    def __init__(self, database: Database, vault: Vault, laboratories: Sequence[Network]) -> None:
        self._database = database
        self._vault = vault
        self._laboratories = laboratories

    def get(self, caller: Caller, webhook: str) -> Webhook:
        """Return one that is reached.

        Raises:
            NotFound: absent, of a reseller outside the caller's tree, or the caller is restricted
                to instances: it sees none.
        """
        with self._database.read() as connection:
            found = webhooks.find(connection, caller.principal.reach, webhook, self._vault)
        if found is None:
            raise absent(self._database, caller, webhook)
        permit(self._database, caller, webhook)
        return found

    def page(self, caller: Caller, after: str, limit: int) -> Sequence[Webhook]:
        """Return some, in the order of ids."""
        permit(self._database, caller, "webhooks")
        with self._database.read() as connection:
            return webhooks.page(connection, caller.principal.reach, after, limit, self._vault)

    def create(self, caller: Caller, new: NewWebhook) -> tuple[Webhook, str]:
        """Make a webhook, which hears of what happens from now on.

        Returns:
            The webhook, and the secret that is shown this once.

        Raises:
            NotFound: the reseller is absent or foreign.
            PermissionMissing: also for a caller that is restricted to instances.
            TargetRefused: the URL may not be called.
            Conflict: the reseller has as many webhooks as it may have.
        """
        owner = self._owner(caller, new.reseller or caller.principal.reseller)
        if not Unrestricted().verify(caller.principal):
            raise denied(self._database, caller, owner.id)
        url, secret, time = parse(new.url, self._laboratories).url, signing.new_secret(), now()
        with self._database.write() as connection:
            resellers.hold(connection, owner.id)
            if webhooks.count(connection, owner.id) >= MOST:
                raise Conflict(f"A reseller has at most {MOST} webhooks; delete one first.")
            made = Webhook(
                id=new_id(Prefix.WEBHOOK),
                reseller=owner.id,
                reseller_path=owner.path,
                name=new.name,
                url=url,
                types=None if new.types is None else tuple(new.types),
                status=WebhookStatus.ACTIVE,
                disable_reason=None,
                disable_time=None,
                fail_time=None,
                position=event_log.last(connection, owner.id),
                create_time=time,
                update_time=time,
                secrets=(SigningSecret(secret, time),),
            )
            webhooks.add(connection, made, self._vault)
            audit.changed(connection, caller, made.id, ["name", "types", "url"])
            audit.shown(connection, caller, made.id)
        return made, secret

    def change(
        self, caller: Caller, webhook: str, values: Mapping[str, Any]
    ) -> tuple[Webhook, Missed | None]:
        """Change a webhook.

        Returns:
            The webhook, and what it missed if it is enabled again.

        Raises:
            TargetRefused: the URL may not be called.
            Conflict: another change came in between; nothing is changed.
        """
        found, time = self.get(caller, webhook), now()
        columns = {**values, "update_time": time}
        if "url" in values:
            columns["url"] = parse(values["url"], self._laboratories).url
        enabled = _turned(found, values, WebhookStatus.ACTIVE)
        if enabled:
            columns |= {"disable_reason": None, "disable_time": None, "fail_time": None}
        disabled = _turned(found, values, WebhookStatus.DISABLED)
        if disabled:
            del columns["status"]
        with self._database.write() as connection:
            _change(connection, found, columns)
            if {"url", "status"} & set(values):
                _note(connection, webhook, "settings")
            if disabled:
                disable(connection, found, DisableReason.REQUESTED, time)
            audit.changed(connection, caller, webhook, values)
            changed = self._again(connection, found)
            missed = _missed(connection, changed) if enabled else None
        return changed, missed

    def remove(self, caller: Caller, webhook: str) -> None:
        """Delete a webhook and what waits for it; what is being sent is not held up."""
        self.get(caller, webhook)
        with self._database.write() as connection:
            audit.changed(connection, caller, webhook, ["deleted"])  # while its owner is known
            webhooks.remove(connection, webhook)
            _note(connection, webhook, "deleted")

    def rotate(self, caller: Caller, webhook: str) -> tuple[Webhook, str]:
        """Make a new secret; the one before signs beside it for a day.

        Raises:
            Conflict: another change came in between.
        """
        found, secret, time = self.get(caller, webhook), signing.new_secret(), now()
        secrets = _rotated(found, secret, time)
        sealed = webhooks.sealed(secrets, self._vault)
        with self._database.write() as connection:
            _change(connection, found, {"secrets": sealed, "update_time": time})
            _note(connection, webhook, "secret")
            audit.changed(connection, caller, webhook, ["secret"])
            audit.shown(connection, caller, webhook)
        return replace(found, secrets=secrets, update_time=time), secret

    def _owner(self, caller: Caller, reseller: str) -> Reseller:
        owner = reached(self._database, caller, reseller)
        permit(self._database, caller, owner.id)
        return owner

    def _again(self, connection: Connection, webhook: Webhook) -> Webhook:
        """Return a webhook as it is in this transaction."""
        reach = Reach(webhook.reseller_path)
        return webhooks.find(connection, reach, webhook.id, self._vault) or webhook


def _turned(webhook: Webhook, values: Mapping[str, Any], status: WebhookStatus) -> bool:
    """Whether a change brings a webhook into another status."""
    return values.get("status") == status != webhook.status


def _change(connection: Connection, found: Webhook, columns: Mapping[str, Any]) -> None:
    if not webhooks.change(connection, found, columns):
        raise Conflict("The webhook changed at the same time; read it again.")


def _note(connection: Connection, webhook: str, change: str) -> None:
    """Note what must outlive a restore: no backup sends to who was not to hear any more."""
    facts.note(connection, Fact.WEBHOOK, webhook, {"change": change})


def _missed(connection: Connection, webhook: Webhook) -> Missed:
    return Missed(
        webhooks.missed(connection, webhook, expanded(webhook.types)),
        webhooks.forgotten(connection, webhook),
    )


def _rotated(webhook: Webhook, secret: str, time: datetime) -> tuple[SigningSecret, ...]:
    """Return a new secret and the one before, which ends."""
    before, *_ = webhook.secrets
    return SigningSecret(secret, time), replace(before, expire_time=time + OVERLAP)
