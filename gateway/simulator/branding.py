"""The service provider's branding."""

from .commands import command
from .deployment import Deployment
from .wire import Arguments


@command("ReloadBranding", "change")
def reload_branding(deployment: Deployment, _arguments: Arguments) -> None:
    """Read the branding from disk again; clients that connect now see it."""
    deployment.state.branding_loads += 1
