"""What the deployment reports for billing."""

from typing import Any

from .commands import command
from .deployment import Deployment
from .users import licensed
from .wire import Arguments


@command("CreateLicenseRequest", "read")
def create_license_request(deployment: Deployment, _arguments: Arguments) -> dict[str, Any]:
    """Count the used licences of every instance, running or not."""
    return {
        "licenseeID": deployment.scenario.licensee_id,
        "version": deployment.scenario.version,
        "serverName": deployment.server_name,
        "instanceData": [
            {
                "instanceID": instance.instance_id,
                "displayName": instance.display_name,
                "usedLicenseCount": licensed(deployment, instance),
            }
            for instance in deployment.state.instances.values()
        ],
    }
