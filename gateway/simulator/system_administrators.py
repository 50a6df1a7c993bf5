"""The administrators of the whole installation, who may all use this API."""

import secrets
from hmac import compare_digest
from typing import Any

from .commands import command
from .deployment import Deployment
from .documents import OPTIONAL_TEXT, TEXT, digest, read_document
from .failures import Failure, missing
from .state import Administrator
from .wire import Arguments

CONFIGURATION = {"userName": TEXT, "fullName": OPTIONAL_TEXT, "emailAddress": OPTIONAL_TEXT}


@command("GetSystemAdministrators", "read")
def get_system_administrators(
    deployment: Deployment, _arguments: Arguments
) -> list[dict[str, Any]]:
    """List the administrators."""
    return [
        {
            "userName": administrator.user_name,
            "fullName": administrator.full_name,
            "emailAddress": administrator.email_address,
            "mfaStatus": administrator.mfa_status,
        }
        for administrator in deployment.state.administrators.values()
    ]


@command("CreateSystemAdministrator", "change")
def create_system_administrator(deployment: Deployment, arguments: Arguments) -> None:
    """Create an administrator."""
    values = _configuration(arguments)
    if values["userName"] in deployment.state.administrators:
        raise Failure(f"The system administrator '{values['userName']}' already exists.")
    deployment.state.administrators[values["userName"]] = Administrator(
        user_name=values["userName"],
        full_name=values.get("fullName"),
        email_address=values.get("emailAddress"),
        password_sha256=digest(arguments["password"]),
    )


@command("SetSystemAdministratorConfiguration", "change")
def set_system_administrator_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace full name and email address."""
    values = _configuration(arguments)
    administrator = find(deployment, values["userName"])
    administrator.full_name = values.get("fullName")
    administrator.email_address = values.get("emailAddress")


@command("SetSystemAdministratorPassword", "change")
def set_system_administrator_password(deployment: Deployment, arguments: Arguments) -> None:
    """Set the password for the Management Console, and for this API while MFA is off."""
    administrator = find(deployment, arguments["userName"])
    administrator.password_sha256 = digest(arguments["password"])


@command("DeleteSystemAdministrator", "change")
def delete_system_administrator(deployment: Deployment, arguments: Arguments) -> None:
    """Delete an administrator, but never the caller, so that one is always left."""
    administrator = find(deployment, arguments["userName"])
    if administrator.user_name == deployment.caller:
        raise Failure("You cannot delete yourself.")
    del deployment.state.administrators[administrator.user_name]


@command("InitializeSystemAdministratorMFA", "change")
def initialize_system_administrator_mfa(deployment: Deployment, arguments: Arguments) -> None:
    """Demand a second factor; from now on the password does not do for this API."""
    find(deployment, arguments["userName"]).mfa_status = "initialized"


@command("DeactivateSystemAdministratorMFA", "change")
def deactivate_system_administrator_mfa(deployment: Deployment, arguments: Arguments) -> None:
    """Demand no second factor any more."""
    find(deployment, arguments["userName"]).mfa_status = "disabled"


@command("CreateSystemAdministratorAPIPassword", "change")
def create_system_administrator_api_password(deployment: Deployment, _arguments: Arguments) -> str:
    """Return a new API password of the caller; the one before is worth nothing any more."""
    password = secrets.token_urlsafe(24)
    find(deployment, deployment.caller).api_password_sha256 = digest(password)
    return password


def find(deployment: Deployment, name: str) -> Administrator:
    """Return an administrator by name.

    Raises:
        Failure: there is none.
    """
    found = deployment.state.administrators.get(name)
    if found is None:
        raise Failure(f"The system administrator '{name}' does not exist.")
    return found


def authenticates(deployment: Deployment, user_name: str, password: str) -> bool:
    """Return whether a password lets an administrator use this API.

    The API password always does, the other one only without MFA.
    """
    administrator = deployment.state.administrators.get(user_name, Administrator(""))
    right = [administrator.api_password_sha256]
    if administrator.mfa_status == "disabled":
        right.append(administrator.password_sha256)
    given = digest(password)
    return any(known is not None and compare_digest(given, known) for known in right)


def _configuration(arguments: Arguments) -> dict[str, Any]:
    values = read_document(arguments["config"], "config", CONFIGURATION)
    if not values.get("userName"):
        raise missing("config.userName")
    return values
