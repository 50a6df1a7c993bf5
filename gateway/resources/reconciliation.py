"""Reconciliation: what the resellers sum up to against what SPE reports for licensing."""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.billing.reconciliation import Comparison, DifferenceKind
from gateway.spe.commands.licenses import CREATE_LICENSE_REQUEST
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Choice, Id, ListOf, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of
from gateway.web.waits import longer_patience

blp = Blueprint("reconciliation", __name__, description=__doc__, url_prefix="/reconciliation")


class ReconciliationDifferenceSchema(Schema):
    """An instance that is counted otherwise than reported."""

    kind = Choice(
        tuple(DifferenceKind),
        "`unowned`: reported, and nobody's. `uncounted`: reported, owned, and not read yet. "
        "`changed`: another number than was last read. `missing`: owned, counted and not "
        "reported. `gone`: purged or released, and counted until the next reading.",
        required=True,
        dump_only=True,
    )
    instance_id = Text("SPE's own id of it.", data_key="instanceID", required=True, dump_only=True)
    instance = Id(
        "ins",
        "The instance; null for an unowned one.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    reseller = Id(
        "res", "Whose it is, or was last.", allow_none=True, required=True, dump_only=True
    )
    reported = Whole(
        "Licences that the deployment reports; null where it does not name it.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    counted = Whole(
        "Licences by the figure in force; null without one.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class ReconciliationOwnerSchema(Schema):
    """The part of a reseller."""

    reseller = Id("res", "Whose instances.", required=True, dump_only=True)
    counted = Whole("Their licences.", required=True, dump_only=True)


class ReconciliationItemSchema(Schema):
    """A deployment as it reports its licences, and as they are counted."""

    deployment = Id("dep", "Which.", required=True, dump_only=True)
    as_of = Time(
        "When it reported them: now, or where it does not answer, the last time; null for never.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    reported = Whole("The sum that it reports.", allow_none=True, required=True, dump_only=True)
    counted = Whole("The sum of the figures in force.", required=True, dump_only=True)
    difference = Whole(
        "Reported less counted.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    owners = ListOf(
        Part(ReconciliationOwnerSchema),
        "What is counted, by owner.",
        required=True,
        dump_only=True,
    )
    differences = ListOf(
        Part(ReconciliationDifferenceSchema),
        "The instances that make the difference.",
        required=True,
        dump_only=True,
    )
    problem = Text(
        "The code of the error that it answered with now, if it did.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class ReconciliationPageSchema(page_of(ReconciliationItemSchema)):  # type: ignore[misc] # made at run time
    """A page of deployments, and which of them could not be asked."""

    unreachable = ListOf(
        Id("dep"), "Deployments of this page that gave no answer.", required=True, dump_only=True
    )


class ReconciliationQuery(Paging):
    """Which deployments."""

    deployment = Id("dep", "Only this one.")
    require = Choice(
        ("partial", "complete"),
        "Whether a deployment that cannot be asked is shown as it was last read or fails the call.",
        load_default="partial",
    )


def view(found: Comparison) -> dict[str, Any]:
    """Return what the schema dumps."""
    owners = [{"reseller": name, "counted": counted} for name, counted in found.owners.items()]
    return {**vars(found), "difference": found.difference, "owners": owners}


@blp.route("")
class Reconciliation(MethodView):
    """The comparison."""

    @operation(
        blp,
        "listReconciliation",
        permission=Permission.RECONCILIATION_READ,
        commands=(CREATE_LICENSE_REQUEST,),
        errors=(404, 503),
    )
    @blp.arguments(ReconciliationQuery, location="query")
    @blp.response(200, ReconciliationPageSchema, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """Ask the deployments for their licences now, and compare; for operators.

        A deployment that does not answer in time is named in `unreachable` and compared as it was
        last read; with `require=complete` the call fails instead. A difference that stays after
        the next hourly reading wants to be looked into.
        """
        reconciliation = services().reconciliation
        limit, after = query["limit"], paging.position(query) or ""
        page = reconciliation.page(caller(), query.get("deployment"), after, limit + 1)
        shown, more = paging.cut([each.id for each in page], limit, str)
        patience = longer_patience(caller(), reconciliation.patience)
        complete = query["require"] == "complete"
        found = reconciliation.compared(shown, patience, complete=complete)
        unreachable = [each.deployment for each in found if each.problem is not None]
        return paging.page([view(each) for each in found], more) | {"unreachable": unreachable}
