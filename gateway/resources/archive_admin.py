"""Service provider access of an instance: the customer's consent, switched explicitly."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.spe.commands.archive_admin import (
    CREATE_CLIENT_ONE_TIME_URL_FOR_ARCHIVE_ADMIN,
    GET_ARCHIVE_ADMIN_ENABLED,
    SET_ARCHIVE_ADMIN_ENABLED,
)
from gateway.web.api import Blueprint
from gateway.web.door import answer, object_of, services
from gateway.web.fields import Flag, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "archive-admin",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/archive-admin",
)


class ArchiveAdminSchema(Schema):
    """Whether service provider access is on."""

    enabled = Flag("Whether the provider may look inside the instance.", required=True)


class OneTimeUrlSchema(Schema):
    """A URL that logs in once."""

    url = Text(
        "Logs in as archive administrator, once; null where it was handed out before.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


def shape(found: Operation) -> dict[str, Any]:
    """Return what was read last."""
    return {"enabled": bool(object_of(found.steps[-1].result).get("value"))}


def url_shape(found: Operation) -> dict[str, Any]:
    """Return the URL; it is kept nowhere, so there is none the second time."""
    result = found.steps[-1].result
    url = result.get("url") if isinstance(result, dict) else result
    return {"url": url if isinstance(url, str) else None}


@blp.route("")
class ArchiveAdmin(MethodView):
    """The switch."""

    @operation(
        blp,
        "getArchiveAdmin",
        permission=Permission.ARCHIVE_ADMIN_READ,
        commands=(GET_ARCHIVE_ADMIN_ENABLED,),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, ArchiveAdminSchema)
    def get(self, instance: str) -> Response:
        """Show whether service provider access is on."""
        wish = Invocation(GET_ARCHIVE_ADMIN_ENABLED)
        return answer(services().broker.call(caller(), instance, [wish]))

    @operation(
        blp,
        "setArchiveAdmin",
        permission=Permission.ARCHIVE_ADMIN_UPDATE,
        commands=(SET_ARCHIVE_ADMIN_ENABLED, GET_ARCHIVE_ADMIN_ENABLED),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.arguments(ArchiveAdminSchema, example={"enabled": True})
    @blp.response(200, ArchiveAdminSchema)
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Switch service provider access; on only with the customer's consent."""
        wishes = [
            Invocation(SET_ARCHIVE_ADMIN_ENABLED, {"enabled": body["enabled"]}),
            Invocation(GET_ARCHIVE_ADMIN_ENABLED),
        ]
        return answer(services().broker.call(caller(), instance, wishes))


@blp.route("/one-time-url")
class OneTimeUrl(MethodView):
    """The log-in."""

    @operation(
        blp,
        "createOneTimeUrl",
        permission=Permission.ARCHIVE_ADMIN_LOGIN,
        commands=(CREATE_CLIENT_ONE_TIME_URL_FOR_ARCHIVE_ADMIN,),
        asynchronous=True,
        errors=(409,),
        shape=url_shape,
    )
    @blp.response(200, OneTimeUrlSchema)
    def post(self, instance: str) -> Response:
        """Make a URL that logs in once; it is answered once and kept nowhere."""
        return answer(services().archive_admin.one_time_url(caller(), instance))
