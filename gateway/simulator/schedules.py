"""When a job runs: once, at an interval, or at a time of certain days."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any

from .deployment import Deployment
from .failures import Failure, missing, out_of_range
from .time_zones import seconds, zone
from .wire import Arguments

TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?")
KEYS = ("date", "interval", "time", "dayOfWeek", "dayOfMonth")
WAYS = ("date", "interval", "time")
LAST = "Last"
FURTHEST = 366 * 28
"""Days after which every combination of weekday and day of the month has come."""

Schedule = dict[str, Any]


def read_schedule(deployment: Deployment, arguments: Arguments) -> Schedule:
    """Return the schedule that the arguments of a call describe, without unset keys.

    A call without any of them describes a job that runs only when it is told to.

    Raises:
        Failure: more than one way is given, a day has no time, or a value is malformed.
    """
    given = {key: arguments[key] for key in KEYS if arguments[key] is not None}
    if len([way for way in WAYS if way in given]) > 1:
        raise Failure("Only one of the arguments date, interval and time can be given.")
    if {"dayOfWeek", "dayOfMonth"} & given.keys() and "time" not in given:
        raise missing("time")
    if arguments["timeZoneId"] is None:
        if given:
            raise missing("timeZoneId")
        return {}
    where = zone(deployment, arguments["timeZoneId"])
    if "date" in given:
        seconds(given["date"], where)
    if "time" in given and not TIME.fullmatch(given["time"]):
        raise out_of_range()
    return {"timeZoneId": arguments["timeZoneId"], **given}


def next_start(deployment: Deployment, schedule: Schedule) -> float | None:
    """Return the first moment after now at which a schedule is due, or None.

    Intervals count from now, which is when a job is planned or has just been started.
    """
    if "date" in schedule:
        moment = seconds(schedule["date"], zone(deployment, schedule["timeZoneId"]))
        return moment if moment > deployment.clock.seconds() else None
    if "interval" in schedule:
        return deployment.clock.seconds() + float(schedule["interval"] * 60)
    return _next_time(deployment, schedule) if "time" in schedule else None


def _next_time(deployment: Deployment, schedule: Schedule) -> float | None:
    now = deployment.clock.now().astimezone(zone(deployment, schedule["timeZoneId"]))
    hour, minute = (int(part) for part in schedule["time"].split(":")[:2])
    for offset in range(FURTHEST):
        day = now.date() + timedelta(days=offset)
        moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=now.tzinfo)
        if moment > now and _is_due(schedule, day):
            return moment.timestamp()
    return None


def _is_due(schedule: Schedule, day: date) -> bool:
    last = monthrange(day.year, day.month)[1]
    numbers = {str(day.day), LAST} if day.day == last else {str(day.day)}
    return schedule.get("dayOfWeek") in {None, day.strftime("%A")} and {
        schedule.get("dayOfMonth")
    } <= numbers | {None}
