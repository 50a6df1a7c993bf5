"""What jobs and their schedules look like, in both directions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import marshmallow as ma

from gateway.broker.jobs import ACTIONS
from gateway.spe.times import TIME_ZONE, moment_of, spe_time
from gateway.web.fields import Choice, Fault, Flag, Part, Text, Time, Whole
from gateway.web.schemas import Schema, page_of, whole

MINUTES: Final = (5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720)
WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
DAYS: Final = (*map(str, range(1, 32)), "Last")
WAYS: Final = ("date", "interval", "time")
TIMES: Final = (
    "creationDateTimeUtc",
    "lastStartDateTimeUtc",
    "lastCompleteDateTimeUtc",
    "nextStartDateTimeUtc",
)


class Minutes(Whole):
    """A number of minutes that SPE knows as an interval."""

    sentences = {"not_a_choice": "This must be one of {words}."}  # noqa: RUF012 # as Strict declares it

    def _deserialize(self, value: object, *_: object, **__: object) -> int:
        minutes = super()._deserialize(value)
        if minutes not in MINUTES:
            raise self.make_error("not_a_choice", words=", ".join(map(str, MINUTES)))
        return minutes

    def openapi(self) -> dict[str, Any]:
        """Return the known numbers."""
        return {"x-extensible-enum": list(MINUTES)}


class JobScheduleSchema(Schema):
    """When a job runs: once at a `date`, at an `interval`, or at a `time` of certain days."""

    date = Time("Once, at this instant; `timeZoneId` is UTC then.")
    interval = Minutes("Every so many minutes.")
    time = Text(
        "Daily at this time of `timeZoneId`.",
        pattern="([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?",
        max_length=8,
    )
    day_of_week = Choice(WEEKDAYS, "Only on this day of the week; with `time`.")
    day_of_month = Choice(DAYS, "Only on this day of the month; with `time`.")
    time_zone_id = Text(
        "Of SPE's time zones; UTC unless given. See the instance's `time-zones`.",
        load_default=TIME_ZONE,
    )
    local_date = Text(
        "Once, at this time of `timeZoneId`: for jobs that were made elsewhere.", dump_only=True
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def check_way(self, data: Mapping[str, Any], **_: object) -> None:
        """Check that there is one way, and what belongs to it."""
        ways = [way for way in WAYS if way in data]
        if len(ways) != 1:
            fault = Fault("Give exactly one of date, interval and time.", "ONE_OF")
            raise ma.ValidationError(fault)
        if ways == ["date"] and data["time_zone_id"] != TIME_ZONE:
            fault = Fault("A date is an instant: its time zone is UTC.", "NOT_ALLOWED")
            raise ma.ValidationError(fault, "timeZoneId")
        for name, key in (("day_of_week", "dayOfWeek"), ("day_of_month", "dayOfMonth")):
            if name in data and ways != ["time"]:
                raise ma.ValidationError(Fault("This needs a time.", "NOT_ALLOWED"), key)

    @ma.validates("date")
    def check_date(self, value: datetime, **_: object) -> None:
        """Check that SPE can hold the instant without losing a part of it."""
        if value.microsecond:
            raise ma.ValidationError(Fault("SPE knows whole seconds only.", "NOT_ALLOWED"))


class JobSchema(Schema):
    """A command that SPE carries out later, or again and again."""

    id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    name = Text("Its name.", min_length=0, allow_none=True, dump_only=True)
    action = Text("The command that it runs.", min_length=0, allow_none=True, dump_only=True)
    owner = Text("In whose name it runs.", min_length=0, allow_none=True, dump_only=True)
    creation_date_time_utc = Time("When it was made.", allow_none=True, dump_only=True)
    last_start_date_time_utc = Time("When it began last.", allow_none=True, dump_only=True)
    last_complete_date_time_utc = Time("When it ended last.", allow_none=True, dump_only=True)
    next_start_date_time_utc = Time("When it begins next.", allow_none=True, dump_only=True)
    enabled = Flag("Whether its schedule counts.", dump_only=True)
    schedule = Part(
        JobScheduleSchema, "Null for one that runs on demand.", allow_none=True, dump_only=True
    )


class JobCreateSchema(Schema):
    """A job to be made."""

    name = Text("Its name.", max_length=255, required=True)
    action = Choice(
        ACTIONS, "The command that it runs; the creator needs the right to run it.", required=True
    )
    owner = Text(
        "An administrator of the instance in whose name it runs; needs jobs:owner. Left out, it "
        "runs in the name of the service provider, so only while its access is on.",
        max_length=255,
    )
    schedule = Part(JobScheduleSchema, "When it runs; left out, on demand only.")


class JobPatchSchema(Schema):
    """What changes of a job; what is left out stays, a schedule is replaced as a whole."""

    name = Text("Its new name.", max_length=255)
    enabled = Flag("Whether its schedule counts.")
    schedule = Part(JobScheduleSchema, "When it runs.")


JobPage = page_of(JobSchema)


def schedule_arguments(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a loaded schedule as arguments of CreateJob or SetJobSchedule."""
    keys = whole(JobScheduleSchema).fields
    arguments = {str(keys[name].data_key): value for name, value in schedule.items()}
    if "date" in arguments:
        arguments["date"] = spe_time(arguments["date"])
    return arguments


def readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a job of SPE's with instants instead of texts."""
    times = {name: moment_of(row.get(name)) for name in TIMES}
    return {**row, **times, "schedule": _schedule(row.get("schedule"))}


def _schedule(schedule: object) -> dict[str, Any] | None:
    if not isinstance(schedule, dict) or not schedule:
        return None
    known = {key: value for key, value in schedule.items() if value is not None}
    date = known.pop("date", None)
    if date is None:
        return known
    moment = moment_of(date) if known.get("timeZoneId") == TIME_ZONE else None
    return {**known, "localDate": str(date)} if moment is None else {**known, "date": moment}
