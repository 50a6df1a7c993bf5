"""Who am I: the client, its reseller and its permissions in effect."""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import ROLES, Permission
from gateway.resources.quotas import QuotasSchema
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice, Flag, Id, ListOf, Part, Text
from gateway.web.hooks import caller
from gateway.web.operation import ANY, operation
from gateway.web.schemas import Schema

blp = Blueprint("me", __name__, description=__doc__, url_prefix="/me")


class MeSchema(Schema):
    """The client that calls."""

    client = Id("cli", "The client.", required=True, dump_only=True)
    reseller = Id("res", "Its reseller.", required=True, dump_only=True)
    reseller_name = Text("The name of that.", required=True, dump_only=True)
    suspended = Flag(
        "Whether its reseller, or one above it, is suspended: this is all that it may call then.",
        required=True,
        dump_only=True,
    )
    is_operator = Flag("Whether it belongs to the root.", required=True, dump_only=True)
    roles = ListOf(
        Choice(tuple(ROLES)),
        "The roles of the client, whatever the token: what it may do is in `permissions`.",
        required=True,
        dump_only=True,
    )
    narrowed = Flag(
        "Whether the token allows less than the client could do: `permissions` and `instances` "
        "are those of the token.",
        required=True,
        dump_only=True,
    )
    permissions = ListOf(
        Choice(tuple(Permission)),
        "In effect: roles and grants, within the bounds of its reseller and of all above that, "
        "and within the token's scope.",
        required=True,
        dump_only=True,
    )
    instances = ListOf(
        Id("ins"), "The only ones that are seen; null for all.", allow_none=True, dump_only=True
    )
    quotas = Part(
        QuotasSchema,
        "Limits and use of its reseller; null for a client that sees single instances only.",
        required=True,
        allow_none=True,
        dump_only=True,
    )


@blp.route("")
class Me(MethodView):
    """The caller."""

    @operation(blp, "getMe", permission=ANY, while_suspended=True)
    @blp.response(200, MeSchema)
    def get(self) -> dict[str, Any]:
        """Show who you are and what you may do."""
        principal = caller().principal
        only = principal.reach.instances
        return {
            "client": principal.client,
            "reseller": principal.reseller,
            "reseller_name": principal.reseller_name,
            "suspended": principal.is_suspended,
            "is_operator": principal.is_operator,
            "roles": principal.roles,
            "narrowed": principal.is_narrowed,
            "permissions": sorted(principal.permissions),
            "instances": None if only is None else sorted(only),
            "quotas": services().quotas.own(caller()),
        }
