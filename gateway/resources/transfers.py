"""Transfers: an instance gets another owner, and what became of it before."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.resources.instance_schemas import InstanceSchema
from gateway.resources.instances import shown
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Id, Time
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of
from gateway.web.validation import validates

blp = Blueprint("transfers", __name__, description=__doc__, url_prefix="/instances/<ins:instance>")


class TransferSchema(Schema):
    """A change of owner."""

    id = Id("trf", "Opaque id.", required=True, dump_only=True)
    instance = Id("ins", "The instance.", required=True, dump_only=True)
    former = Id(
        "res",
        "Whose it was; null for a reseller that you do not see.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    owner = Id(
        "res",
        "Whose it became; null for a reseller that you do not see.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    create_time = Time("When.", required=True, dump_only=True)


class TransferCreateSchema(Schema):
    """The new owner."""

    reseller = Id("res", "Whose it will be: any that you see.", required=True)


TransferPage = page_of(TransferSchema)


def again(instance: str) -> Response:
    """Answer with the instance that was given away."""
    return shown(services().instances.get(caller(), instance))


@blp.route("/transfer")
class InstanceTransfer(MethodView):
    """The change of owner."""

    @operation(
        blp,
        "transferInstance",
        permission=Permission.RESELLERS_UPDATE,
        errors=(409,),
        again=again,
    )
    @validates(blp)
    @blp.arguments(
        TransferCreateSchema, example={"reseller": "res_01995e5a7c4d7b3e8f2a9c1d0e6b4f37"}
    )
    @blp.response(200, InstanceSchema, headers={"ETag": "ETag"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Give an instance to another reseller; nothing is sent to SPE.

        Labels, names and state go along. Operations of before stay with the former owner, and
        its clients no longer see the instance, nor do those that were restricted to it.
        """
        return shown(services().transfers.transfer(caller(), instance, body["reseller"]))


@blp.route("/transfers")
class InstanceTransfers(MethodView):
    """The history of owners."""

    @operation(blp, "listTransfers", permission=Permission.INSTANCES_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, TransferPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> dict[str, Any]:
        """List the changes of owner that your resellers took part in, the newest first."""
        limit, before = query["limit"], paging.position(query) or ""
        found = services().transfers.page(caller(), instance, before, limit + 1)
        return paging.page(*paging.cut(found, limit))
