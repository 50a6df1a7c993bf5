"""Service provider access: the `$archiveadmin` user of an instance."""

import secrets
from typing import Any

from .archive import Archive
from .commands import command
from .deployment import Deployment
from .failures import Failure
from .state import Instance
from .wire import Arguments

USER_NAME = "$archiveadmin"


@command("GetArchiveAdminEnabled", "read")
def get_archive_admin_enabled(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return whether the service provider may look into the instance."""
    instance = deployment.running_instance(arguments["instanceID"])
    return {"value": instance.archive_admin_enabled}


@command("SetArchiveAdminEnabled", "change")
def set_archive_admin_enabled(deployment: Deployment, arguments: Arguments) -> None:
    """Switch service provider access on or off."""
    instance = deployment.running_instance(arguments["instanceID"])
    instance.archive_admin_enabled = arguments["enabled"]


@command("CreateClientOneTimeUrlForArchiveAdmin", "change")
def create_client_one_time_url(deployment: Deployment, arguments: Arguments) -> str:
    """Return a URL with a one-time password that logs `$archiveadmin` on."""
    instance = granted(deployment, arguments)
    default = f"https://{instance.instance_host}/{instance.instance_id}/"
    base = arguments["instanceUrl"] or default
    return f"{base.rstrip('/')}/?otp={secrets.token_urlsafe(24)}"


def granted(deployment: Deployment, arguments: Arguments) -> Instance:
    """Return the instance of a call that needs service provider access.

    Raises:
        Failure: the instance is unknown, not running, or has not granted access.
    """
    instance = deployment.running_instance(arguments["instanceID"])
    if not instance.archive_admin_enabled:
        raise Failure("Archive admin access is not enabled for this instance.")
    return instance


def opened(deployment: Deployment, arguments: Arguments) -> Archive:
    """Return the data of the instance of a call that needs service provider access.

    Raises:
        Failure: as `granted`.
    """
    return deployment.archive(granted(deployment, arguments))
