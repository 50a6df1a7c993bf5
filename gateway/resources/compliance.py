"""Compliance settings of an instance, legal hold among them."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.compliance import (
    GET_COMPLIANCE_CONFIGURATION,
    SET_COMPLIANCE_CONFIGURATION,
)
from gateway.web.api import Blueprint
from gateway.web.door import named, object_of, services, shown, tagged, versioned
from gateway.web.fields import Flag, ListOf, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "compliance", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/compliance"
)

MEMBERS = {
    "admin_email_preview_enabled": "adminEmailPreviewEnabled",
    "legal_hold_enabled": "legalHoldEnabled",
    "log_successful_user_activities": "logSuccessfulUserActivities",
}


class ComplianceSchema(Schema):
    """What may be done with archived mail, and what is logged."""

    legal_hold_enabled = Flag(
        "Whether nothing archived may be deleted, by whomever.", required=True
    )
    log_successful_user_activities = ListOf(
        Text(pattern="[A-Za-z][A-Za-z0-9]*", max_length=64),
        "Names of the activities that are logged also when they succeed.",
        required=True,
    )
    admin_email_preview_enabled = Flag(
        "Whether administrators may read mail; older versions of SPE lack it. What is left out "
        "stays."
    )


def shape(found: Operation) -> dict[str, Any]:
    """Return what was read last."""
    return shown(ComplianceSchema, object_of(found.steps[-1].result))


@blp.route("")
class Compliance(MethodView):
    """The settings."""

    @operation(
        blp,
        "getCompliance",
        permission=Permission.COMPLIANCE_READ,
        commands=(GET_COMPLIANCE_CONFIGURATION,),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, ComplianceSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show the compliance settings."""
        wish = Invocation(GET_COMPLIANCE_CONFIGURATION)
        context = versioned(GET_COMPLIANCE_CONFIGURATION, None)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "setCompliance",
        permission=Permission.COMPLIANCE_UPDATE,
        commands=(GET_COMPLIANCE_CONFIGURATION, SET_COMPLIANCE_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=shape,
    )
    @blp.arguments(
        ComplianceSchema,
        example={"legalHoldEnabled": True, "logSuccessfulUserActivities": ["UserAdd"]},
    )
    @blp.response(200, ComplianceSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Replace the compliance settings."""
        config = named(MEMBERS, body)
        wishes = [
            Invocation(GET_COMPLIANCE_CONFIGURATION),
            Invocation(
                SET_COMPLIANCE_CONFIGURATION, {"config": config}, prepare="replace-settings"
            ),
            Invocation(GET_COMPLIANCE_CONFIGURATION),
        ]
        context = versioned(GET_COMPLIANCE_CONFIGURATION, None)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))
