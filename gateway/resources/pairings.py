"""Pairings: how the management server comes to trust another server. For operators."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.resources.host_schemas import PairingSchema
from gateway.spe.commands.pairing import PAIR_WITH_MANAGEMENT_SERVER
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, services
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "pairings", __name__, description=__doc__, url_prefix="/deployments/<dep:deployment>/pairings"
)


@blp.route("")
class Pairings(MethodView):
    """What is paired."""

    @operation(
        blp,
        "createPairing",
        permission=Permission.HOSTS_CREATE,
        commands=(PAIR_WITH_MANAGEMENT_SERVER,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.arguments(
        PairingSchema,
        example={
            "serverType": "instanceHost",
            "serverName": "host3.example.com",
            "port": 8472,
            "thumbprint": "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527",
        },
    )
    @blp.response(204)
    def post(self, body: dict[str, Any], deployment: str) -> Response:
        """Pair a server with the management server; compare the thumbprint at the server."""
        arguments = {
            "serverType": body["server_type"],
            "serverName": body["server_name"],
            "port": body["port"],
            "thumbprint": body["thumbprint"],
        }
        wish = Invocation(PAIR_WITH_MANAGEMENT_SERVER, arguments)
        found = services().broker.call_deployment(caller(), deployment, [wish])
        return answer(found, NO_CONTENT)
