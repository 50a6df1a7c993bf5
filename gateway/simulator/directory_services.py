"""Directory services: where an instance's users come from."""

import re
from typing import Any

from .archive import Archive, Document, User
from .archive_admin import granted, opened
from .commands import command
from .deployment import Deployment
from .documents import sealed, shown
from .failures import Failure, missing, out_of_range
from .operations import LongRun, Step
from .users import LOGIN_PRIVILEGES
from .wire import Arguments

TYPE = re.compile("[a-z][A-Za-z0-9]+")
NONE: Document = {"type": "none"}
SECONDS = 0.1


@command("GetDirectoryServicesConfiguration", "read")
def get_directory_services_configuration(
    deployment: Deployment, arguments: Arguments
) -> dict[str, Any]:
    """Return the configuration, whose other members depend on `type`, without passwords."""
    found: dict[str, Any] = shown(_configuration(opened(deployment, arguments)))
    return found


@command("SetDirectoryServicesConfiguration", "change")
def set_directory_services_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the configuration; a password that is left out is gone."""
    archive, config = opened(deployment, arguments), arguments["config"]
    if not isinstance(config, dict):
        raise missing("config")
    if not isinstance(config.get("type"), str):
        raise missing("config.type")
    if not TYPE.fullmatch(config["type"]):
        raise out_of_range()
    archive.configuration["directoryServices"] = sealed(config)


@command("SyncUsersWithDirectoryServices", "run")
def sync_users_with_directory_services(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Create and change users after the directory; with `dryRun` only say what would be done."""
    instance, archive = granted(deployment, arguments), opened(deployment, arguments)
    if _configuration(archive)["type"] == "none":
        raise Failure("Directory services have not been configured.")
    wanted = [_user(entry) for entry in archive.directory]
    changed = [user for user in wanted if _differs(archive.users.get(user.user_name), user)]
    changes = [_change(archive, user) for user in changed]
    lines = [f"  {change['userName']}: {change['changeType']}\r\n" for change in changes]
    steps = (
        Step(0.0, "Reading users from directory services...\r\n", 0),
        Step(SECONDS, "".join(lines) + f"{len(changes)} users to change.\r\n", 100),
    )

    def finish() -> list[dict[str, str]]:
        if not arguments["dryRun"]:
            _store(deployment.archive(instance), changed)
        return changes

    return LongRun(steps, SECONDS, finish)


def _configuration(archive: Archive) -> Document:
    return dict(archive.configuration.get("directoryServices", NONE))


def _user(entry: Document) -> User:
    """Return the user that an entry of the directory describes."""
    return User(
        user_name=entry["userName"],
        full_name=entry.get("fullName"),
        distinguished_name=entry.get("distinguishedName", f"CN={entry['userName']}"),
        authentication="directoryServices",
        email_addresses=list(entry.get("emailAddresses", ())),
        privileges=["login"],
        login_privileges=list(LOGIN_PRIVILEGES),
    )


def _facts(user: User) -> tuple[Any, ...]:
    return user.full_name, user.distinguished_name, user.authentication, user.email_addresses


def _differs(known: User | None, wanted: User) -> bool:
    return known is None or _facts(known) != _facts(wanted)


def _change(archive: Archive, user: User) -> dict[str, str]:
    kind = "modified" if user.user_name in archive.users else "added"
    return {"userName": user.user_name, "changeType": kind}


def _store(archive: Archive, changed: list[User]) -> None:
    for wanted in changed:
        user = archive.users.setdefault(wanted.user_name, wanted)
        user.full_name = wanted.full_name
        user.distinguished_name = wanted.distinguished_name
        user.authentication = wanted.authentication
        user.email_addresses = wanted.email_addresses
