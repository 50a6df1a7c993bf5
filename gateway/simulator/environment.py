"""The environment: version, licensee, keep-alive."""

from typing import Any

from .commands import command
from .deployment import Deployment
from .wire import Arguments


@command("Ping", "read")
def ping(_deployment: Deployment, _arguments: Arguments) -> None:
    """Answer that the server is there."""


@command("GetEnvironmentInfo", "read")
def get_environment_info(deployment: Deployment, _arguments: Arguments) -> dict[str, Any]:
    """Describe the installation and the caller."""
    scenario = deployment.scenario
    return {
        "version": scenario.version,
        "webClientVersion": scenario.version,
        "copyright": f"Copyright (c) 2005-{deployment.clock.now().year} MailStore Software GmbH",
        "licenseeName": scenario.licensee_name,
        "licenseeID": scenario.licensee_id,
        "serverName": deployment.server_name,
        "userName": deployment.caller,
        "systemProperties": system_properties(deployment),
    }


def system_properties(deployment: Deployment) -> dict[str, Any]:
    """Describe the machine that a server role runs on."""
    return {
        "processors": ["Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz"],
        "totalPhysicalMemory": 17179332608,
        "operatingSystem": deployment.scenario.operating_system,
    }
