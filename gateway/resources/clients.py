"""API clients of a reseller. A secret is shown once, when it is made."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from gateway.access.permissions import ROLES, Permission
from gateway.broker.client_keys import ALGORITHMS, MOST_KEYS
from gateway.broker.clients import NewClient
from gateway.model import Client
from gateway.web import etags, paging
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, services
from gateway.web.fields import Choice, Flag, Id, ListOf, Part, Text, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("clients", __name__, description=__doc__, url_prefix="/clients")

WRITABLE = (
    "name",
    "roles",
    "permissions",
    "instances",
    "disabled",
    "expire_time",
    "allowed_ips",
    "public_keys",
    "issuer",
    "subject",
)
_COORDINATE = r"^[A-Za-z0-9_-]{1,700}$"


class ClientKeySchema(Schema):
    """A public key of a client's (RFC 7517): P-256, or RSA of 2048 to 4096 bits."""

    kid = Text("Its name; `kid` of the assertions.", max_length=100, required=True)
    kty = Choice(("EC", "RSA"), "Its kind.", required=True)
    crv = Choice(("P-256",), "Its curve, of an elliptic one.")
    x = Text("Coordinate.", max_length=700, pattern=_COORDINATE)
    y = Text("Coordinate.", max_length=700, pattern=_COORDINATE)
    n = Text("Modulus, of an RSA key.", max_length=700, pattern=_COORDINATE)
    e = Text("Exponent.", max_length=700, pattern=_COORDINATE)
    alg = Choice(ALGORITHMS, "The only algorithm that it is for.")
    use = Choice(("sig",), "What it is for.")


class ClientSecretTimeSchema(Schema):
    """A live secret; itself it was shown once."""

    create_time = Time("When it was made.", required=True, dump_only=True)


def _networks(*, writes: bool) -> ListOf:
    return ListOf(
        Text(max_length=50),
        "Addresses and networks (CIDR) that it may call from; null for everywhere.",
        min_items=1 if writes else 0,
        max_items=50,
        allow_none=True,
        dump_only=not writes,
    )


def _keys(*, writes: bool) -> ListOf:
    return ListOf(
        Part(ClientKeySchema),
        "Keys that it signs in with (RFC 7523), instead of a secret; null for none.",
        min_items=1 if writes else 0,
        max_items=MOST_KEYS,
        allow_none=True,
        dump_only=not writes,
    )


def _issuer(**options: Any) -> Text:  # noqa: ANN401 # options of a field
    said = "Outside issuer whose tokens it comes with, instead of a secret; one of the settings."
    return Text(said, max_length=500, allow_none=True, **options)


def _subject(**options: Any) -> Text:  # noqa: ANN401 # options of a field
    return Text("How that issuer calls it.", max_length=200, allow_none=True, **options)


class ClientSchema(Schema):
    """An API client, without its secrets."""

    id = Id("cli", "Opaque id; also the `client_id` of OAuth.", required=True, dump_only=True)
    name = Text("Its name.", required=True, dump_only=True)
    reseller = Id("res", "Whose it is.", required=True, dump_only=True)
    roles = ListOf(Choice(tuple(ROLES)), "Named sets of permissions.", dump_only=True)
    permissions = ListOf(Choice(tuple(Permission)), "Further ones.", dump_only=True)
    instances = ListOf(
        Id("ins"), "The only ones that it sees; null for all.", allow_none=True, dump_only=True
    )
    disabled = Flag("Whether it is refused.", required=True, dump_only=True)
    disabled_above = Flag(
        "Whether a reseller above its own disabled it: only from there it is enabled again.",
        attribute="is_disabled_above",
        required=True,
        dump_only=True,
    )
    expire_time = Time("When it ends.", allow_none=True, dump_only=True)
    allowed_ips = _networks(writes=False)
    public_keys = _keys(writes=False)
    issuer = _issuer(dump_only=True)
    subject = _subject(dump_only=True)
    secrets = ListOf(
        Part(ClientSecretTimeSchema),
        "Its live secrets, two at most, the oldest first.",
        attribute="live_secrets",
        required=True,
        dump_only=True,
    )
    last_use_time = Time(
        "When it was last seen, to the minute.", allow_none=True, required=True, dump_only=True
    )
    create_time = Time("When it was made.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)


class ClientSecretSchema(ClientSchema):
    """An API client with a new secret, which is shown this once."""

    client_id = Id("cli", "For the token endpoint.", required=True, dump_only=True)
    client_secret = Text(
        "For the token endpoint; keep it. Null in the answer to a repeated call, since it was "
        "shown once, and for a client that signs in otherwise.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class ClientCreateSchema(Schema):
    """A client to be made; it cannot be given more than you have."""

    name = Text("Its name.", max_length=200, required=True)
    reseller = Id("res", "Whose it is; by default your own.")
    roles = ListOf(Choice(tuple(ROLES)), "Named sets of permissions.", load_default=[])
    permissions = ListOf(Choice(tuple(Permission)), "Further ones.", load_default=[])
    instances = ListOf(Id("ins"), "The only ones that it sees; left out for all.")
    expire_time = Time("When it ends; left out for never.")
    allowed_ips = _networks(writes=True)
    public_keys = _keys(writes=True)
    issuer = _issuer()
    subject = _subject()


class ClientPatchSchema(Schema):
    """What changes of a client; what is left out stays."""

    name = Text("Its new name.", max_length=200)
    roles = ListOf(Choice(tuple(ROLES)), "Named sets of permissions.")
    permissions = ListOf(Choice(tuple(Permission)), "Further ones.")
    instances = ListOf(Id("ins"), "The only ones that it sees; null for all.", allow_none=True)
    disabled = Flag("Whether it is refused.")
    expire_time = Time("When it ends; null for never.", allow_none=True)
    allowed_ips = _networks(writes=True)
    public_keys = _keys(writes=True)
    issuer = _issuer()
    subject = _subject()


ClientPage = page_of(ClientSchema)


def tag_of(found: Client) -> str:
    """Return the entity tag: over what can be written."""
    whole = asdict(found)
    whole["expire_time"] = found.expire_time.isoformat() if found.expire_time else None
    return etags.etag_of({name: whole[name] for name in WRITABLE})


def _with_secret(made: Client, secret: str | None) -> dict[str, Any]:
    return {
        **vars(made),
        "is_disabled_above": made.is_disabled_above,
        "live_secrets": made.live_secrets,
        "client_id": made.id,
        "client_secret": secret,
    }


@blp.response(201, ClientSecretSchema)
def made(client: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer with a client that was made; its secret was shown once."""
    found = services().clients.get(caller(), client)
    headers = {"ETag": tag_of(found), "Location": f"/clients/{client}"}
    return _with_secret(found, None), headers


@blp.response(200, ClientSecretSchema)
def rotated(client: str) -> dict[str, Any]:
    """Answer with a client that got a new secret; it was shown once."""
    return _with_secret(services().clients.get(caller(), client), None)


@blp.route("")
class Clients(MethodView):
    """The collection."""

    @operation(blp, "listClients", permission=Permission.CLIENTS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, ClientPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the clients of your reseller and of those below."""
        limit = query["limit"]
        found = services().clients.page(caller(), paging.position(query) or "", limit + 1)
        return paging.page(*paging.cut(found, limit))

    @operation(
        blp,
        "createClient",
        permission=Permission.CLIENTS_CREATE,
        errors=(404, 409),
        again=made,
    )
    @blp.arguments(ClientCreateSchema, example={"name": "Billing", "roles": ["billing"]})
    @blp.response(201, ClientSecretSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Make a client; the answer shows its secret this once."""
        made, secret = services().clients.create(caller(), NewClient(**body))
        headers = {"ETag": tag_of(made), "Location": f"/clients/{made.id}"}
        return _with_secret(made, secret), headers


@blp.route("/<cli:client>")
class OneClient(MethodView):
    """One client."""

    @operation(blp, "getClient", permission=Permission.CLIENTS_READ)
    @blp.response(200, ClientSchema, headers={"ETag": "ETag"})
    def get(self, client: str) -> tuple[Client, dict[str, str]]:
        """Show a client."""
        found = services().clients.get(caller(), client)
        return found, {"ETag": tag_of(found)}

    @operation(
        blp,
        "updateClient",
        permission=Permission.CLIENTS_UPDATE,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.arguments(ClientPatchSchema, example={"roles": ["support"], "expireTime": None})
    @blp.response(200, ClientSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], client: str) -> tuple[Client, dict[str, str]]:
        """Change a client; it cannot be given more than you have."""
        etags.check_if_match(tag_of(services().clients.get(caller(), client)))
        changed = services().clients.change(caller(), client, body)
        return changed, {"ETag": tag_of(changed)}

    @operation(blp, "deleteClient", permission=Permission.CLIENTS_DELETE, errors=(409,))
    @blp.response(NO_CONTENT)
    def delete(self, client: str) -> None:
        """Delete a client; its tokens are refused from now on."""
        services().clients.remove(caller(), client)


@blp.route("/<cli:client>/rotate-secret")
class ClientSecretRotation(MethodView):
    """A further secret."""

    @operation(blp, "rotateClientSecret", permission=Permission.CLIENTS_UPDATE, again=rotated)
    @blp.response(200, ClientSecretSchema)
    def post(self, client: str) -> dict[str, Any]:
        """Make a new secret; the one before stays good, so that you can switch over."""
        return _with_secret(*services().clients.rotate(caller(), client))
