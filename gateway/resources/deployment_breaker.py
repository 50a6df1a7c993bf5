"""The breaker of a deployment, which keeps calls from a line that is broken. For operators."""

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.breakers import Reading
from gateway.resources.deployment_schemas import BreakerSchema
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "deployment-breaker",
    __name__,
    description=__doc__,
    url_prefix="/deployments/<dep:deployment>",
)


@blp.response(200, BreakerSchema)
def again(deployment: str) -> Reading:
    """Answer with the breaker as it is now."""
    found = services().deployments.get(caller(), deployment)
    return services().deployment_breakers.read(found)


@blp.route("/reset-breaker")
class BreakerReset(MethodView):
    """Calls on again."""

    @operation(blp, "resetDeploymentBreaker", permission=Permission.DEPLOYMENTS_UPDATE, again=again)
    @blp.response(200, BreakerSchema)
    def post(self, deployment: str) -> Reading:
        """Close the breaker at once, and let refused logins be tried again; nothing is sent.

        It is of use when you know that the deployment is back, or its password is right, and do
        not want to wait for the next attempt.
        """
        return services().deployment_breakers.reset(caller(), deployment)
