"""API clients of a reseller. A secret is shown once, when it is made."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from gateway.access.permissions import ROLES, Permission
from gateway.broker.clients import NewClient
from gateway.model import Client
from gateway.web import etags, paging
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, services
from gateway.web.fields import Choice, Flag, Id, ListOf, Text, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("clients", __name__, description=__doc__, url_prefix="/clients")

WRITABLE = ("name", "roles", "permissions", "instances", "disabled", "expire_time")


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
    expire_time = Time("When it ends.", allow_none=True, dump_only=True)
    create_time = Time("When it was made.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)


class ClientSecretSchema(ClientSchema):
    """An API client with a new secret, which is shown this once."""

    client_id = Id("cli", "For the token endpoint.", required=True, dump_only=True)
    client_secret = Text("For the token endpoint; keep it.", required=True, dump_only=True)


class ClientCreateSchema(Schema):
    """A client to be made; it cannot be given more than you have."""

    name = Text("Its name.", max_length=200, required=True)
    reseller = Id("res", "Whose it is; by default your own.")
    roles = ListOf(Choice(tuple(ROLES)), "Named sets of permissions.", load_default=[])
    permissions = ListOf(Choice(tuple(Permission)), "Further ones.", load_default=[])
    instances = ListOf(Id("ins"), "The only ones that it sees; left out for all.")
    expire_time = Time("When it ends; left out for never.")


class ClientPatchSchema(Schema):
    """What changes of a client; what is left out stays."""

    name = Text("Its new name.", max_length=200)
    roles = ListOf(Choice(tuple(ROLES)), "Named sets of permissions.")
    permissions = ListOf(Choice(tuple(Permission)), "Further ones.")
    instances = ListOf(Id("ins"), "The only ones that it sees; null for all.", allow_none=True)
    disabled = Flag("Whether it is refused.")
    expire_time = Time("When it ends; null for never.", allow_none=True)


ClientPage = page_of(ClientSchema)


def tag_of(found: Client) -> str:
    """Return the entity tag: over what can be written."""
    whole = asdict(found)
    whole["expire_time"] = found.expire_time.isoformat() if found.expire_time else None
    return etags.etag_of({name: whole[name] for name in WRITABLE})


def _with_secret(made: Client, secret: str) -> dict[str, Any]:
    return vars(made) | {"client_id": made.id, "client_secret": secret}


@blp.route("")
class Clients(MethodView):
    """The collection."""

    @operation(blp, "listClients", permission=Permission.CLIENTS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, ClientPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the clients of your reseller and of those below."""
        limit = query["limit"]
        found = services().clients.page(caller(), paging.position(query) or "", limit + 1)
        more = found[limit - 1].id if len(found) > limit else None
        return paging.page(found[:limit], more)

    @operation(blp, "createClient", permission=Permission.CLIENTS_CREATE, errors=(404, 409))
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

    @operation(blp, "rotateClientSecret", permission=Permission.CLIENTS_UPDATE)
    @blp.response(200, ClientSecretSchema)
    def post(self, client: str) -> dict[str, Any]:
        """Make a new secret; the one before stays good, so that you can switch over."""
        return _with_secret(*services().clients.rotate(caller(), client))
