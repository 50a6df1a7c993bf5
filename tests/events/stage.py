"""Resellers with logs and webhooks in a database, and receivers that answer as a test wants."""

import hmac
import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import select

from gateway.events import signing
from gateway.events.deliverer import Deliverer
from gateway.events.dispatch import Dispatch
from gateway.events.outcome import Outcome, Problem
from gateway.model import (
    Attempt,
    Delivery,
    EventType,
    Happening,
    Prefix,
    SigningSecret,
    Webhook,
    WebhookStatus,
    new_id,
    now,
)
from gateway.storage import deliveries, event_log, resellers, webhooks
from gateway.storage.database import Database
from gateway.storage.tables import deliveries as rows
from gateway.storage.vault import Vault
from tests.core import until
from tests.storage.tree import Tree, plant

SOURCE = "https://gateway.example.com"
TREE = Tree((0, 0, 1, 0), ("root", "a", "below", "b"))
"""Root, A with one below it, and B."""

START = datetime(2026, 11, 1, tzinfo=UTC)
"""When the tests begin that let time pass."""

TAKEN = Outcome(status=204)
REFUSED = Outcome(status=500, problem=Problem.NOT_ACCEPTED)
GONE = Outcome(status=410, problem=Problem.NOT_ACCEPTED)


@dataclass(frozen=True)
class Sent:
    """What came to a receiver, and when."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    time: datetime

    @property
    def event(self) -> Any:  # noqa: ANN401 # JSON
        """The envelope."""
        return json.loads(self.body)


class Receivers:
    """Stand for the sender: every URL takes everything, unless a test says otherwise."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.answers: dict[str, Callable[[], Outcome]] = {}

    def send(self, target_url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Note what comes, and answer."""
        self.sent.append(Sent(target_url, headers, body, now()))
        return self.answers.get(target_url, lambda: TAKEN)()

    def to(self, url: str) -> list[Sent]:
        """Return what came to a URL."""
        return [each for each in self.sent if each.url == url]


@dataclass
class Post:
    """A database with its logs and webhooks.

    Attributes:
        database: of all processes.
        vault: keeps the secrets.
        receivers: whom is sent to.
    """

    database: Database
    vault: Vault = field(default_factory=lambda: Vault([Fernet.generate_key().decode()]))
    receivers: Receivers = field(default_factory=Receivers)

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        self.hooks: list[Webhook] = []
        with self.database.write() as connection:
            plant(connection, TREE, self.vault)

    def close(self) -> None:
        """End every process."""
        self._stack.close()

    def process(self, threads: int = 8) -> Deliverer:
        """Return the deliverer of another process."""
        made = Deliverer(self.database, self.vault, self.receivers, threads)
        self._stack.callback(made.close)
        return made

    def dispatch(self) -> Dispatch:
        """Return the fan-out of another process."""
        return Dispatch(self.database, SOURCE)

    def webhook(self, name: str = "a", **values: Any) -> Webhook:  # noqa: ANN401 # members
        """Make a webhook of a reseller."""
        whole: dict[str, Any] = {
            "id": new_id(Prefix.WEBHOOK),
            "reseller": f"res_{name}",
            "reseller_path": TREE.path(TREE.names.index(name)),
            "name": "hook",
            "url": f"https://{name}.example.com/",
            "types": None,
            "status": WebhookStatus.ACTIVE,
            "disable_reason": None,
            "disable_time": None,
            "fail_time": None,
            "position": 0,
            "create_time": now(),
            "update_time": now(),
            "secrets": (SigningSecret(signing.new_secret(), now()),),
        }
        made = Webhook(**(whole | values))
        with self.database.write() as connection:
            webhooks.add(connection, made, self.vault)
        self.hooks.append(made)
        return made

    def tell(self, name: str = "a", event: str = "instance.created", many: int = 1) -> None:
        """Let something happen to a reseller, and number it."""
        self.mix([name] * many, event)

    def mix(self, names: Sequence[str], event: str = "instance.created") -> None:
        """Let something happen to resellers in turn, and number it."""
        with self.database.write() as connection:
            for name in names:
                happening = Happening(EventType(event), f"ins_{name}", instance=f"ins_{name}")
                event_log.tell(connection, TREE.path(TREE.names.index(name)), happening)
            event_log.sequence(connection, len(names))

    def suspend(self, name: str, time: datetime | None) -> None:
        """Suspend a reseller, or resume it."""
        with self.database.write() as connection:
            resellers.change(connection, f"res_{name}", {"suspend_time": time})

    def carry(self, deliverer: Deliverer) -> None:
        """Let one process do what is to be done now, and wait until it has."""
        self.dispatch().run()
        self.deliver(deliverer)

    def deliver(self, deliverer: Deliverer) -> None:
        """Let one process send what is due now, and wait until it has."""
        while True:
            before = len(self.receivers.sent)
            deliverer.look()
            until(lambda: not deliverer.is_busy)
            if len(self.receivers.sent) == before:
                return

    def found(self, webhook: Webhook) -> Webhook:
        """Return a webhook as it is now."""
        with self.database.read() as connection:
            again = webhooks.tracked(connection, webhook.id, self.vault)
        assert again is not None
        return again

    def log(self, webhook: Webhook) -> list[Delivery]:
        """Return the deliveries to a webhook, the oldest first."""
        with self.database.read() as connection:
            return [*reversed(deliveries.page(connection, webhook.id, {}, "", 100_000))]

    def states(self, webhook: Webhook) -> Counter[str]:
        """Return how many deliveries to a webhook are how far."""
        return Counter(each.status.value for each in self.log(webhook))

    def tries(self, delivery: Delivery) -> list[Attempt]:
        """Return the tries of a delivery."""
        with self.database.read() as connection:
            return list(deliveries.attempts_of(connection, [delivery.id])[delivery.id])

    def told(self, name: str, event: str) -> list[Mapping[str, Any]]:
        """Return the data of the events of a type in a reseller's log."""
        with self.database.write() as connection:
            event_log.sequence(connection, 1000)
            wanted = event_log.Wanted(types=[event])
            found = event_log.part(connection, f"res_{name}", wanted, 0, 1000)
        return [{"subject": each.subject, **each.data} for each in found]

    def envelopes(self, webhook: Webhook) -> list[Any]:
        """Return what is sent to a webhook, in the order in which it was made."""
        mine = select(rows.c.body).where(rows.c.webhook == webhook.id).order_by(rows.c.id)
        with self.database.read() as connection:
            return [json.loads(body) for body in connection.execute(mine).scalars()]


def signed_by(secret: SigningSecret, sent: Sent) -> bool:
    """Check a signature as the specification says, and as docs/webhooks.md does."""
    key = b64decode(secret.text.removeprefix("whsec_"))
    head = f"{sent.headers['webhook-id']}.{sent.headers['webhook-timestamp']}.".encode()
    made = b64encode(hmac.digest(key, head + sent.body, "sha256")).decode()
    return f"v1,{made}" in sent.headers["webhook-signature"].split()


@contextmanager
def post(database: Database) -> Iterator[Post]:
    """Set up, and end every process that a test began."""
    made = Post(database)
    try:
        yield made
    finally:
        made.close()
