"""Where to begin: what answers here, and where its documents are.

Nothing tells which version runs: that is nobody's business who has no token.
"""

from typing import Final

from flask.views import MethodView

from gateway.web.api import Blueprint
from gateway.web.fields import Text
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint("service", __name__, description=__doc__)

LINKS: Final = {
    "documentation": "/docs",
    "contract": "/openapi.json",
    "authorization_server": "/.well-known/oauth-authorization-server",
    "health": "/healthz",
    "readiness": "/readyz",
}


class ServiceSchema(Schema):
    """What answers here; the links are paths of this gateway."""

    name = Text("`spe-gateway`.", required=True, dump_only=True)
    documentation = Text("The reference page.", required=True, dump_only=True)
    contract = Text("The OpenAPI document.", required=True, dump_only=True)
    authorization_server = Text("Where tokens come from.", required=True, dump_only=True)
    health = Text("Whether the process lives.", required=True, dump_only=True)
    readiness = Text("Whether it can serve.", required=True, dump_only=True)


@blp.route("/")
class Service(MethodView):
    """The gateway itself."""

    @operation(blp, "getService", permission=None, public=True)
    @blp.response(200, ServiceSchema)
    def get(self) -> dict[str, str]:
        """Say what answers here, and where its documents are."""
        return {"name": "spe-gateway", **LINKS}
