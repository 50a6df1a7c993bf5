"""Users of an instance and what they may do."""

from hashlib import sha256
from typing import Any

from .archive import Archive, User
from .archive_admin import USER_NAME, granted
from .commands import command
from .deployment import Deployment
from .failures import Failure
from .folders import top_level
from .state import Instance
from .wire import Arguments

SINCE = {"mfaStatus": "23.2", "loginPrivileges": "23.4"}
LOGIN_PRIVILEGES = ["windows", "web", "outlook", "windowsCmd", "imap"]


@command("GetUsers", "read")
def get_users(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the users, `$archiveadmin` among them."""
    users = _archive(deployment, arguments).users.values()
    return [_known(deployment, _row(user)) for user in (_ARCHIVE_ADMIN, *users)]


@command("GetUserInfo", "read")
def get_user_info(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return everything about a user; for administrators without folders."""
    archive = _archive(deployment, arguments)
    own = arguments["userName"] == USER_NAME
    user = _ARCHIVE_ADMIN if own else _find(archive, arguments["userName"])
    return _known(deployment, _details(user))


@command("CreateUser", "change")
def create_user(deployment: Deployment, arguments: Arguments) -> None:
    """Create a user; all login privileges unless some are given."""
    archive = _archive(deployment, arguments)
    _require_free(archive, arguments["userName"])
    logins = arguments["loginPrivileges"]
    archive.users[arguments["userName"]] = User(
        user_name=arguments["userName"],
        full_name=arguments["fullName"],
        distinguished_name=arguments["distinguishedName"],
        authentication=arguments["authentication"] or "integrated",
        privileges=arguments["privileges"],
        login_privileges=list(LOGIN_PRIVILEGES) if logins is None else logins,
        password_sha256=_digest(arguments["password"]),
    )


@command("DeleteUser", "change")
def delete_user(deployment: Deployment, arguments: Arguments) -> None:
    """Delete a user; the archived mail stays."""
    archive = _archive(deployment, arguments)
    del archive.users[_find(archive, arguments["userName"]).user_name]


@command("RenameUser", "change")
def rename_user(deployment: Deployment, arguments: Arguments) -> None:
    """Rename a user, but not the user's archive folder."""
    archive = _archive(deployment, arguments)
    user = _find(archive, arguments["oldUserName"])
    _require_free(archive, arguments["newUserName"])
    del archive.users[user.user_name]
    user.user_name = arguments["newUserName"]
    archive.users[user.user_name] = user


@command("SetUserPassword", "change")
def set_user_password(deployment: Deployment, arguments: Arguments) -> None:
    """Set a password, which nobody can read again."""
    _user(deployment, arguments).password_sha256 = _digest(arguments["password"])


@command("SetUserFullName", "change")
def set_user_full_name(deployment: Deployment, arguments: Arguments) -> None:
    """Set the full name, or remove it."""
    _user(deployment, arguments).full_name = arguments["fullName"]


@command("SetUserAuthentication", "change")
def set_user_authentication(deployment: Deployment, arguments: Arguments) -> None:
    """Choose between MailStore's own and the directory's authentication."""
    _user(deployment, arguments).authentication = arguments["authentication"]


@command("SetUserDistinguishedName", "change")
def set_user_distinguished_name(deployment: Deployment, arguments: Arguments) -> None:
    """Set the LDAP name, or remove it."""
    _user(deployment, arguments).distinguished_name = arguments["distinguishedName"]


@command("SetUserEmailAddresses", "change")
def set_user_email_addresses(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the email addresses, by none if the list is left out."""
    _user(deployment, arguments).email_addresses = _list(arguments["emailAddresses"])


@command("SetUserPop3UserNames", "change")
def set_user_pop3_user_names(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the POP3 user names, by none if the list is left out."""
    _user(deployment, arguments).pop3_user_names = _list(arguments["pop3UserNames"])


@command("SetUserPrivileges", "change")
def set_user_privileges(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the global privileges."""
    _user(deployment, arguments).privileges = arguments["privileges"]


@command("SetUserLoginPrivileges", "change")
def set_user_login_privileges(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the login privileges."""
    _user(deployment, arguments).login_privileges = arguments["loginPrivileges"]


@command("SetUserPrivilegesOnFolder", "change")
def set_user_privileges_on_folder(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the privileges on one top-level folder."""
    folders = _user(deployment, arguments).privileges_on_folders
    if {"/", "\\"} & set(arguments["folder"]):
        raise Failure(f"The folder '{arguments['folder']}' is not a top-level folder.")
    folders.pop(arguments["folder"], None)
    if arguments["privileges"]:
        folders[arguments["folder"]] = arguments["privileges"]


@command("ClearUserPrivilegesOnFolders", "change")
def clear_user_privileges_on_folders(deployment: Deployment, arguments: Arguments) -> None:
    """Remove all privileges on folders."""
    _user(deployment, arguments).privileges_on_folders.clear()


@command("SetUserPrivilegesOnAllFolders", "change")
def set_user_privileges_on_all_folders(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the privileges on all top-level folders but those that are excluded."""
    archive, user = _archive(deployment, arguments), _user(deployment, arguments)
    excluded = _list(arguments["excludeFolders"])
    for folder in top_level(archive):
        if folder not in excluded:
            user.privileges_on_folders[folder] = list(arguments["privileges"])


@command("DeleteAppPasswords", "change")
def delete_app_passwords(deployment: Deployment, arguments: Arguments) -> None:
    """Take away the passwords for programs that know no second factor."""
    _user(deployment, arguments).app_passwords = 0


@command("InitializeMFA", "change")
def initialize_mfa(deployment: Deployment, arguments: Arguments) -> None:
    """Demand a second factor, to be set up at the next login."""
    _user(deployment, arguments).mfa_status = "initialized"


@command("DisableMFA", "change")
def disable_mfa(deployment: Deployment, arguments: Arguments) -> None:
    """Demand no second factor any more."""
    _user(deployment, arguments).mfa_status = "disabled"


_ARCHIVE_ADMIN = User(
    user_name=USER_NAME, privileges=["admin"], login_privileges=["windows", "web", "windowsCmd"]
)


def licensed(deployment: Deployment, instance: Instance) -> int:
    """Return how many licences the users of an instance take."""
    return deployment.licences(instance)


def _archive(deployment: Deployment, arguments: Arguments) -> Archive:
    return deployment.archive(granted(deployment, arguments))


def _user(deployment: Deployment, arguments: Arguments) -> User:
    return _find(_archive(deployment, arguments), arguments["userName"])


def _find(archive: Archive, name: str) -> User:
    found = archive.users.get(name)
    if found is None:
        raise Failure(f"The user '{name}' does not exist.")
    return found


def _require_free(archive: Archive, name: str) -> None:
    if name == USER_NAME or name in archive.users:
        raise Failure(f"The user '{name}' already exists.")


def _digest(password: str | None) -> str | None:
    """Return what a test compares a password with; a simulator protects none."""
    return None if password is None else sha256(password.encode()).hexdigest()


def _list(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _known(deployment: Deployment, view: dict[str, Any]) -> dict[str, Any]:
    """Leave out what an older version knows nothing of."""
    return {key: value for key, value in view.items() if deployment.has(SINCE.get(key, ""))}


def _row(user: User) -> dict[str, Any]:
    return {
        "userName": user.user_name,
        "fullName": user.full_name,
        "distinguishedName": user.distinguished_name,
        "mfaStatus": user.mfa_status,
    }


def _details(user: User) -> dict[str, Any]:
    details = {
        "userName": user.user_name,
        "fullName": user.full_name,
        "distinguishedName": user.distinguished_name,
        "authentication": user.authentication,
        "mfaStatus": user.mfa_status,
        "emailAddresses": user.email_addresses,
        "pop3UserNames": user.pop3_user_names,
        "privileges": user.privileges,
        "loginPrivileges": user.login_privileges,
        "privilegesOnFolders": [
            {"folder": folder, "privileges": privileges}
            for folder, privileges in user.privileges_on_folders.items()
        ],
    }
    if "admin" in user.privileges:
        del details["privilegesOnFolders"]
    return details
