"""What users look like, in both directions."""

from gateway.web.fields import AnyValue, Choice, ListOf, Part, Secret, Text
from gateway.web.schemas import Paging, Schema, page_of

PRIVILEGES = (
    "admin",
    "login",
    "changePassword",
    "archive",
    "modifyArchiveProfiles",
    "export",
    "modifyExportProfiles",
    "delete",
)
LOGIN_PRIVILEGES = ("windows", "web", "outlook", "windowsCmd", "imap", "api")
FOLDER_PRIVILEGES = ("read", "write", "delete")
AUTHENTICATIONS = ("integrated", "directoryServices")
ALONE = "`admin` stands alone and needs users:admin; an empty list is none."


class UserFolderPrivilegesSchema(Schema):
    """What a user may do in one folder."""

    folder = Text("The folder.", min_length=0, required=True, dump_only=True)
    privileges = ListOf(Choice(FOLDER_PRIVILEGES), "What it may do.", required=True, dump_only=True)


class UserSchema(Schema):
    """A user. Lists leave out what stands after `mfaStatus` unless `expand=details` asks for it."""

    user_name = Text("The name it logs in with.", required=True, dump_only=True)
    full_name = Text("The name shown to people.", allow_none=True, min_length=0, dump_only=True)
    distinguished_name = Text("Its LDAP DN.", allow_none=True, min_length=0, dump_only=True)
    mfa_status = Text("SPE's word for its second factor.", allow_none=True, dump_only=True)
    authentication = Choice(AUTHENTICATIONS, "Who checks its password.", dump_only=True)
    email_addresses = ListOf(Text(), "Its addresses.", allow_none=True, dump_only=True)
    pop3_user_names = ListOf(
        Text(), "Its POP3 names.", allow_none=True, dump_only=True, data_key="pop3UserNames"
    )
    privileges = ListOf(Choice(PRIVILEGES), "What it may do.", allow_none=True, dump_only=True)
    login_privileges = ListOf(
        Choice(LOGIN_PRIVILEGES), "How it may log in.", allow_none=True, dump_only=True
    )
    privileges_on_folders = ListOf(
        Part(UserFolderPrivilegesSchema),
        "Absent for administrators, who may read all.",
        allow_none=True,
        dump_only=True,
    )


class UserCreateSchema(Schema):
    """A user to be made."""

    user_name = Text("The name it logs in with.", max_length=255, required=True)
    privileges = ListOf(
        Choice(PRIVILEGES),
        f"What it may do; left out, `login`. {ALONE}",
        load_default=lambda: ["login"],
    )
    full_name = Text("The name shown to people.", max_length=255)
    distinguished_name = Text("Its LDAP DN.", max_length=1024)
    authentication = Choice(AUTHENTICATIONS, "Who checks its password.")
    password = Secret("Its password, for `integrated` authentication.", max_length=255)
    login_privileges = ListOf(
        Choice(LOGIN_PRIVILEGES), "How it may log in; left out, in every way."
    )


class UserPatchSchema(Schema):
    """What changes of a user; what is left out stays."""

    user_name = Text("Its new name. The name of its archive folder stays.", max_length=255)
    full_name = Text("The name shown to people; null removes it.", max_length=255, allow_none=True)
    distinguished_name = Text("Its LDAP DN; null removes it.", max_length=1024, allow_none=True)
    authentication = Choice(AUTHENTICATIONS, "Who checks its password.")
    email_addresses = ListOf(Text(max_length=320), "All its addresses.")
    pop3_user_names = ListOf(Text(), "All its POP3 names.", data_key="pop3UserNames")
    privileges = ListOf(Choice(PRIVILEGES), f"All that it may do. {ALONE}")
    login_privileges = ListOf(
        Choice(LOGIN_PRIVILEGES), "All ways in which it may log in; an empty list is none."
    )


class UserPasswordSchema(Schema):
    """A new password."""

    password = Secret("For `integrated` authentication.", max_length=255, required=True)


class UserMfaSchema(Schema):
    """A second factor that is to be set up."""

    mfa_status = Text("SPE's word for it.", allow_none=True, required=True, dump_only=True)
    setup = AnyValue(
        "What SPE gave for setting it up, shown this once; null when the user is led through "
        "it at the next log-in.",
        allow_none=True,
        required=True,
        dump_only=True,
    )


class UserFolderPrivilegesPutSchema(Schema):
    """What a user may do in a folder."""

    privileges = ListOf(
        Choice(FOLDER_PRIVILEGES), "All that it may do; an empty list is none.", required=True
    )


class UserAllFoldersPutSchema(Schema):
    """What a user may do in all folders but some."""

    privileges = ListOf(
        Choice(FOLDER_PRIVILEGES), "What it may do in each of them.", required=True, min_items=1
    )
    exclude_folders = ListOf(Text(), "Folders that stay as they are.", load_default=list)


class UserQuery(Paging):
    """Which users, and how much of them."""

    expand = Choice(("details",), "`details`: all that a single user shows, read for each of them.")


UserPage = page_of(UserSchema)
UserFolderPrivilegesPage = page_of(UserFolderPrivilegesSchema)
