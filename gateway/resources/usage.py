"""What the instances use: licences, users, messages and bytes, now or in a period of days.

Usage belongs to the owner at the time of the reading: what was before a transfer stays with the
former owner. What was not read is named as a gap, and never counted as zero.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from flask import Response, stream_with_context
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.billing.days import DAY
from gateway.billing.usage import Answer, Question
from gateway.billing.usage_items import CHUNK, Grouping, Item, Place
from gateway.billing.usage_periods import Granularity, Period
from gateway.errors import InputFault, InvalidInput, MalformedRequest
from gateway.model import now
from gateway.resources.usage_forms import LINES, TABLE, of_item, of_watch
from gateway.resources.usage_schemas import UsagePageSchema, UsageQuery
from gateway.web import exact_json, media_types, paging
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.hooks import caller, renewed
from gateway.web.operation import operation
from gateway.web.schemas import whole

blp = Blueprint("usage", __name__, description=__doc__, url_prefix="/usage")

JSON: Final = "application/json"
MAX_DAYS: Final = 366
LAST: Final = date.max - timedelta(days=MAX_DAYS)
"""On which a period may begin, so that there is a day after it."""
STREAMED: Final = {
    LINES.media_type: {
        "schema": {"type": "string"},
        "example": '{"instance":"ins_…","measures":{}}\n{"completeness":{},"asOf":{}}\n',
    },
    TABLE.media_type: {"schema": {"type": "string"}, "example": "kind,from,to\r\n"},
}


@blp.route("")
class Usage(MethodView):
    """The figures."""

    @operation(blp, "listUsage", permission=Permission.USAGE_READ, errors=(404, 406, 503))
    @blp.arguments(UsageQuery, location="query")
    @blp.response(200, UsagePageSchema, headers={"Link": "Link"})
    @blp.doc(responses={200: {"content": STREAMED}})
    def get(self, query: dict[str, Any]) -> Response:
        """Show what the instances of your reseller and below it use, or used.

        Without `from`: what the last reading of each instance said. With it: the days from `from`
        up to `to`, which is not in it any more. An instance is told for each of its owners in the
        period; a group has the sums of the figures of its instances, so its `peak` is the sum of
        their peaks.

        `Accept: text/csv` and `application/x-ndjson` answer with everything at once, without
        pages. A client that is restricted to instances learns of these alone.
        """
        chosen = media_types.wanted((JSON, *STREAMED))
        question = _question(query)
        if chosen == JSON:
            return _page(services().usage.ask(caller(), question), query)
        if "cursor" in query:
            raise MalformedRequest("There are no pages in this media type, and so no cursors.")
        form = TABLE if chosen == TABLE.media_type else LINES
        answer = services().usage.ask(caller(), question)
        lines = stream_with_context(form.lines(answer.watch, _items(answer)))
        response = Response(lines, content_type=form.content_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{form.file_name}"'
        return response


def _page(answer: Answer, query: dict[str, Any]) -> Response:
    position, limit = paging.position(query), query["limit"]
    place = None if position is None else Place(tuple(position[0]), position[1])
    chunk = limit + 1 if query["group_by"] == Grouping.INSTANCE else CHUNK
    found = list(islice(answer.items.after(place, chunk), limit + 1))
    shown = found[:limit]
    following = None
    if len(found) > limit:
        last = shown[-1]
        following = [list(last.key), None if last.is_last else last.number]
    page = {**paging.page([of_item(item) for item in shown], following), **of_watch(answer.watch)}
    return Response(exact_json.text(whole(UsagePageSchema).dump(page)) + "\n", mimetype=JSON)


def _items(answer: Answer) -> Iterator[Item]:
    """Yield all items, as long as the caller may know them."""
    return answer.items.after(None, CHUNK, partial(_judge_again, caller().principal))


def _judge_again(before: Principal) -> None:
    services().usage.permit_still(renewed(), before)


def _question(query: dict[str, Any]) -> Question:
    return Question(
        _period(query),
        Granularity(query["granularity"]),
        Grouping(query["group_by"]),
        query.get("reseller"),
        query.get("deployment"),
        query.get("instance"),
        query["require"] == "complete",
    )


def _period(query: dict[str, Any]) -> Period | None:
    """Return the days that are wanted.

    Raises:
        InvalidInput: they are none, too many, or there is half a period.
    """
    if "since" not in query:
        if "until" in query:
            raise _fault("/query/from", "REQUIRED", "`to` needs `from`.")
        if query["granularity"] != Granularity.TOTAL:
            raise _fault("/query/from", "REQUIRED", "Only a period can be divided.")
        return None
    since: date = query["since"]
    if since > LAST:
        raise _fault("/query/from", "TOO_LATE", f"A period begins on {LAST} at the latest.")
    until: date = query.get("until", max(since, now().date()) + DAY)
    if until <= since:
        raise _fault("/query/to", "NOT_AFTER", "`to` must be after `from`.")
    if until - since > timedelta(days=MAX_DAYS):
        raise _fault("/query/to", "TOO_LONG", f"A period has at most {MAX_DAYS} days.")
    return Period(since, until)


def _fault(pointer: str, code: str, detail: str) -> InvalidInput:
    return InvalidInput([InputFault(pointer, code, detail)])
