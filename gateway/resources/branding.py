"""The look of a deployment's web access. For operators."""

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.spe.commands.branding import RELOAD_BRANDING
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, services
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "branding", __name__, description=__doc__, url_prefix="/deployments/<dep:deployment>/branding"
)


@blp.route("/reload")
class BrandingReload(MethodView):
    """Read from disk again."""

    @operation(
        blp,
        "reloadBranding",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=(RELOAD_BRANDING,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def post(self, deployment: str) -> Response:
        """Let SPE read its branding from disk again."""
        wish = Invocation(RELOAD_BRANDING)
        found = services().broker.call_deployment(caller(), deployment, [wish])
        return answer(found, NO_CONTENT)
