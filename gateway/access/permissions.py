"""Permissions are named after the noun; roles are named sets of them."""

from enum import StrEnum


class Permission(StrEnum):
    """Every permission; the value is what tokens, grants and answers carry."""

    ADMINISTRATORS_CREATE = "administrators:create"
    ADMINISTRATORS_CREDENTIALS = "administrators:credentials"
    ADMINISTRATORS_DELETE = "administrators:delete"
    ADMINISTRATORS_READ = "administrators:read"
    ADMINISTRATORS_UPDATE = "administrators:update"
    ARCHIVE_ADMIN_LOGIN = "archive-admin:login"
    ARCHIVE_ADMIN_READ = "archive-admin:read"
    ARCHIVE_ADMIN_UPDATE = "archive-admin:update"
    AUDIT_READ = "audit:read"
    CLIENTS_CREATE = "clients:create"
    CLIENTS_DELETE = "clients:delete"
    CLIENTS_FEDERATE = "clients:federate"
    CLIENTS_READ = "clients:read"
    CLIENTS_UPDATE = "clients:update"
    COMMANDS_INVOKE = "commands:invoke"
    COMPLIANCE_READ = "compliance:read"
    COMPLIANCE_UPDATE = "compliance:update"
    CREDENTIALS_CREATE = "credentials:create"
    CREDENTIALS_DELETE = "credentials:delete"
    CREDENTIALS_READ = "credentials:read"
    CREDENTIALS_UPDATE = "credentials:update"
    DEPLOYMENTS_CREATE = "deployments:create"
    DEPLOYMENTS_CREDENTIALS = "deployments:credentials"
    DEPLOYMENTS_DELETE = "deployments:delete"
    DEPLOYMENTS_READ = "deployments:read"
    DEPLOYMENTS_UPDATE = "deployments:update"
    DIRECTORY_SERVICES_READ = "directory-services:read"
    DIRECTORY_SERVICES_RUN = "directory-services:run"
    DIRECTORY_SERVICES_UPDATE = "directory-services:update"
    EVENTS_READ = "events:read"
    FOLDERS_DELETE = "folders:delete"
    FOLDERS_READ = "folders:read"
    FOLDERS_UPDATE = "folders:update"
    HOSTS_CREATE = "hosts:create"
    HOSTS_DELETE = "hosts:delete"
    HOSTS_UPDATE = "hosts:update"
    INDEXES_READ = "indexes:read"
    INDEXES_RUN = "indexes:run"
    INDEXES_UPDATE = "indexes:update"
    INSTANCES_ADOPT = "instances:adopt"
    INSTANCES_CREATE = "instances:create"
    INSTANCES_DELETE = "instances:delete"
    INSTANCES_OPERATE = "instances:operate"
    INSTANCES_PURGE = "instances:purge"
    INSTANCES_READ = "instances:read"
    INSTANCES_SUSPEND = "instances:suspend"
    INSTANCES_UPDATE = "instances:update"
    JOBS_CREATE = "jobs:create"
    JOBS_DELETE = "jobs:delete"
    JOBS_OWNER = "jobs:owner"
    JOBS_READ = "jobs:read"
    JOBS_RUN = "jobs:run"
    JOBS_UPDATE = "jobs:update"
    OPERATIONS_CANCEL = "operations:cancel"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_RESOLVE = "operations:resolve"
    PROFILES_ANY = "profiles:any"
    PROFILES_CREATE = "profiles:create"
    PROFILES_DELETE = "profiles:delete"
    PROFILES_READ = "profiles:read"
    PROFILES_RUN = "profiles:run"
    PROFILES_UPDATE = "profiles:update"
    RECONCILIATION_READ = "reconciliation:read"
    REPORTS_SEND = "reports:send"
    RESELLERS_CREATE = "resellers:create"
    RESELLERS_DELETE = "resellers:delete"
    RESELLERS_READ = "resellers:read"
    RESELLERS_UNLIMITED = "resellers:unlimited"
    RESELLERS_UPDATE = "resellers:update"
    RETENTION_POLICIES_READ = "retention-policies:read"
    RETENTION_POLICIES_RUN = "retention-policies:run"
    RETENTION_POLICIES_UPDATE = "retention-policies:update"
    SMTP_READ = "smtp:read"
    SMTP_RUN = "smtp:run"
    SMTP_UPDATE = "smtp:update"
    STATEMENTS_ACKNOWLEDGE = "statements:acknowledge"
    STATEMENTS_CORRECT = "statements:correct"
    STATEMENTS_READ = "statements:read"
    STORES_CREATE = "stores:create"
    STORES_DELETE = "stores:delete"
    STORES_PATHS = "stores:paths"
    STORES_READ = "stores:read"
    STORES_RUN = "stores:run"
    STORES_UPDATE = "stores:update"
    SYSTEM_SMTP_READ = "system-smtp:read"
    SYSTEM_SMTP_UPDATE = "system-smtp:update"
    USAGE_READ = "usage:read"
    USERS_ADMIN = "users:admin"
    USERS_CREATE = "users:create"
    USERS_CREDENTIALS = "users:credentials"
    USERS_DELETE = "users:delete"
    USERS_READ = "users:read"
    USERS_UPDATE = "users:update"
    WEBHOOKS_CREATE = "webhooks:create"
    WEBHOOKS_DELETE = "webhooks:delete"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_UPDATE = "webhooks:update"
    WORKER_RESULTS_READ = "worker-results:read"


DESCRIPTIONS: dict[Permission, str] = {
    Permission.ADMINISTRATORS_CREATE: "Create system administrators of a deployment.",
    Permission.ADMINISTRATORS_CREDENTIALS: "Set an administrator's password and second factor.",
    Permission.ADMINISTRATORS_DELETE: "Delete system administrators of a deployment.",
    Permission.ADMINISTRATORS_READ: "See the system administrators of a deployment.",
    Permission.ADMINISTRATORS_UPDATE: "Change names and addresses of system administrators.",
    Permission.ARCHIVE_ADMIN_LOGIN: "Make a one-time URL that logs in as archive administrator.",
    Permission.ARCHIVE_ADMIN_READ: "See whether service provider access is on.",
    Permission.ARCHIVE_ADMIN_UPDATE: "Switch service provider access, the customer's consent.",
    Permission.AUDIT_READ: "See who did what, in the own reseller and below.",
    Permission.CLIENTS_CREATE: "Create API clients of the own reseller or below.",
    Permission.CLIENTS_DELETE: "Delete API clients.",
    Permission.CLIENTS_FEDERATE: "Let clients sign in with tokens of outside issuers.",
    Permission.CLIENTS_READ: "See API clients, without their secrets.",
    Permission.CLIENTS_UPDATE: "Change API clients and rotate their secrets.",
    Permission.COMMANDS_INVOKE: "Send any Management API command to a deployment.",
    Permission.COMPLIANCE_READ: "See compliance settings, legal hold among them.",
    Permission.COMPLIANCE_UPDATE: "Change compliance settings, legal hold among them.",
    Permission.CREDENTIALS_CREATE: "Create credentials that profiles sign in with.",
    Permission.CREDENTIALS_DELETE: "Delete credentials.",
    Permission.CREDENTIALS_READ: "See credentials, without their private keys.",
    Permission.CREDENTIALS_UPDATE: "Change credentials and renew their certificates.",
    Permission.DEPLOYMENTS_CREATE: "Probe and register deployments.",
    Permission.DEPLOYMENTS_CREDENTIALS: "Rotate the password that the gateway itself uses.",
    Permission.DEPLOYMENTS_DELETE: "Remove deployments that hold nothing.",
    Permission.DEPLOYMENTS_READ: "See deployments, their health and their hosts.",
    Permission.DEPLOYMENTS_UPDATE: "Change deployments, cordon them, write licence requests.",
    Permission.DIRECTORY_SERVICES_READ: "See where users come from, without passwords.",
    Permission.DIRECTORY_SERVICES_RUN: "Synchronise users with directory services.",
    Permission.DIRECTORY_SERVICES_UPDATE: "Change where users come from.",
    Permission.EVENTS_READ: "See what happened, in the own reseller and below.",
    Permission.FOLDERS_DELETE: "Delete empty folders.",
    Permission.FOLDERS_READ: "See folders and their sizes.",
    Permission.FOLDERS_UPDATE: "Move folders.",
    Permission.HOSTS_CREATE: "Register and pair servers of a deployment, make directories.",
    Permission.HOSTS_DELETE: "Remove servers from a deployment.",
    Permission.HOSTS_UPDATE: "Change servers of a deployment.",
    Permission.INDEXES_READ: "See what is indexed for searching.",
    Permission.INDEXES_RUN: "Rebuild search indexes.",
    Permission.INDEXES_UPDATE: "Change what is indexed for searching.",
    Permission.INSTANCES_ADOPT: "Give found instances an owner; release owned ones unchanged.",
    Permission.INSTANCES_CREATE: "Create instances.",
    Permission.INSTANCES_DELETE: "Delete instances with days of grace, and undelete them.",
    Permission.INSTANCES_OPERATE: "Start, stop, restart, freeze and thaw instances.",
    Permission.INSTANCES_PURGE: "Remove deleted instances from SPE for good.",
    Permission.INSTANCES_READ: "See instances, their configuration and statistics.",
    Permission.INSTANCES_SUSPEND: "Suspend instances, and resume them.",
    Permission.INSTANCES_UPDATE: "Change instances.",
    Permission.JOBS_CREATE: "Create jobs that run what the creator may run.",
    Permission.JOBS_DELETE: "Delete jobs.",
    Permission.JOBS_OWNER: "Choose in whose name a job runs.",
    Permission.JOBS_READ: "See jobs and their results.",
    Permission.JOBS_RUN: "Run and cancel jobs.",
    Permission.JOBS_UPDATE: "Rename, switch and reschedule jobs.",
    Permission.OPERATIONS_CANCEL: "Ask a running operation to stop.",
    Permission.OPERATIONS_READ: "See operations and their logs.",
    Permission.OPERATIONS_RESOLVE: "Settle operations that ended as unknown.",
    Permission.PROFILES_ANY: "Create profiles that export, read files or have an owner.",
    Permission.PROFILES_CREATE: "Create archiving profiles.",
    Permission.PROFILES_DELETE: "Delete profiles.",
    Permission.PROFILES_READ: "See profiles, without their passwords.",
    Permission.PROFILES_RUN: "Run profiles.",
    Permission.PROFILES_UPDATE: "Change when profiles run by themselves.",
    Permission.RECONCILIATION_READ: "Compare what is counted with what SPE reports for licensing.",
    Permission.REPORTS_SEND: "Send status reports by mail.",
    Permission.RESELLERS_CREATE: "Create resellers below the own one.",
    Permission.RESELLERS_DELETE: "Delete resellers that hold nothing.",
    Permission.RESELLERS_READ: "See the own reseller and those below.",
    Permission.RESELLERS_UNLIMITED: "Lift the quotas above for a reseller and all below it.",
    Permission.RESELLERS_UPDATE: "Change and suspend those below the own one, transfer instances.",
    Permission.RETENTION_POLICIES_READ: "See after which time mail is deleted.",
    Permission.RETENTION_POLICIES_RUN: "Delete the mail whose time has come.",
    Permission.RETENTION_POLICIES_UPDATE: "Change after which time mail is deleted.",
    Permission.SMTP_READ: "See the mail settings of instances, without passwords.",
    Permission.SMTP_RUN: "Send a test mail.",
    Permission.SMTP_UPDATE: "Change the mail settings of instances.",
    Permission.STATEMENTS_ACKNOWLEDGE: "Acknowledge closed statements.",
    Permission.STATEMENTS_CORRECT: "Add corrections to closed statements.",
    Permission.STATEMENTS_READ: "See the monthly statements.",
    Permission.STORES_CREATE: "Create archive stores.",
    Permission.STORES_DELETE: "Detach archive stores; their data stays on disk.",
    Permission.STORES_PATHS: "Attach archive stores, and say where they lie on disk.",
    Permission.STORES_READ: "See archive stores.",
    Permission.STORES_RUN: "Verify and maintain archive stores.",
    Permission.STORES_UPDATE: "Rename archive stores and change their state.",
    Permission.SYSTEM_SMTP_READ: "See the mail settings of a deployment.",
    Permission.SYSTEM_SMTP_UPDATE: "Change and test the mail settings of a deployment.",
    Permission.USAGE_READ: "See licences, users, messages and sizes over time.",
    Permission.USERS_ADMIN: "Make administrators, and change those there are.",
    Permission.USERS_CREATE: "Create users.",
    Permission.USERS_CREDENTIALS: "Set users' passwords, second factors and app passwords.",
    Permission.USERS_DELETE: "Delete users; their archived mail stays.",
    Permission.USERS_READ: "See users and their privileges.",
    Permission.USERS_UPDATE: "Change users, their privileges and their folders.",
    Permission.WEBHOOKS_CREATE: "Have events sent to an URL.",
    Permission.WEBHOOKS_DELETE: "Delete webhooks.",
    Permission.WEBHOOKS_READ: "See webhooks and their deliveries, without secrets.",
    Permission.WEBHOOKS_UPDATE: "Change webhooks, rotate their secrets, send events again.",
    Permission.WORKER_RESULTS_READ: "See the results of profiles, and their reports.",
}

_DEPLOYMENT_WIDE = frozenset(
    p
    for p in Permission
    if p.split(":")[0]
    in {"administrators", "commands", "deployments", "hosts", "reconciliation", "system-smtp"}
) | {
    Permission.CLIENTS_FEDERATE,
    Permission.INSTANCES_ADOPT,
    Permission.INSTANCES_PURGE,
    Permission.JOBS_OWNER,
    Permission.OPERATIONS_RESOLVE,
    Permission.PROFILES_ANY,
    Permission.RESELLERS_UNLIMITED,
    Permission.STATEMENTS_CORRECT,
    Permission.STORES_PATHS,
}

_READ = frozenset(p for p in Permission if p.endswith(":read")) - _DEPLOYMENT_WIDE

ROLES: dict[str, frozenset[Permission]] = {
    "operator": frozenset(Permission),
    "reseller-admin": frozenset(Permission) - _DEPLOYMENT_WIDE,
    "support": _READ
    | {Permission.INSTANCES_OPERATE, Permission.STORES_RUN, Permission.OPERATIONS_CANCEL},
    "read-only": _READ,
    "billing": frozenset(
        {
            Permission.INSTANCES_READ,
            Permission.RESELLERS_READ,
            Permission.STATEMENTS_READ,
            Permission.USAGE_READ,
        }
    ),
    "portal": frozenset(
        {
            Permission.INSTANCES_READ,
            Permission.STORES_READ,
            Permission.USERS_READ,
            Permission.OPERATIONS_READ,
        }
    ),
}
"""The roles by name. ``operator`` has effect for clients of the root reseller only."""

ROOT_ONLY = _DEPLOYMENT_WIDE
"""Permissions that reach a whole deployment: void for every client but the root's."""
