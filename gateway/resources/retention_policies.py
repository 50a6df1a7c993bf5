"""Retention policies of an instance: after which time mail is deleted.

SPE documents no shape for them, so they pass as they are.
"""

from typing import Any, ClassVar

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.errors import ReplyInvalid
from gateway.model import Operation
from gateway.spe.commands.retention_policies import (
    GET_RETENTION_POLICIES,
    PROCESS_RETENTION_POLICIES,
    SET_RETENTION_POLICIES,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, services, tagged, versioned
from gateway.web.fields import AnyValue, Flag, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "retention-policies",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/retention-policies",
)


class Policies(AnyValue):
    """An array, or an object: the deployment decides."""

    sentences: ClassVar[dict[str, str]] = {"wrong_type": "This must be an array or an object."}

    def _deserialize(self, value: object, *_: object, **__: object) -> list[Any] | dict[str, Any]:
        if not isinstance(value, list | dict):
            raise self.make_error("wrong_type")
        return value

    def openapi(self) -> dict[str, Any]:
        """Return that it is one of the two."""
        return {"type": ["array", "object"]}


class RetentionPoliciesSchema(Schema):
    """All policies together."""

    policies = Policies(
        "An array, or an object where the deployment answers one, with what SPE's own client "
        "put into it: read it, change it, send it back.",
        required=True,
    )


class RetentionProcessingSchema(Schema):
    """How the deletion of expired mail ended."""

    finished = Flag("Always true: it ran to its end.", required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


def shape(found: Operation) -> dict[str, Any]:
    """Return what was read last.

    Raises:
        ReplyInvalid: it is neither an array nor an object.
    """
    policies = found.steps[-1].result
    if not isinstance(policies, list | dict):
        raise ReplyInvalid("The deployment's answer is neither an array nor an object.")
    return {"policies": policies}


def processed_shape(found: Operation) -> dict[str, Any]:
    """Return the end of a processing."""
    return {"finished": True, "log": found.log}


@blp.route("")
class RetentionPolicies(MethodView):
    """The policies."""

    @operation(
        blp,
        "getRetentionPolicies",
        permission=Permission.RETENTION_POLICIES_READ,
        commands=(GET_RETENTION_POLICIES,),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, RetentionPoliciesSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show the retention policies."""
        wish = Invocation(GET_RETENTION_POLICIES)
        context = versioned(GET_RETENTION_POLICIES, None)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "setRetentionPolicies",
        permission=Permission.RETENTION_POLICIES_UPDATE,
        commands=(GET_RETENTION_POLICIES, SET_RETENTION_POLICIES),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=shape,
    )
    @blp.arguments(RetentionPoliciesSchema, example={"policies": []})
    @blp.response(200, RetentionPoliciesSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Replace all retention policies."""
        config = body["policies"]
        wishes = [
            Invocation(GET_RETENTION_POLICIES),
            Invocation(SET_RETENTION_POLICIES, {"config": config}, prepare="require-version"),
            Invocation(GET_RETENTION_POLICIES),
        ]
        context = versioned(GET_RETENTION_POLICIES, None)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))


@blp.route("/process")
class RetentionProcessing(MethodView):
    """The deletion of what has expired."""

    @operation(
        blp,
        "processRetentionPolicies",
        permission=Permission.RETENTION_POLICIES_RUN,
        commands=(PROCESS_RETENTION_POLICIES,),
        asynchronous=True,
        errors=(409,),
        shape=processed_shape,
    )
    @blp.response(200, RetentionProcessingSchema)
    def post(self, instance: str) -> Response:
        """Delete the mail whose time has come; not while legal hold is on."""
        wish = Invocation(PROCESS_RETENTION_POLICIES)
        return answer(services().broker.call(caller(), instance, [wish]))
