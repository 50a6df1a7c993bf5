"""Resellers: a tree whose root are the operators. Each sees itself and what is below."""

from dataclasses import asdict
from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.model import Reseller
from gateway.web import etags, paging
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, services
from gateway.web.fields import Id, ListOf, Text, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("resellers", __name__, description=__doc__, url_prefix="/resellers")

WRITABLE = ("name", "external_id", "deployments")


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


class ResellerPatchSchema(Schema):
    """What changes of a reseller; what is left out stays."""

    name = Text("Its new name.", max_length=200)
    external_id = Text("Its id in your own system.", max_length=200, allow_none=True)
    deployments = ListOf(
        Id("dep"),
        "The deployments that its instances may be placed on; null for all.",
        allow_none=True,
    )


ResellerPage = page_of(ResellerSchema)


def tag_of(found: Reseller) -> str:
    """Return the entity tag: over what can be written."""
    whole = asdict(found)
    return etags.etag_of({name: whole[name] for name in WRITABLE})


@blp.route("")
class Resellers(MethodView):
    """The collection."""

    @operation(blp, "listResellers", permission=Permission.RESELLERS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, ResellerPage)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List your own reseller and those below."""
        limit = query["limit"]
        after = paging.position(query) or ""
        found = services().resellers.page(caller(), after, limit + 1)
        more = found[limit - 1].id if len(found) > limit else None
        return paging.page(found[:limit], more)

    @operation(blp, "createReseller", permission=Permission.RESELLERS_CREATE, errors=(404, 409))
    @blp.arguments(
        ResellerCreateSchema, example={"name": "Example Hosting", "externalId": "R-1042"}
    )
    @blp.response(201, ResellerSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any]) -> tuple[Reseller, dict[str, str]]:
        """Make a reseller below your own, or below another that you reach."""
        made = services().resellers.create(
            caller(),
            body["name"],
            body.get("parent"),
            body.get("external_id"),
            body.get("deployments"),
        )
        return made, {"ETag": tag_of(made), "Location": f"/resellers/{made.id}"}


@blp.route("/<res:reseller>")
class OneReseller(MethodView):
    """One reseller."""

    @operation(blp, "getReseller", permission=Permission.RESELLERS_READ)
    @blp.response(200, ResellerSchema, headers={"ETag": "ETag"})
    def get(self, reseller: str) -> tuple[Reseller, dict[str, str]]:
        """Show a reseller."""
        found = services().resellers.get(caller(), reseller)
        return found, {"ETag": tag_of(found)}

    @operation(
        blp,
        "updateReseller",
        permission=Permission.RESELLERS_UPDATE,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.arguments(ResellerPatchSchema, example={"name": "Example Hosting Ltd"})
    @blp.response(200, ResellerSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], reseller: str) -> tuple[Reseller, dict[str, str]]:
        """Change a reseller below your own."""
        etags.check_if_match(tag_of(services().resellers.get(caller(), reseller)))
        changed = services().resellers.change(caller(), reseller, body)
        return changed, {"ETag": tag_of(changed)}

    @operation(blp, "deleteReseller", permission=Permission.RESELLERS_DELETE, errors=(409,))
    @blp.response(NO_CONTENT)
    def delete(self, reseller: str) -> None:
        """Delete a reseller that has no clients, no instances and none below it."""
        services().resellers.remove(caller(), reseller)
