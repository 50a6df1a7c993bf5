"""Compliance: legal hold, and what is logged."""

from typing import Any

from .archive import Archive
from .archive_admin import opened
from .commands import command
from .deployment import Deployment
from .documents import FLAG, OPTIONAL_FLAG, TEXTS, read_document
from .wire import Arguments

MEMBERS = {
    "adminEmailPreviewEnabled": OPTIONAL_FLAG,
    "legalHoldEnabled": FLAG,
    "logSuccessfulUserActivities": TEXTS,
}
DEFAULTS = {
    "adminEmailPreviewEnabled": True,
    "legalHoldEnabled": False,
    "logSuccessfulUserActivities": [
        "AdminRestored",
        "ComplianceChangeSettings",
        "FileGroupAttach",
        "FileGroupCreate",
        "FileGroupDetach",
        "UserAdd",
        "UserDelete",
        "UserRename",
        "UserUpdate",
    ],
}


@command("GetComplianceConfiguration", "read")
def get_compliance_configuration(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return the settings."""
    return _configuration(opened(deployment, arguments))


@command("SetComplianceConfiguration", "change")
def set_compliance_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the settings; those that are left out go back to their defaults."""
    archive = opened(deployment, arguments)
    archive.configuration["compliance"] = read_document(arguments["config"], "config", MEMBERS)


def is_on_hold(archive: Archive) -> bool:
    """Return whether nothing archived may be deleted."""
    return bool(_configuration(archive)["legalHoldEnabled"])


def _configuration(archive: Archive) -> dict[str, Any]:
    return {**DEFAULTS, **archive.configuration.get("compliance", {})}
