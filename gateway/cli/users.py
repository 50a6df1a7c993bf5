"""``spe-gateway users``: the users of an instance."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from gateway.cli.nouns.group import group_of
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Page
from gateway.cli.nouns.showing import Column, lines_of

USERS: Final = "/instances/{instance}/users"
USER: Final = f"{USERS}/{{user}}"

LOGINS: Final = ("windows", "web", "outlook", "windowsCmd", "imap", "api")
PRIVILEGES: Final = (
    "admin",
    "login",
    "changePassword",
    "archive",
    "modifyArchiveProfiles",
    "export",
    "modifyExportProfiles",
    "delete",
)
FULL_NAME: Final = Field("fullName", "The name shown to people.")
AUTHENTICATION: Final = Field(
    "authentication", "Who checks its password.", choices=("integrated", "directoryServices")
)
DN: Final = Field("distinguishedName", "Its LDAP DN.")
LOGIN: Final = Field(
    "loginPrivileges",
    "A way in which it may log in.",
    Form.LIST,
    option="login",
    choices=LOGINS,
    emptiable=True,
)
PRIVILEGE: Final = Field(
    "privileges",
    "Something that it may do.",
    Form.LIST,
    option="privilege",
    choices=PRIVILEGES,
    emptiable=True,
)


def setup_lines(result: Any) -> Iterator[str]:  # noqa: ANN401 - whatever was answered
    """Yield what is shown once, for the user to set their device up with."""
    if result and result.get("setup"):
        yield "What the user sets their device up with is shown this once:"
        yield from lines_of(result, "  ")


users = group_of(
    "users",
    "See and manage the users of an instance; each is named by its user name.",
    (
        Listing(
            name="list",
            path=USERS,
            help="List the users of an instance.",
            examples=("acme", "acme --expand details --json"),
            fields=(
                Field(
                    "expand", "With all that is known of each.", choices=("details",), in_query=True
                ),
            ),
            columns=(
                Column("USER", "userName"),
                Column("NAME", "fullName"),
                Column("DN", "distinguishedName"),
            ),
        ),
        Page(
            name="show", path=USER, help="Show a user.", examples=("acme jane", "acme jane --json")
        ),
        Change(
            name="create",
            path=USERS,
            help="Make a user; with --password-file - at a terminal, its password is asked for.",
            examples=(
                "acme --user-name jane --full-name 'Jane Roe' --password-file -",
                "acme --user-name jane --authentication directoryServices --json",
            ),
            fields=(
                Field("userName", "The name it logs in with.", required=True),
                FULL_NAME,
                Field("password", "Its password.", Form.NEW_SECRET),
                AUTHENTICATION,
                DN,
                LOGIN,
                PRIVILEGE,
            ),
            done="{userName} is made in {instance}.",
            lasting=True,
            rehearsed=True,
        ),
        Change(
            name="update",
            method="PATCH",
            path=USER,
            help="Change a user: what is not given stays as it is, a list is given whole.",
            examples=("acme jane --full-name 'Jane Doe'", "acme jane --privilege login"),
            fields=(
                Field("userName", "Its new name."),
                replace(FULL_NAME, nullable=True),
                AUTHENTICATION,
                replace(DN, nullable=True),
                Field("emailAddresses", "An address.", Form.LIST, option="email", emptiable=True),
                Field("pop3UserNames", "A POP3 name.", Form.LIST, option="pop3", emptiable=True),
                LOGIN,
                PRIVILEGE,
            ),
            done="{user} of {instance} is changed.",
            lasting=True,
        ),
        Change(
            name="password",
            method="PUT",
            path=f"{USER}/password",
            help="Give a user another password; it is asked for, or read from a file.",
            examples=("acme jane", "acme jane --password-file - < password"),
            fields=(Field("password", "The new password.", Form.NEW_SECRET, required=True),),
            done="{user} of {instance} has another password.",
            lasting=True,
        ),
        Change(
            name="init-mfa",
            method="PUT",
            path=f"{USER}/mfa",
            help="Have a user set up a second factor anew, and show once what they need for that.",
            examples=("acme jane", "acme jane --json"),
            doing="This voids what {user} of {instance} has set up as a second factor",
            asked=Asked.YES,
            done="{user} of {instance} needs a second factor.",
            lasting=True,
            lines=setup_lines,
        ),
        Change(
            name="disable-mfa",
            method="DELETE",
            path=f"{USER}/mfa",
            help="Let a user log in without a second factor.",
            examples=("acme jane", "acme jane --yes"),
            doing="This lets {user} of {instance} log in without a second factor",
            asked=Asked.YES,
            done="{user} of {instance} needs no second factor.",
            lasting=True,
        ),
        Change(
            name="delete-app-passwords",
            method="DELETE",
            path=f"{USER}/app-passwords",
            help="Delete all app passwords of a user.",
            examples=("acme jane", "acme jane --yes"),
            doing="This keeps programs from logging in as {user} of {instance}",
            asked=Asked.YES,
            done="{user} of {instance} has no app passwords.",
            lasting=True,
        ),
        Change(
            name="delete",
            method="DELETE",
            path=USER,
            help="Delete a user; their archive stays.",
            examples=("acme jane", "acme jane --yes"),
            doing="This deletes {user}, who cannot log in to {instance} any more",
            asked=Asked.YES,
            done="{user} is deleted from {instance}; their archive stays.",
            lasting=True,
        ),
    ),
)
