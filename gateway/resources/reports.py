"""Status reports of an instance by mail."""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.spe.commands.reports import SEND_STATUS_REPORT
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, services
from gateway.web.fields import Choice, ListOf, Text
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "reports", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/status-reports"
)

SPANS = ("today", "yesterday", "thisweek", "lastweek", "thismonth", "lastmonth")
ADDRESS = r"[^\s@,;<>\"]+@[^\s@,;<>\"]+"
MOST_RECIPIENTS = 20


class StatusReportSchema(Schema):
    """A report to be sent."""

    timespan = Choice(SPANS, "What it is about.", required=True)
    time_zone_id = Text(
        "In which days begin at midnight: an `id` of `/time-zones`.",
        max_length=100,
        load_default="UTC",
    )
    recipients = ListOf(
        Text(max_length=254, pattern=ADDRESS),
        "Addresses that it goes to.",
        min_items=1,
        max_items=MOST_RECIPIENTS,
        required=True,
    )


@blp.route("")
class StatusReports(MethodView):
    """What is sent."""

    @operation(
        blp,
        "sendStatusReport",
        permission=Permission.REPORTS_SEND,
        commands=(SEND_STATUS_REPORT,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.arguments(
        StatusReportSchema, example={"timespan": "lastweek", "recipients": ["jane@example.com"]}
    )
    @blp.response(204)
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Send a status report through the instance's own mail settings.

        Its recipients are in domains that the provider has allowed, and an instance sends no more
        reports within 24 hours than the provider has set: `REPORT_LIMIT_REACHED` says when the
        next one may be sent.
        """
        arguments = {
            "timespan": body["timespan"],
            "timeZoneId": body["time_zone_id"],
            "recipients": body["recipients"],
        }
        return answer(services().reports.send(caller(), instance, arguments), NO_CONTENT)
