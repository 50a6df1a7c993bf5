"""The schemas of archiving and exporting profiles."""

from typing import Any

import marshmallow as ma

from gateway.web.fields import Fault, Flag, Labels, Part, Text, Whole
from gateway.web.schemas import Schema

WINDOW = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]"
LONGEST_PAUSE = 2**31 - 1


class Details(Labels):
    """The settings of a profile: texts under SPE's own names, which differ by connector."""

    most = 200

    def _value(self) -> Text:
        return Text(min_length=0, max_length=4096)


class ServerSideExecutionSchema(Schema):
    """Whether a profile runs again and again by itself."""

    automatic = Flag("Whether it does.", required=True)
    automatic_pause_between_executions = Whole(
        "Seconds between two runs; needed with `automatic`.", most=LONGEST_PAUSE
    )
    automatic_maintenance_windows = Text(
        "When it does not run: `22:00-04:00`.", max_length=11, pattern=WINDOW
    )

    @ma.validates_schema
    def require_consistent(self, data: dict[str, Any], **_: object) -> None:
        """Demand what SPE demands: a pause with ``automatic``, and nothing without."""
        pause = "automatic_pause_between_executions"
        if data.get("automatic") and pause not in data:
            fault = Fault("This is needed with automatic.", "REQUIRED")
            raise ma.ValidationError({"automaticPauseBetweenExecutions": [fault]})
        if data.get("automatic") is False and len(data) > 1:
            fault = Fault("Without automatic there is nothing else to say.", "NOT_ALLOWED")
            raise ma.ValidationError({"automatic": [fault]})


class ProfileExecutionSchema(Schema):
    """How a profile runs by itself."""

    automatic = Flag("Whether it does.", dump_only=True)
    automatic_pause_between_executions = Whole(
        "Seconds between two runs.", allow_none=True, dump_only=True
    )
    automatic_maintenance_windows = Text(
        "When it does not run.", min_length=0, allow_none=True, dump_only=True
    )


class ProfileSchema(Schema):
    """A profile; its passwords are never shown."""

    id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    version = Whole("SPE's own count of its changes.", allow_none=True, dump_only=True)
    name = Text("Its name.", min_length=0, required=True, dump_only=True)
    owner = Text("The user whose it is.", min_length=0, allow_none=True, dump_only=True)
    type = Text("SPE's word for archiving or exporting.", min_length=0, dump_only=True)
    connector = Text("SPE's word for what it reads from.", min_length=0, dump_only=True)
    details = Details("Its settings, without passwords.", dump_only=True)
    server_side_execution = Part(
        ProfileExecutionSchema, "How it runs by itself.", allow_none=True, dump_only=True
    )


class ProfileCreateSchema(Schema):
    """A profile to be made, or to be run once without being kept.

    Its words are SPE's: make one of the kind in the client, and read it here.
    """

    name = Text("Its name.", max_length=255, required=True)
    type = Text(
        "SPE's word for archiving; exporting is for operators.", max_length=50, required=True
    )
    connector = Text(
        "SPE's word for what it reads from; files are for operators.",
        max_length=100,
        required=True,
    )
    owner = Text("The user whose it is; for operators.", max_length=255)
    details = Details("Its settings, passwords among them.", load_default=dict)
    server_side_execution = Part(ServerSideExecutionSchema, "How it runs by itself.")


class ProfileRunSchema(Schema):
    """The end of a run; its result is among the worker results."""

    finished = Flag("Always true: it ran to its end.", required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)
