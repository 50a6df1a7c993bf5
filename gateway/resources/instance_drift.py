"""What is otherwise at the deployment than the gateway made or left it."""

from datetime import datetime
from typing import Any

from gateway.model import Instance
from gateway.web.fields import Part, Text, Time
from gateway.web.schemas import Schema, camel_case

MEMBERS = ("display_name", "alias", "start_mode", "status")
FOR_OPERATORS = ("instance_host", "base_directory")


class InstanceDifferenceSchema(Schema):
    """A member that has another value there."""

    known = Text("As we knew it.", allow_none=True, required=True, dump_only=True)
    found = Text("As it was found.", allow_none=True, required=True, dump_only=True)


class InstanceMissingSchema(Schema):
    """That the deployment does not list the instance."""

    since = Time("When it was first not listed.", required=True, dump_only=True)
    renamed_to = Text(
        "The instance that was found in its very directory; for operators.",
        allow_none=True,
        dump_only=True,
    )


class InstanceDriftSchema(Schema):
    """What was changed past the gateway: that it is missing, or each member that differs."""

    missing = Part(InstanceMissingSchema, "It is not listed any more.", dump_only=True)
    display_name = Part(InstanceDifferenceSchema, "Its name.", dump_only=True)
    alias = Part(InstanceDifferenceSchema, "Its other name to log in with.", dump_only=True)
    start_mode = Part(InstanceDifferenceSchema, "How it starts.", dump_only=True)
    status = Part(InstanceDifferenceSchema, "Its state.", dump_only=True)
    instance_host = Part(InstanceDifferenceSchema, "Its host; for operators.", dump_only=True)
    base_directory = Part(InstanceDifferenceSchema, "Its place; for operators.", dump_only=True)


def drift_of(found: Instance, *, for_operator: bool) -> dict[str, Any] | None:
    """Return what the schema dumps; None when nothing differs that a caller may know."""
    drift = found.drift or {}
    names = (*MEMBERS, *FOR_OPERATORS) if for_operator else MEMBERS
    shown: dict[str, Any] = {
        name: drift[camel_case(name)] for name in names if camel_case(name) in drift
    }
    if "missing" in drift:
        shown["missing"] = {"since": datetime.fromisoformat(drift["missing"]["since"])}
        if for_operator:
            shown["missing"]["renamed_to"] = drift["missing"].get("renamedTo")
    return shown or None
