"""Whether an instance can archive now."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.profiles import CAN_RUN_ARCHIVE_PROFILES
from gateway.web.api import Blueprint
from gateway.web.door import answer, services
from gateway.web.fields import Flag
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "archiving-readiness",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/archiving-readiness",
)


class ArchivingReadinessSchema(Schema):
    """Whether archiving profiles can run."""

    ready = Flag("Whether there is a store that takes messages.", required=True, dump_only=True)


def shape(found: Operation) -> dict[str, Any]:
    """Return the verdict, which SPE wraps into an object."""
    result = found.steps[-1].result
    return {"ready": bool(result.get("value") if isinstance(result, dict) else result)}


@blp.route("")
class ArchivingReadiness(MethodView):
    """The verdict."""

    @operation(
        blp,
        "getArchivingReadiness",
        permission=Permission.PROFILES_READ,
        commands=(CAN_RUN_ARCHIVE_PROFILES,),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, ArchivingReadinessSchema)
    def get(self, instance: str) -> Response:
        """Show whether archiving profiles can run now."""
        wish = Invocation(CAN_RUN_ARCHIVE_PROFILES)
        return answer(services().broker.call(caller(), instance, [wish]))
