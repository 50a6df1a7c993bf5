"""Pairing: how the Management Server comes to trust another server role."""

import re

from .commands import command
from .deployment import Deployment
from .failures import out_of_range
from .state import Host
from .wire import Arguments

THUMBPRINT = re.compile("[0-9A-Fa-f]{40}")
HIGHEST_PORT = 65535


@command("PairWithManagementServer", "change")
def pair_with_management_server(deployment: Deployment, arguments: Arguments) -> None:
    """Register a server role with its certificate, or exchange the certificate of a known one."""
    if not THUMBPRINT.fullmatch(arguments["thumbprint"]):
        raise out_of_range()
    if not 0 < arguments["port"] <= HIGHEST_PORT:
        raise out_of_range()
    state, name = deployment.state, arguments["serverName"]
    hosts = arguments["serverType"] == "instanceHost"
    servers = state.hosts if hosts else state.client_access_servers
    known = servers.setdefault(name, Host(name, 0, ""))
    known.port = arguments["port"]
    known.thumbprint = arguments["thumbprint"].upper()
