"""The schemas of statements."""

from gateway.model import Measure, StatementStatus
from gateway.web.fields import Choice, Day, Flag, Id, ListOf, Number, Part, Text, Time, Whole
from gateway.web.schemas import Paging, Schema, UsageCompletenessSchema, page_of

MONTH = r"[0-9]{4}-(?:0[1-9]|1[0-2])"
MOST = 2**53 - 1
MAX_REASON = 500


class StatementFigureSchema(Schema):
    """What was used of one measure in a month."""

    latest = Whole("By the last reading.", required=True, dump_only=True)
    average = Number(
        "The mean of all readings, rounded half up to four places; of totals the sum of the lines.",
        required=True,
        dump_only=True,
    )
    peak = Whole("By the greatest reading.", required=True, dump_only=True)
    readings = Whole("How many readings count to it.", required=True, dump_only=True)


def _figure(what: str) -> Part:
    return Part(StatementFigureSchema, what, allow_none=True, required=True, dump_only=True)


class StatementMeasuresSchema(Schema):
    """What was used; null is what was not read."""

    licences = _figure("Licensed users.")
    users = _figure("Users.")
    messages = _figure("Messages.")
    bytes = _figure("Size of the stores.")


class StatementLineGapSchema(Schema):
    """A stretch of time in which a measure of an instance was not read."""

    measure = Choice(tuple(Measure), "Which measure.", required=True, dump_only=True)
    since = Time("From when on.", data_key="from", required=True, dump_only=True)
    until = Time("Up to when.", data_key="to", required=True, dump_only=True)
    problem = Text(
        "Why: the code of the error that came instead; `NOT_READ` where nobody asked.",
        required=True,
        dump_only=True,
    )


class StatementLineSchema(Schema):
    """What an instance used while it was the reseller's; its names are those at the closing."""

    number = Whole("Its place, from 1.", required=True, dump_only=True)
    instance = Id("ins", "The instance.", required=True, dump_only=True)
    instance_id = Text("SPE's own id of it.", data_key="instanceID", required=True, dump_only=True)
    display_name = Text(
        "The name shown to people; null where the instance had another owner by then.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    external_id = Text(
        "Its id in your own system; null likewise.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    deployment = Id("dep", "Where it lay.", required=True, dump_only=True)
    measures = Part(StatementMeasuresSchema, "The figures.", required=True, dump_only=True)
    gaps = ListOf(
        Part(StatementLineGapSchema),
        "What is missing in them, and never counted as zero.",
        required=True,
        dump_only=True,
    )


class StatementCorrectionSchema(Schema):
    """What was added or taken off after the closing."""

    number = Whole("Its place among all lines.", required=True, dump_only=True)
    instance = Id(
        "ins", "The instance; null for the whole.", allow_none=True, required=True, dump_only=True
    )
    measure = Choice(tuple(Measure), "Of which measure.", required=True, dump_only=True)
    amount = Whole("How much; negative for taken off.", required=True, dump_only=True)
    reason = Text("Why.", required=True, dump_only=True)
    create_time = Time("When.", required=True, dump_only=True)


class StatementUnclosedDaySchema(Schema):
    """A day of a deployment that was not added up."""

    deployment = Id("dep", "Which.", required=True, dump_only=True)
    day = Day("The day, of UTC.", required=True, dump_only=True)


class StatementCompletenessSchema(UsageCompletenessSchema):
    """How well the deployments concerned were watched."""

    unclosed = ListOf(
        Part(StatementUnclosedDaySchema),
        "Days that were not added up for good: of an open statement those that go on, of a closed "
        "one those that could not be waited for.",
        required=True,
        dump_only=True,
    )


class StatementEntrySchema(Schema):
    """The last row about a statement in the chain of its reseller."""

    number = Whole("Its place in the chain, from 1.", required=True, dump_only=True)
    hash = Text(
        "SHA-256 over the hash of the row before and this row.", required=True, dump_only=True
    )


class StatementSummarySchema(Schema):
    """A reseller's month, without its figures."""

    id = Id("stm", "Opaque id; the same from the first day on.", required=True, dump_only=True)
    reseller = Id("res", "Whose.", required=True, dump_only=True)
    month = Text("The month, of UTC.", required=True, dump_only=True)
    status = Choice(
        tuple(StatementStatus),
        "`open`: as it stands, and not for good. `closed`: put down. `acknowledged`: agreed to.",
        required=True,
        dump_only=True,
    )
    close_time = Time(
        "When it was closed; null while it is open.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    acknowledge_time = Time(
        "When it was last acknowledged.", allow_none=True, required=True, dump_only=True
    )
    acknowledged_by = Id("cli", "By which client.", allow_none=True, required=True, dump_only=True)


class StatementSchema(StatementSummarySchema):
    """A reseller's month."""

    lines = ListOf(
        Part(StatementLineSchema),
        "One for each instance that was the reseller's at a reading; those of resellers below it "
        "are in statements of their own.",
        required=True,
        dump_only=True,
    )
    figures = Part(StatementMeasuresSchema, "The sums of the lines.", required=True, dump_only=True)
    corrections = ListOf(
        Part(StatementCorrectionSchema), "In their order.", required=True, dump_only=True
    )
    corrected = Part(
        StatementMeasuresSchema,
        "The sums with the corrections, which count to latest, average and peak alike.",
        required=True,
        dump_only=True,
    )
    completeness = Part(
        StatementCompletenessSchema, "What is missing.", required=True, dump_only=True
    )
    entry = Part(
        StatementEntrySchema,
        "Where the chain of hashes has it; null while it is open.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class StatementCorrectionCreateSchema(Schema):
    """What is added to a closed statement, or taken off."""

    instance = Id("ins", "The instance; left out for the reseller as a whole.")
    measure = Choice(tuple(Measure), "Of which measure.", required=True)
    amount = Whole(
        "How much is added; negative to take off.", least=-MOST, most=MOST, required=True
    )
    reason = Text("Why; the reseller reads it.", max_length=MAX_REASON, required=True)


class StatementQuery(Paging):
    """Which statements."""

    reseller = Id("res", "Only those of this reseller.")
    month = Text(
        "Only this month, such as `2026-11`.",
        pattern=MONTH,
        form="a year and a month, such as 2026-11",
    )
    status = Choice(tuple(StatementStatus), "Only those that have come so far.")


class ExplanationQuery(Paging):
    """What is to be explained."""

    measure = Choice(tuple(Measure), "Of which measure.", required=True)
    instance = Id("ins", "The line of this instance; left out, the sums.")


class ContributionSchema(Schema):
    """A reading that counts to a figure."""

    instance = Id("ins", "Of which instance.", required=True, dump_only=True)
    reading = Id("rdg", "Its id.", required=True, dump_only=True)
    time = Time("When it was made.", required=True, dump_only=True)
    value = Whole("What it says.", required=True, dump_only=True)
    raw = Text("The SHA-256 of the answer as it was kept, in hex.", required=True, dump_only=True)


class ExplanationSchema(page_of(ContributionSchema)):  # type: ignore[misc] # made at run time
    """The readings that a figure consists of, by instance and time."""

    kept = Flag(
        "Whether the answers are kept still; else nothing can be explained, and nothing is.",
        required=True,
        dump_only=True,
    )
    kept_until = Time(
        "Up to when they are; null as long as the statement is open.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    users = ListOf(
        Text("A user name."),
        "Who was counted last, where the users of one instance are asked for; null without "
        "`users:read`.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


StatementPage = page_of(StatementSummarySchema, "StatementPage")
