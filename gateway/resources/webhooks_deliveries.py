"""What was sent to a webhook, what came of it, and sending it again."""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.events.deliveries import Told
from gateway.events.types import SENT
from gateway.model import Cause, DeliveryStatus
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice, Id, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of
from gateway.web.waits import require_place

blp = Blueprint(
    "webhook deliveries", __name__, description=__doc__, url_prefix="/webhooks/<whk:webhook>"
)


class DeliveryAttemptSchema(Schema):
    """A try of a delivery."""

    number = Whole("Which, from one.", required=True, dump_only=True)
    time = Time("When it was over.", required=True, dump_only=True)
    milliseconds = Whole("How long it took.", required=True, dump_only=True)
    status = Whole(
        "The HTTP status that the receiver answered with, if it did.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    problem = Text(
        "What went wrong; stable. Null after a success.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    excerpt = Text(
        "The beginning of the receiver's answer, as one line.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class DeliverySchema(Schema):
    """An event on its way to a webhook; kept for 30 days."""

    id = Id("dlv", "Opaque id.", required=True, dump_only=True)
    webhook = Id("whk", "Where to.", required=True, dump_only=True)
    event = Id("evt", "Id of the event; `webhook-id` of every try.", required=True, dump_only=True)
    number = Whole(
        "Its place in the reseller's log; null for a test, which is in none.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    type = Choice(SENT, "What it tells.", required=True, dump_only=True)
    cause = Choice(tuple(Cause), "Why it is sent.", required=True, dump_only=True)
    status = Choice(tuple(DeliveryStatus), "How far it is.", required=True, dump_only=True)
    next_time = Time(
        "When the next try is due; null when it is over.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    end_time = Time("When it was over.", allow_none=True, required=True, dump_only=True)
    create_time = Time("When it was made.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)
    attempts = ListOf(
        Part(DeliveryAttemptSchema), "Each try, in order.", required=True, dump_only=True
    )


class ReplaySchema(Schema):
    """A part of the log that is sent once more."""

    after = Whole("Number of the event before the first.", required=True)
    until = Whole("Number of the last event; at most 10 000 further.", required=True)


class ReplayedSchema(Schema):
    """What a replay sends."""

    deliveries = Whole(
        "How many of these events are kept and wanted, and are sent again.",
        required=True,
        dump_only=True,
    )


class DeliveryQuery(Paging):
    """Which deliveries."""

    status = Choice(tuple(DeliveryStatus), "Only those in this state.")
    type = Choice(SENT, "Only those of this type.")


DeliveryPage = page_of(DeliverySchema)
FILTERS = ("status", "type")


def shown(told: Told) -> dict[str, Any]:
    """Return a delivery as it is answered."""
    return {**vars(told.delivery), "attempts": told.attempts}


def _located(told: Told) -> tuple[dict[str, Any], dict[str, str]]:
    found = told.delivery
    return shown(told), {"Location": f"/webhooks/{found.webhook}/deliveries/{found.id}"}


@blp.response(201, DeliverySchema)
def made(delivery: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer with a delivery that was made."""
    return _located(services().deliveries.again(caller(), delivery))


@blp.response(200, ReplayedSchema)
def replayed(target: str) -> dict[str, int]:
    """Answer with what a replay made."""
    return {"deliveries": services().deliveries.replayed(caller(), target)}


@blp.route("/test")
class WebhookTest(MethodView):
    """An event that says nothing."""

    @operation(blp, "testWebhook", permission=Permission.WEBHOOKS_UPDATE, errors=(409,), again=made)
    @blp.response(201, DeliverySchema, headers={"Location": "Location"})
    def post(self, webhook: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Send an event `webhook.test` at once; the answer says what came of it.

        It is tried once, also where the webhook is disabled, and changes nothing of the webhook.
        """
        require_place(caller())  # a receiver that hangs keeps a thread
        return _located(services().deliveries.test(caller(), webhook))


@blp.route("/replay")
class WebhookReplay(MethodView):
    """A part of the log, once more."""

    @operation(
        blp, "replayWebhook", permission=Permission.WEBHOOKS_UPDATE, errors=(409,), again=replayed
    )
    @blp.arguments(ReplaySchema, example={"after": 1200, "until": 1300})
    @blp.response(200, ReplayedSchema)
    def post(self, body: dict[str, Any], webhook: str) -> dict[str, int]:
        """Send the events between two numbers of the log again, with the ids that they had."""
        return {"deliveries": services().deliveries.replay(caller(), webhook, **body)}


@blp.route("/deliveries")
class Deliveries(MethodView):
    """The collection."""

    @operation(blp, "listDeliveries", permission=Permission.WEBHOOKS_READ)
    @blp.arguments(DeliveryQuery, location="query")
    @blp.response(200, DeliveryPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], webhook: str) -> dict[str, Any]:
        """List deliveries with their tries, the newest first."""
        filters: dict[str, str] = {name: query[name] for name in FILTERS if name in query}
        limit, before = query["limit"], paging.position(query) or ""
        found = services().deliveries.page(caller(), webhook, filters, before, limit + 1)
        told, more = paging.cut(found, limit, lambda each: each.delivery.id)
        return paging.page([shown(each) for each in told], more)


@blp.route("/deliveries/<dlv:delivery>")
class OneDelivery(MethodView):
    """One delivery."""

    @operation(blp, "getDelivery", permission=Permission.WEBHOOKS_READ)
    @blp.response(200, DeliverySchema)
    def get(self, webhook: str, delivery: str) -> dict[str, Any]:
        """Show a delivery with its tries."""
        return shown(services().deliveries.get(caller(), webhook, delivery))


@blp.route("/deliveries/<dlv:delivery>/redeliver")
class Redelivery(MethodView):
    """A delivery, once more."""

    @operation(
        blp, "redeliverDelivery", permission=Permission.WEBHOOKS_UPDATE, errors=(409,), again=made
    )
    @blp.response(201, DeliverySchema, headers={"Location": "Location"})
    def post(self, webhook: str, delivery: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Send a delivery's event again: the same id and the same bytes, in a new delivery."""
        return _located(services().deliveries.redeliver(caller(), webhook, delivery))
