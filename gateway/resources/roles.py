"""Roles: named sets of permissions."""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import ROLES, ROOT_ONLY, Permission
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.fields import Choice, Flag, ListOf, Text
from gateway.web.operation import ANY, operation
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("roles", __name__, description=__doc__, url_prefix="/roles")


class RoleSchema(Schema):
    """A role."""

    name = Text("Its name, in `roles` of clients and resellers.", required=True, dump_only=True)
    operators_only = Flag(
        "Whether it holds a permission that has no effect but for operators.",
        required=True,
        dump_only=True,
    )
    permissions = ListOf(
        Choice(tuple(Permission)), "What it grants.", required=True, dump_only=True
    )


RolePage = page_of(RoleSchema)


@blp.route("")
class Roles(MethodView):
    """The collection."""

    @operation(blp, "listRoles", permission=ANY)
    @blp.arguments(Paging, location="query")
    @blp.response(200, RolePage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the roles, in the order of their names."""
        after = paging.position(query) or ""
        rest = [name for name in sorted(ROLES) if name > after]
        found, more = paging.cut(rest, query["limit"], key=str)
        return paging.page([_role(name) for name in found], more)


def _role(name: str) -> dict[str, Any]:
    granted = ROLES[name]
    return {
        "name": name,
        "operators_only": bool(granted & ROOT_ONLY),
        "permissions": sorted(granted),
    }
