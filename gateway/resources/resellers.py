"""Resellers: a tree whose root are the operators. Each sees itself and what is below."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from gateway.access.permissions import ROLES, Permission
from gateway.broker.resellers import NewReseller
from gateway.model import Reseller
from gateway.resources.quotas import QuotaLimitsSchema
from gateway.web import etags, paging
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, services
from gateway.web.fields import Choice, Flag, Id, ListOf, Part, Text, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("resellers", __name__, description=__doc__, url_prefix="/resellers")

WRITABLE = ("name", "external_id", "deployments", "roles", "disabled_permissions")
NAMES = tuple(ROLES)


class ResellerSchema(Schema):
    """A node of the tree."""

    id = Id("res", "Opaque id.", required=True, dump_only=True)
    name = Text("Its name.", required=True, dump_only=True)
    parent = Id("res", "The one above; null for the root.", allow_none=True, dump_only=True)
    external_id = Text("Its id in your own system.", allow_none=True, dump_only=True)
    deployments = ListOf(
        Id("dep"),
        "The deployments that its instances may be placed on; null for all.",
        allow_none=True,
        dump_only=True,
    )
    roles = ListOf(
        Choice(NAMES),
        "Its clients, and those of all below it, hold at most what these roles grant together; "
        "null for whatever the one above it may hold.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    disabled_permissions = ListOf(
        Choice(tuple(Permission)),
        "Taken away from its clients and from those of all below it.",
        required=True,
        dump_only=True,
    )
    quotas = Part(
        QuotaLimitsSchema,
        "Its own limits; see `GET /resellers/{reseller}/quotas` for use and for those above.",
        required=True,
        dump_only=True,
    )
    suspended = Flag(
        "Whether it, or one above it, is suspended: its clients may do nothing then.",
        required=True,
        dump_only=True,
    )
    suspend_time = Time(
        "When it was suspended itself; null when it is not.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    create_time = Time("When it was made.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)


class ResellerCreateSchema(Schema):
    """A reseller to be made."""

    name = Text("Its name.", max_length=200, required=True)
    parent = Id("res", "The one above; by default your own.")
    external_id = Text("Its id in your own system.", max_length=200)
    deployments = ListOf(
        Id("dep"), "The deployments that its instances may be placed on; left out for all."
    )
    roles = ListOf(
        Choice(NAMES),
        "Its clients, and those of all below it, hold at most what these roles grant together; "
        "left out for whatever the one above it may hold.",
    )
    disabled_permissions = ListOf(
        Choice(tuple(Permission)),
        "Taken away from its clients and from those of all below it.",
        load_default=[],
    )
    quotas = Part(
        QuotaLimitsSchema,
        "What it and all below it may have together; later by `PUT /resellers/{reseller}/quotas`.",
    )


class ResellerPatchSchema(Schema):
    """What changes of a reseller; what is left out stays."""

    name = Text("Its new name.", max_length=200)
    external_id = Text("Its id in your own system.", max_length=200, allow_none=True)
    deployments = ListOf(
        Id("dep"),
        "The deployments that its instances may be placed on; null for all.",
        allow_none=True,
    )
    roles = ListOf(
        Choice(NAMES),
        "Its clients, and those of all below it, hold at most what these roles grant together; "
        "null for whatever the one above it may hold.",
        allow_none=True,
    )
    disabled_permissions = ListOf(
        Choice(tuple(Permission)), "Taken away from its clients and from those of all below it."
    )


ResellerPage = page_of(ResellerSchema)


def tag_of(found: Reseller) -> str:
    """Return the entity tag: over what can be written."""
    whole = asdict(found)
    return etags.etag_of({name: whole[name] for name in WRITABLE})


def views(found: Sequence[Reseller]) -> list[dict[str, Any]]:
    """Return what the schema dumps of each."""
    suspended = services().resellers.suspended(caller(), found)
    limits = services().quotas.limits(found)
    return [
        vars(each) | {"suspended": each.id in suspended, "quotas": limits[each.id]}
        for each in found
    ]


def tagged(found: Reseller) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what the schema dumps, and the entity tag."""
    return views([found])[0], {"ETag": tag_of(found)}


@blp.response(201, ResellerSchema)
def made(reseller: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer with a reseller that was made, and where it is."""
    shown, headers = tagged(services().resellers.get(caller(), reseller))
    return shown, {**headers, "Location": f"/resellers/{reseller}"}


@blp.response(200, ResellerSchema)
def again(reseller: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer with a reseller as it is now."""
    return tagged(services().resellers.get(caller(), reseller))


@blp.route("")
class Resellers(MethodView):
    """The collection."""

    @operation(blp, "listResellers", permission=Permission.RESELLERS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, ResellerPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List your own reseller and those below."""
        limit = query["limit"]
        after = paging.position(query) or ""
        found, more = paging.cut(services().resellers.page(caller(), after, limit + 1), limit)
        return paging.page(views(found), more)

    @operation(
        blp,
        "createReseller",
        permission=Permission.RESELLERS_CREATE,
        errors=(404, 409),
        again=made,
    )
    @blp.arguments(
        ResellerCreateSchema, example={"name": "Example Hosting", "externalId": "R-1042"}
    )
    @blp.response(201, ResellerSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Make a reseller below your own, or below another that you reach.

        It cannot be let hold more than you could grant.
        """
        new = services().resellers.create(caller(), NewReseller(**body))
        shown, headers = tagged(new)
        return shown, {**headers, "Location": f"/resellers/{new.id}"}


@blp.route("/<res:reseller>")
class OneReseller(MethodView):
    """One reseller."""

    @operation(blp, "getReseller", permission=Permission.RESELLERS_READ)
    @blp.response(200, ResellerSchema, headers={"ETag": "ETag"})
    def get(self, reseller: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Show a reseller."""
        return tagged(services().resellers.get(caller(), reseller))

    @operation(
        blp,
        "updateReseller",
        permission=Permission.RESELLERS_UPDATE,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.arguments(ResellerPatchSchema, example={"name": "Example Hosting Ltd"})
    @blp.response(200, ResellerSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], reseller: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Change a reseller below your own. Narrower bounds are felt by the next request.

        It cannot be let hold more than you could grant.
        """
        changed = services().resellers.change(
            caller(), reseller, body, lambda found: etags.check_if_match(tag_of(found))
        )
        return tagged(changed)

    @operation(blp, "deleteReseller", permission=Permission.RESELLERS_DELETE, errors=(409,))
    @blp.response(NO_CONTENT)
    def delete(self, reseller: str) -> None:
        """Delete a reseller that has no clients, no instances and none below it."""
        services().resellers.remove(caller(), reseller)


@blp.route("/<res:reseller>/suspend")
class ResellerSuspension(MethodView):
    """The suspension."""

    @operation(
        blp,
        "suspendReseller",
        permission=Permission.RESELLERS_UPDATE,
        errors=(409,),
        again=again,
    )
    @blp.response(200, ResellerSchema, headers={"ETag": "ETag"})
    def post(self, reseller: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Suspend a reseller below your own, with all below it.

        Their clients get 403 `RESELLER_SUSPENDED` for everything but `GET /me`. What of their
        operations is not sent yet is not sent; what is sent is tracked to its end. Instances run
        on, and you still manage them.
        """
        return tagged(services().resellers.suspend(caller(), reseller))


@blp.route("/<res:reseller>/resume")
class ResellerResumption(MethodView):
    """The end of the suspension."""

    @operation(
        blp,
        "resumeReseller",
        permission=Permission.RESELLERS_UPDATE,
        errors=(409,),
        again=again,
    )
    @blp.response(200, ResellerSchema, headers={"ETag": "ETag"})
    def post(self, reseller: str) -> tuple[dict[str, Any], dict[str, str]]:
        """End a suspension. A reseller below one that is suspended stays suspended."""
        return tagged(services().resellers.resume(caller(), reseller))
