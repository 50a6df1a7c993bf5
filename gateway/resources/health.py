"""Whether the gateway lives, and whether it can serve."""

from flask.views import MethodView

from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint("health", __name__, description=__doc__)


class HealthSchema(Schema):
    """The verdict."""

    status = Choice(("ok",), "`ok`.", required=True, dump_only=True)


@blp.route("/healthz")
class Alive(MethodView):
    """The process."""

    @operation(blp, "getHealth", permission=None, public=True)
    @blp.response(200, HealthSchema)
    def get(self) -> dict[str, str]:
        """Say that the process lives; looks at nothing else."""
        return {"status": "ok"}


@blp.route("/readyz")
class Ready(MethodView):
    """The process and what it depends on."""

    @operation(blp, "getReadiness", permission=None, public=True, errors=(503,))
    @blp.response(200, HealthSchema)
    def get(self) -> dict[str, str]:
        """Say that the database can be reached and the process stays; 503 when not."""
        services().broker.ledger.departure.require_staying()
        services().database.check()
        return {"status": "ok"}
