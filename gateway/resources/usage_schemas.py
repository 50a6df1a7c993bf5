"""The schemas of usage."""

from gateway.billing.usage_items import Grouping
from gateway.billing.usage_periods import Granularity
from gateway.web.fields import (
    Choice,
    Day,
    Flag,
    Id,
    Labels,
    Number,
    Part,
    Text,
    Time,
    Whole,
)
from gateway.web.schemas import Paging, Schema, UsageCompletenessSchema, page_of


class UsageQuery(Paging):
    """Whose usage, when, and how it is grouped."""

    since = Day("The first day, of UTC; left out, what was read last.", data_key="from")
    until = Day("The day after the last one; left out, up to now.", data_key="to")
    granularity = Choice(
        tuple(Granularity),
        "How the period is divided: one figure for all of it, for each day, or for each month.",
        load_default=Granularity.TOTAL.value,
    )
    group_by = Choice(
        tuple(Grouping), "What an item is about.", load_default=Grouping.INSTANCE.value
    )
    reseller = Id("res", "Only what this reseller owned, without those below it.")
    deployment = Id("dep", "Only what lies on this deployment.")
    instance = Id("ins", "Only this instance.")
    require = Choice(
        ("partial", "complete"),
        "Whether missing readings are named beside the figures or fail the call.",
        load_default="partial",
    )


class UsageFigureSchema(Schema):
    """What was used of one measure."""

    latest = Whole("By the last reading.", required=True, dump_only=True)
    average = Number(
        "The mean of all readings, rounded half up to four places; of a group the sum of those of "
        "its instances.",
        required=True,
        dump_only=True,
    )
    peak = Whole("By the greatest reading.", required=True, dump_only=True)
    readings = Whole("How many readings succeeded.", required=True, dump_only=True)
    as_of = Time("When the last one was.", required=True, dump_only=True)


class UsageMeasuresSchema(Schema):
    """What was used; null is what was not read."""

    licences = Part(
        UsageFigureSchema, "Licensed users.", allow_none=True, required=True, dump_only=True
    )
    users = Part(UsageFigureSchema, "Users.", allow_none=True, required=True, dump_only=True)
    messages = Part(UsageFigureSchema, "Messages.", allow_none=True, required=True, dump_only=True)
    bytes = Part(
        UsageFigureSchema, "Size of the stores.", allow_none=True, required=True, dump_only=True
    )


class UsageItemSchema(Schema):
    """What an instance, or a group of instances, used in a period."""

    instance = Id("ins", "The instance; of groups nothing here but their own id.", dump_only=True)
    instance_id = Text("SPE's own id of it.", data_key="instanceID", dump_only=True)
    display_name = Text(
        "The name shown to people; null where the instance is not yours any more.",
        allow_none=True,
        dump_only=True,
    )
    external_id = Text("Its id in your own system.", allow_none=True, dump_only=True)
    reseller = Id("res", "Whose it was when it was read.", dump_only=True)
    reseller_name = Text("The name of that reseller.", dump_only=True)
    deployment = Id("dep", "Where it lies.", dump_only=True)
    since = Day(
        "The first day; null without a period.",
        data_key="from",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    until = Day(
        "The day after the last one.",
        data_key="to",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    measures = Part(UsageMeasuresSchema, "The figures.", required=True, dump_only=True)
    complete = Flag(
        "Whether no gap lies in it: of its deployments, and of this period alone.",
        required=True,
        dump_only=True,
    )


class UsagePageSchema(page_of(UsageItemSchema)):  # type: ignore[misc] # made at run time
    """A page of usage, and what is missing in the whole of it."""

    completeness = Part(
        UsageCompletenessSchema,
        "Of the whole answer, not of this page.",
        required=True,
        dump_only=True,
    )
    as_of = Labels(
        "When the licences of each deployment concerned were last read before the end of the "
        "period; one that never was is left out.",
        required=True,
        dump_only=True,
    )
