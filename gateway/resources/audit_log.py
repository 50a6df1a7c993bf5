"""The audit log: who did what to which object, through which commands, and how it ended.

Each reseller has a chain of its own: what was done to its objects, whoever did it, and what its
clients were refused. Rows have a number without gaps and a hash over the row before; the gateway's
`audit verify` walks them. A row appears within seconds of what it tells.
"""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.storage.audit_log import FILTERS, Entry, Wanted
from gateway.tenancy.audit import NAMED, Phase
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice, Id, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("audit-log", __name__, description=__doc__, url_prefix="/audit-log")

MAX_OBJECT = 2048


class AuditActorSchema(Schema):
    """Who acted. What was done on the host itself, as a restore, has no client."""

    client = Id("cli", "The API client.", dump_only=True)
    reseller = Id("res", "The reseller of that client.", dump_only=True)
    token = Text(
        "The `jti` of its token; for readers of its own reseller and operators.", dump_only=True
    )
    address = Text(
        "Where it called from; for readers of its own reseller and operators.", dump_only=True
    )
    on_behalf_of = Text("The end user that it named.", dump_only=True)


class AuditEvidenceSchema(Schema):
    """How the end of a command is known."""

    command = Text("The Management API command.", required=True, dump_only=True)
    evidence = Text(
        "`answer`: SPE said so; `read`: seen by reading; else the code of an error passed over.",
        required=True,
        dump_only=True,
    )


class AuditTokenSchema(Schema):
    """How an access token came about, and what it is worth."""

    grant = Text("`client_credentials` or `token-exchange`.", required=True, dump_only=True)
    authentication = Text(
        "How the client proved who it is: `client_secret_basic`, `client_secret_post` or "
        "`private_key_jwt`.",
        required=True,
        dump_only=True,
    )
    scopes = Whole("How many permissions it names.", required=True, dump_only=True)
    instances = Whole(
        "How many instances it is narrowed to; left out for all that the client sees.",
        dump_only=True,
    )


class AuditEntrySchema(Schema):
    """A row of the audit log."""

    id = Id("aud", "Opaque id.", required=True, dump_only=True)
    reseller = Id("res", "Whose chain it is in.", required=True, dump_only=True)
    number = Whole("Its place in that chain, from 1.", required=True, dump_only=True)
    hash = Text(
        "SHA-256 over the hash of the row before and this row.", required=True, dump_only=True
    )
    create_time = Time("When it happened.", required=True, dump_only=True)
    phase = Choice(
        tuple(Phase),
        "`intent` before a command is sent and `outcome` after; `done` for a change of the "
        "gateway's own state; `refused`; `disclosed` when a secret was handed out; `issued` when "
        "an access token was.",
        required=True,
        dump_only=True,
    )
    actor = Part(AuditActorSchema, "Who acted.", required=True, dump_only=True)
    request_id = Text("`X-Request-Id` of the call.", dump_only=True)
    method = Text("The HTTP method of the call.", dump_only=True)
    path = Text(
        "The path of the call, with its ids and names and without its query: which user, store, "
        "folder or job it was about.",
        dump_only=True,
    )
    action = Text("The operationId of the call.", required=True, dump_only=True)
    object = Text(
        "What it was about: an opaque id; of a token its `jti`. What was refused before it was "
        "made is told of the reseller that it was for.",
        dump_only=True,
    )
    instance = Id("ins", "The instance.", dump_only=True)
    deployment = Id("dep", "The deployment.", dump_only=True)
    operation = Id("op", "The operation.", dump_only=True)
    commands = ListOf(Text("A command."), "Sent, or to be sent.", dump_only=True)
    changed = ListOf(
        Text("A field."), "What was changed, without values.", data_key="fields", dump_only=True
    )
    status = Text("How the operation ended.", dump_only=True)
    problem = Text("The code of the error.", dump_only=True)
    permission = Text("The permission that was missing.", dump_only=True)
    evidence = ListOf(Part(AuditEvidenceSchema), "How that is known.", dump_only=True)
    token = Part(AuditTokenSchema, "Of a token that was issued.", dump_only=True)
    clients_deleted = ListOf(
        Id("cli"), f"By a restore, again; {NAMED} at most are named.", dump_only=True
    )
    clients_disabled = ListOf(
        Id("cli"), f"By a restore; {NAMED} at most are named.", dump_only=True
    )
    clients_omitted = Whole("How many such clients are not named.", dump_only=True)


AuditEntryPage = page_of(AuditEntrySchema)


class AuditLogQuery(Paging):
    """Which rows."""

    reseller = Id("res", "Only this chain.")
    client = Id("cli", "Only what this client did.")
    object = Text("Only about this object.", max_length=MAX_OBJECT)
    operation = Id("op", "Only of this operation.")
    action = Text("Only calls of this operationId.", max_length=60)
    phase = Choice(tuple(Phase), "Only this phase.")
    since = Time("Not before this time.")
    until = Time("Before this time.")


KEYS = {
    "requestId": "request_id",
    "fields": "changed",
    "clientsDeleted": "clients_deleted",
    "clientsDisabled": "clients_disabled",
    "clientsOmitted": "clients_omitted",
}


@blp.route("")
class AuditLog(MethodView):
    """The collection."""

    @operation(blp, "listAuditLog", permission=Permission.AUDIT_READ, errors=(404,))
    @blp.arguments(AuditLogQuery, location="query")
    @blp.response(200, AuditEntryPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the rows of your own chain and of those below, the last numbered first.

        In each chain `number` falls from row to row; rows of several chains stand in the order in
        which they were numbered. `createTime` need not fall: it is the time of the change, and a
        row is numbered after that, when its transaction has ended.

        A client that is restricted to instances sees the rows about these.
        """
        members = {name: query[name] for name in FILTERS if name in query}
        wanted = Wanted(members, query.get("reseller", ""), query.get("since"), query.get("until"))
        limit, before = query["limit"], paging.position(query) or ""
        found = services().audit_log.page(caller(), wanted, before, limit + 1)
        more = found[limit - 1].id if len(found) > limit else None
        return paging.page([_values(entry) for entry in found[:limit]], more)


def _values(entry: Entry) -> dict[str, Any]:
    told = {KEYS.get(name, name): value for name, value in entry.payload.items()}
    return vars(entry) | told | {"actor": _actor(entry)}


def _actor(entry: Entry) -> dict[str, Any]:
    """Return who acted; from where and with which token is for its own people."""
    actor = dict(entry.payload.get("actor", {}))
    reader = caller().principal
    own = actor.get("reseller") in {reader.reseller, entry.reseller}
    if not (own or reader.is_operator):
        actor.pop("token", None)
        actor.pop("address", None)
    return {**actor, "on_behalf_of": actor["onBehalfOf"]} if "onBehalfOf" in actor else actor
