"""Every command that the gateway may send: an allow-list, by the vendor's name."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gateway.errors import DeclarationError
from gateway.spe.command import Command
from gateway.spe.commands import (
    archive_admin,
    branding,
    client_access_servers,
    compliance,
    credentials,
    directory_services,
    environment,
    folders,
    indexes,
    instance_hosts,
    instances,
    jobs,
    licenses,
    pairing,
    profiles,
    reports,
    retention_policies,
    services,
    smtp,
    statistics,
    stores,
    system_administrators,
    time_zones,
    users,
    worker_results,
)

NOUNS: Final = (
    archive_admin,
    branding,
    client_access_servers,
    compliance,
    credentials,
    directory_services,
    environment,
    folders,
    indexes,
    instance_hosts,
    instances,
    jobs,
    licenses,
    pairing,
    profiles,
    reports,
    retention_policies,
    services,
    smtp,
    statistics,
    stores,
    system_administrators,
    time_zones,
    users,
    worker_results,
)


def catalogue(commands: Iterable[Command]) -> Mapping[str, Command]:
    """The commands by name, unchangeable.

    Raises:
        DeclarationError: two commands have the same name.
    """
    by_name: dict[str, Command] = {}
    for command in commands:
        if command.name in by_name:
            raise DeclarationError(f"{command.name} is declared twice.")
        by_name[command.name] = command
    return MappingProxyType(by_name)


COMMANDS: Final = catalogue(command for noun in NOUNS for command in noun.COMMANDS)

ONE_TIME: Final = frozenset(
    {
        "CreateClientOneTimeUrlForArchiveAdmin",
        "CreateSystemAdministratorAPIPassword",
        "InitializeMFA",
        "InitializeSystemAdministratorMFA",
    }
)
"""Commands whose result is a secret: handed out once, then erased (decision 16)."""
