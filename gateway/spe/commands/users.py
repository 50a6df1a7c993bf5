"""Users of an instance, their log-in and their privileges."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

_USER_NAME = Param("userName", ParamType.STRING)
_PRIVILEGES = Param(
    "privileges",
    ParamType.STRING,
    values=(
        "none",
        "admin",
        "login",
        "changePassword",
        "archive",
        "modifyArchiveProfiles",
        "export",
        "modifyExportProfiles",
        "delete",
    ),
    is_list=True,
)
_FULL_NAME = Param("fullName", ParamType.STRING, required=False)
_DISTINGUISHED_NAME = Param("distinguishedName", ParamType.STRING, required=False)

GET_USERS = Command(
    name="GetUsers",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID,),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
GET_USER_INFO = Command(
    name="GetUserInfo",
    target=Target.INSTANCE,
    effect=Effect.READ,
    params=(INSTANCE_ID, _USER_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.NONE_NEEDED,
)
CREATE_USER = Command(
    name="CreateUser",
    target=Target.INSTANCE,
    effect=Effect.CREATE_NAMED,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        _PRIVILEGES,
        _FULL_NAME,
        _DISTINGUISHED_NAME,
        Param(
            "authentication",
            ParamType.STRING,
            required=False,
            values=("integrated", "directoryServices"),
        ),
        Param("password", ParamType.STRING, required=False, secret=True),
        Param(
            "loginPrivileges",
            ParamType.STRING,
            required=False,
            values=("none", "windows", "web", "outlook", "windowsCmd", "imap", "api"),
            is_list=True,
        ),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.BY_NAME,
)
RENAME_USER = Command(
    name="RenameUser",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        Param("oldUserName", ParamType.STRING),
        Param("newUserName", ParamType.STRING),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.BY_STATE,
)
DELETE_USER = Command(
    name="DeleteUser",
    target=Target.INSTANCE,
    effect=Effect.DESTROY,
    params=(INSTANCE_ID, _USER_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.BY_NAME,
)
SET_USER_FULL_NAME = Command(
    name="SetUserFullName",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME, _FULL_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_DISTINGUISHED_NAME = Command(
    name="SetUserDistinguishedName",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME, _DISTINGUISHED_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_AUTHENTICATION = Command(
    name="SetUserAuthentication",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        Param("authentication", ParamType.STRING, values=("integrated", "directoryServices")),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_PASSWORD = Command(
    name="SetUserPassword",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME, Param("password", ParamType.STRING, secret=True)),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_EMAIL_ADDRESSES = Command(
    name="SetUserEmailAddresses",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        Param("emailAddresses", ParamType.STRING, required=False, is_list=True),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_POP3_USER_NAMES = Command(
    name="SetUserPop3UserNames",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        Param("pop3UserNames", ParamType.STRING, required=False, is_list=True),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_PRIVILEGES = Command(
    name="SetUserPrivileges",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME, _PRIVILEGES),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_LOGIN_PRIVILEGES = Command(
    name="SetUserLoginPrivileges",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        Param(
            "loginPrivileges",
            ParamType.STRING,
            values=("none", "windows", "web", "outlook", "windowsCmd", "imap", "api"),
            is_list=True,
        ),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_PRIVILEGES_ON_FOLDER = Command(
    name="SetUserPrivilegesOnFolder",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        Param("folder", ParamType.STRING),
        Param(
            "privileges", ParamType.STRING, values=("none", "read", "write", "delete"), is_list=True
        ),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
SET_USER_PRIVILEGES_ON_ALL_FOLDERS = Command(
    name="SetUserPrivilegesOnAllFolders",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(
        INSTANCE_ID,
        _USER_NAME,
        Param("privileges", ParamType.STRING, values=("read", "write", "delete"), is_list=True),
        Param("excludeFolders", ParamType.STRING, required=False, is_list=True),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
CLEAR_USER_PRIVILEGES_ON_FOLDERS = Command(
    name="ClearUserPrivilegesOnFolders",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
INITIALIZE_MFA = Command(
    name="InitializeMFA",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(INSTANCE_ID, _USER_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.BY_STATE,
)
DISABLE_MFA = Command(
    name="DisableMFA",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)
DELETE_APP_PASSWORDS = Command(
    name="DeleteAppPasswords",
    target=Target.INSTANCE,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(INSTANCE_ID, _USER_NAME),
    needs_service_provider_access=True,
    evidence=Evidence.SEND_AGAIN,
)

COMMANDS = (
    GET_USERS,
    GET_USER_INFO,
    CREATE_USER,
    RENAME_USER,
    DELETE_USER,
    SET_USER_FULL_NAME,
    SET_USER_DISTINGUISHED_NAME,
    SET_USER_AUTHENTICATION,
    SET_USER_PASSWORD,
    SET_USER_EMAIL_ADDRESSES,
    SET_USER_POP3_USER_NAMES,
    SET_USER_PRIVILEGES,
    SET_USER_LOGIN_PRIVILEGES,
    SET_USER_PRIVILEGES_ON_FOLDER,
    SET_USER_PRIVILEGES_ON_ALL_FOLDERS,
    CLEAR_USER_PRIVILEGES_ON_FOLDERS,
    INITIALIZE_MFA,
    DISABLE_MFA,
    DELETE_APP_PASSWORDS,
)
