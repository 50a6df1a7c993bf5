"""Webhooks: where a reseller's events are sent, signed. A secret is shown once, when it is made."""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.events.targets import MOST_CHARACTERS
from gateway.events.types import WORDS
from gateway.events.webhooks import Missed, NewWebhook
from gateway.model import DisableReason, Webhook, WebhookStatus, now
from gateway.web import etags, paging
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, services
from gateway.web.fields import Choice, Id, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("webhooks", __name__, description=__doc__, url_prefix="/webhooks")

URL = (
    "Where events are posted to: `https`, port 443 or 8443, a public host; without user, password "
    "and fragment. Shown in its one spelling."
)
TYPES = "Event types, and families of them such as `instance.*`; null for all."
EXAMPLE = {
    "name": "Billing",
    "url": "https://hooks.example.com/spe",
    "types": ["instance.*", "licences.changed"],
}


class WebhookSecretTimeSchema(Schema):
    """A secret that signs; itself it was shown once."""

    create_time = Time("When it was made.", required=True, dump_only=True)
    expire_time = Time(
        "When it signs no more; null for the newest.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class WebhookSchema(Schema):
    """A webhook, without its secrets."""

    id = Id("whk", "Opaque id.", required=True, dump_only=True)
    name = Text("Its name.", required=True, dump_only=True)
    reseller = Id("res", "Whose events it is sent.", required=True, dump_only=True)
    url = Text(URL, required=True, dump_only=True)
    types = ListOf(Choice(WORDS), TYPES, allow_none=True, required=True, dump_only=True)
    status = Choice(
        tuple(WebhookStatus), "Whether events are sent to it.", required=True, dump_only=True
    )
    disable_reason = Choice(
        tuple(DisableReason),
        "Why not: somebody `requested` it, the receiver answered 410 (`gone`), an event ran out of "
        "tries and none had come through since its first one (`failing`), or it changed after the "
        "backup that was `restored`.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    disable_time = Time("Since when not.", allow_none=True, required=True, dump_only=True)
    fail_time = Time(
        "Since when nothing has come through; null after a success.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    position = Whole(
        "Number of the event of its reseller's log up to which deliveries were made.",
        required=True,
        dump_only=True,
    )
    secrets = ListOf(
        Part(WebhookSecretTimeSchema),
        "What signs, the newest first; two for a day after a rotation.",
        attribute="live_secrets",
        required=True,
        dump_only=True,
    )
    create_time = Time("When it was made.", required=True, dump_only=True)
    update_time = Time("When it was changed or disabled.", required=True, dump_only=True)


class WebhookSecretSchema(WebhookSchema):
    """A webhook with a new secret, which is shown this once."""

    secret = Text(
        "For checking signatures (Standard Webhooks); keep it. Null in the answer to a repeated "
        "call, since it was shown once.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class WebhookMissedSchema(Schema):
    """What happened while a webhook was disabled."""

    events = Whole("Events of its types; they follow now.", required=True, dump_only=True)
    forgotten = Whole(
        "Events of all types that the log does not keep any more; these do not follow.",
        required=True,
        dump_only=True,
    )


class WebhookChangedSchema(WebhookSchema):
    """A webhook after a change."""

    missed = Part(
        WebhookMissedSchema,
        "What happened while it was disabled; null unless this change enabled it.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


def _types() -> ListOf:
    return ListOf(Choice(WORDS), TYPES, min_items=1, max_items=100, allow_none=True)


class WebhookCreateSchema(Schema):
    """A webhook to be made."""

    name = Text("Its name.", max_length=200, required=True)
    url = Text(URL, max_length=MOST_CHARACTERS, required=True)
    reseller = Id("res", "Whose events it is sent; by default your own.")
    types = _types()


class WebhookPatchSchema(Schema):
    """What changes of a webhook; what is left out stays."""

    name = Text("Its new name.", max_length=200)
    url = Text(URL, max_length=MOST_CHARACTERS)
    types = _types()
    status = Choice(
        tuple(WebhookStatus),
        "`disabled`: events wait in the log. `active`: they follow, from where it stopped.",
    )


WebhookPage = page_of(WebhookSchema)


def tag_of(found: Webhook) -> str:
    """Return the entity tag: over what can be written."""
    types = None if found.types is None else list(found.types)
    written = {"name": found.name, "url": found.url, "types": types, "status": found.status}
    return etags.etag_of(written)


def shown(found: Webhook, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # members of a schema
    """Return a webhook as it is answered."""
    return {**vars(found), "live_secrets": found.live_secrets(now()), **more}


@blp.response(201, WebhookSecretSchema)
def made(webhook: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer with a webhook that was made; its secret was shown once."""
    return _located(services().webhooks.get(caller(), webhook), None)


@blp.response(200, WebhookSecretSchema)
def rotated(webhook: str) -> dict[str, Any]:
    """Answer with a webhook that got a new secret; it was shown once."""
    return shown(services().webhooks.get(caller(), webhook), secret=None)


def _located(found: Webhook, secret: str | None) -> tuple[dict[str, Any], dict[str, str]]:
    headers = {"ETag": tag_of(found), "Location": f"/webhooks/{found.id}"}
    return shown(found, secret=secret), headers


@blp.route("")
class Webhooks(MethodView):
    """The collection."""

    @operation(blp, "listWebhooks", permission=Permission.WEBHOOKS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, WebhookPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the webhooks of your reseller and of those below."""
        limit = query["limit"]
        after = paging.position(query) or ""
        found, more = paging.cut(services().webhooks.page(caller(), after, limit + 1), limit)
        return paging.page([shown(each) for each in found], more)

    @operation(
        blp,
        "createWebhook",
        permission=Permission.WEBHOOKS_CREATE,
        errors=(404, 409),
        again=made,
    )
    @blp.arguments(WebhookCreateSchema, example=EXAMPLE)
    @blp.response(201, WebhookSecretSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Have events sent to an URL from now on; the answer shows the secret this once."""
        return _located(*services().webhooks.create(caller(), NewWebhook(**body)))


@blp.route("/<whk:webhook>")
class OneWebhook(MethodView):
    """One webhook."""

    @operation(blp, "getWebhook", permission=Permission.WEBHOOKS_READ)
    @blp.response(200, WebhookSchema, headers={"ETag": "ETag"})
    def get(self, webhook: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Show a webhook."""
        found = services().webhooks.get(caller(), webhook)
        return shown(found), {"ETag": tag_of(found)}

    @operation(
        blp,
        "updateWebhook",
        permission=Permission.WEBHOOKS_UPDATE,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.arguments(WebhookPatchSchema, example={"status": "active"})
    @blp.response(200, WebhookChangedSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], webhook: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Change a webhook, disable it, or enable it again; then it goes on where it stopped."""
        etags.check_if_match(tag_of(services().webhooks.get(caller(), webhook)))
        changed, missed = services().webhooks.change(caller(), webhook, body)
        return shown(changed, missed=_missed(missed)), {"ETag": tag_of(changed)}

    @operation(
        blp,
        "deleteWebhook",
        permission=Permission.WEBHOOKS_DELETE,
        errors=(412,),
        parameters=("IfMatch",),
    )
    @blp.response(NO_CONTENT)
    def delete(self, webhook: str) -> None:
        """Delete a webhook; what waits for it is not sent any more."""
        etags.check_if_match(tag_of(services().webhooks.get(caller(), webhook)))
        services().webhooks.remove(caller(), webhook)


@blp.route("/<whk:webhook>/rotate-secret")
class WebhookSecretRotation(MethodView):
    """A further secret."""

    @operation(blp, "rotateWebhookSecret", permission=Permission.WEBHOOKS_UPDATE, again=rotated)
    @blp.response(200, WebhookSecretSchema)
    def post(self, webhook: str) -> dict[str, Any]:
        """Make a new secret; the one before signs beside it for a day, so that you can switch."""
        found, secret = services().webhooks.rotate(caller(), webhook)
        return shown(found, secret=secret)


def _missed(missed: Missed | None) -> dict[str, Any] | None:
    return None if missed is None else vars(missed)
