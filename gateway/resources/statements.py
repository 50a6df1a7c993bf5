"""Statements: what each reseller's own instances used in a month, put down for good.

While its month goes on, and until the days of it are added up, a statement is open: it is computed
when it is asked for. Then it is closed, and never changes. Corrections are lines of their own. All
that is done to the statements of a reseller stands in a chain of hashes, which the gateway's
`statements verify` walks, counting every month once more from the raw answers of the deployments.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.access.scope import Holds
from gateway.billing.amendments import Correction
from gateway.billing.explanation import Wish
from gateway.billing.statements import Document
from gateway.model import Gap, Measure, StatementLine, StatementStatus
from gateway.resources.statement_schemas import (
    ExplanationQuery,
    ExplanationSchema,
    StatementCorrectionCreateSchema,
    StatementPage,
    StatementQuery,
    StatementSchema,
)
from gateway.storage.statements import Wanted
from gateway.web import etags, exact_json, paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import whole
from gateway.web.validation import validates

blp = Blueprint("statements", __name__, description=__doc__, url_prefix="/statements")

EXAMPLE = {
    "instance": "ins_01995e5a7c4d7b3e8f2a9c1d0e6b4f37",
    "measure": "licences",
    "amount": -5,
    "reason": "Test users of the migration, as agreed on 3 November.",
}


def view(found: Document) -> dict[str, Any]:
    """Return what the schema dumps."""
    said = found.statement.figures
    return {
        **vars(found.statement),
        "lines": [_line(line) for line in found.lines],
        "figures": _measures(said["totals"]),
        "corrections": [{**vars(line), **line.figures} for line in found.corrections],
        "corrected": _measures(found.corrected),
        "completeness": _completeness(said["completeness"]),
        "entry": found.entry,
    }


def _line(line: StatementLine) -> dict[str, Any]:
    figures = line.figures
    return {
        **vars(line),
        "instance_id": figures["instanceID"],
        "display_name": figures["displayName"],
        "external_id": figures["externalId"],
        "measures": _measures(figures["measures"]),
        "gaps": [_gap(gap) for gap in figures["gaps"]],
    }


def _measures(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(measure): {**found[measure], "average": Decimal(found[measure]["average"])}
        if measure in found
        else None
        for measure in Measure
    }


def _gap(gap: Mapping[str, Any]) -> dict[str, Any]:
    return {**gap, **vars(Gap.from_told(gap))}


def _completeness(found: Mapping[str, Any]) -> dict[str, Any]:
    unclosed = [{**each, "day": date.fromisoformat(each["day"])} for each in found["unclosed"]]
    return {**found, "gaps": [_gap(gap) for gap in found["gaps"]], "unclosed": unclosed}


def shown(found: Document, status: int = 200) -> Response:
    """Answer with a statement."""
    told = exact_json.text(whole(StatementSchema).dump(view(found)))
    response = Response(told + "\n", status, mimetype="application/json")
    response.headers["ETag"] = etags.etag_of({"told": told})
    return response


def acknowledged(statement: str) -> Response:
    """Answer with a statement as it is now."""
    return shown(services().statements.get(caller(), statement))


def corrected(statement: str) -> Response:
    """Answer with a statement as it is now, as after a correction."""
    return shown(services().statements.get(caller(), statement), 201)


@blp.route("")
class Statements(MethodView):
    """The collection."""

    @operation(blp, "listStatements", permission=Permission.STATEMENTS_READ, errors=(404,))
    @blp.arguments(StatementQuery, location="query")
    @blp.response(200, StatementPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the statements of your reseller and of those below, the last months first.

        Without their figures: `GET /statements/{statement}` has them.
        """
        status = StatementStatus(query["status"]) if "status" in query else None
        wanted = Wanted(query.get("reseller"), query.get("month"), status)
        limit, before = query["limit"], paging.position(query) or ""
        found = services().statements.page(caller(), wanted, before, limit + 1)
        return paging.page(*paging.cut(found, limit))


@blp.route("/<stm:statement>")
class OneStatement(MethodView):
    """One statement."""

    @operation(blp, "getStatement", permission=Permission.STATEMENTS_READ)
    @blp.response(200, StatementSchema, headers={"ETag": "ETag"})
    def get(self, statement: str) -> Response:
        """Show a statement with its lines; of an open one, what they come to so far.

        A client that is restricted to instances sees the lines of these, and their sums.
        """
        return shown(services().statements.get(caller(), statement))


@blp.route("/<stm:statement>/acknowledge")
class StatementAcknowledgement(MethodView):
    """The reseller's agreement."""

    @operation(
        blp,
        "acknowledgeStatement",
        permission=Permission.STATEMENTS_ACKNOWLEDGE,
        errors=(409,),
        again=acknowledged,
    )
    @validates(blp)
    @blp.response(200, StatementSchema, headers={"ETag": "ETag"})
    def post(self, statement: str) -> Response:
        """Agree to all that a closed statement says, in the name of its reseller.

        A correction that comes after it closes the statement again, to be acknowledged anew.
        """
        return shown(services().statements.acknowledge(caller(), statement))


@blp.route("/<stm:statement>/corrections")
class StatementCorrections(MethodView):
    """What is added to a statement after it was closed."""

    @operation(
        blp,
        "correctStatement",
        permission=Permission.STATEMENTS_CORRECT,
        errors=(409,),
        again=corrected,
    )
    @validates(blp)
    @blp.arguments(StatementCorrectionCreateSchema, example=EXAMPLE)
    @blp.response(201, StatementSchema, headers={"ETag": "ETag"})
    def post(self, body: dict[str, Any], statement: str) -> Response:
        """Add a correction to a closed statement; for operators.

        What was closed stays as it is: `figures` does not change, `corrected` has the amount too.
        """
        correction = Correction(**{**body, "measure": Measure(body["measure"])})
        return shown(services().statements.correct(caller(), statement, correction), 201)


@blp.route("/<stm:statement>/explain")
class StatementExplanation(MethodView):
    """What a figure consists of."""

    @operation(blp, "explainStatement", permission=Permission.STATEMENTS_READ)
    @blp.arguments(ExplanationQuery, location="query")
    @blp.response(200, ExplanationSchema, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], statement: str) -> dict[str, Any]:
        """List the readings that a figure consists of, each with the digest of the raw answer.

        Of a line with `instance`, else of the sums. `latest` is the value of the last reading of
        an instance, `peak` the greatest, `average` their sum divided by their number. With
        `measure=users` and an instance, whoever holds `users:read` sees who was counted last.

        Answers are kept until the statement has been closed for two months; after that `kept` is
        false, and the figures stand for themselves.
        """
        position, limit = paging.position(query), query["limit"]
        wish = Wish(
            Measure(query["measure"]),
            query.get("instance"),
            None if position is None else (position[0], position[1]),
            limit + 1,
            with_users=bool(Holds(Permission.USERS_READ).verify(caller().principal)),
        )
        found = services().statements.explain(caller(), statement, wish)
        items, more = paging.cut(found.items, limit, lambda each: [each.instance, each.reading])
        told = {"kept": found.is_kept, "kept_until": found.kept_until, "users": found.users}
        return {**paging.page(items, more), **told}
