"""A believable call of every command, in an order in which each can succeed."""

import json
from typing import Any

CANARY = "canary-5tR9"
"""In every secret that the calls carry."""

Call = tuple[str, dict[str, Any]]

SEED: dict[str, Any] = {
    "instances": [
        {
            "instanceID": "acme",
            "archiveAdminEnabled": True,
            "stores": [
                {"name": "Mail", "requestedState": "current", "messages": 300, "expired": 5},
                {"name": "Old", "messages": 100},
                {"name": "Locked", "passphrase": CANARY, "identifier": "7c1f42"},
                {"name": "Broken", "broken": True},
            ],
            "users": [
                {"userName": "jane", "privileges": ["admin"], "appPasswords": 2},
                {"userName": "max"},
            ],
            "folders": [
                {"folder": "jane/Inbox", "messages": 3},
                {"folder": "jane/Empty"},
                {"folder": "max/Inbox", "messages": 1},
            ],
            "directory": [{"userName": "ann", "emailAddresses": ["ann@acme.example"]}],
            "workerResults": [{"daysAgo": 1}],
        }
    ]
}

THUMBPRINT = "AB" * 20
ACME = {"instanceID": "acme"}
JANE = {**ACME, "userName": "jane"}
SERVER = {"serverName": "cas1", "port": 8473, "serverCertificate": {"thumbprint": THUMBPRINT}}
HOST = {"serverName": "h3", "port": 8472, "serverCertificate": {"thumbprint": THUMBPRINT}}
BOB = {"userName": "bob", "fullName": "Bob", "emailAddress": "bob@msp.example"}
WINDOW = {"fromIncluding": "2026-01-01T00:00:00", "toExcluding": "2026-01-08T00:00:00"}
PROFILE = {
    "name": "Exchange",
    "type": "import",
    "connector": "Office365",
    "owner": "jane",
    "details": {"hostname": "mail.acme.example", "password": CANARY},
}
SMTP = {
    "hostname": "mail.acme.example",
    "port": 587,
    "protocol": "SMTP-TLS",
    "ignoreSslPolicyErrors": False,
    "authenticationRequired": True,
    "username": "sender",
    "password": CANARY,
    "fromDisplayName": "Archive",
    "fromEmailAddress": "archive@acme.example",
}
DIRECTORY = {"type": "activeDirectory", "serverName": "dc1", "password": CANARY}


def text(document: object) -> str:
    """Return a JSON argument."""
    return json.dumps(document)


CALLS: list[Call] = [
    ("Ping", {}),
    ("GetEnvironmentInfo", {}),
    ("GetServiceStatus", {}),
    ("CreateLicenseRequest", {}),
    ("ReloadBranding", {}),
    # servers
    ("CreateInstanceHost", {"config": text(HOST)}),
    ("SetInstanceHostConfiguration", {"config": text({**HOST, "baseDirectory": "D:\\i"})}),
    ("GetInstanceHosts", {"serverNameFilter": "h3"}),
    ("CreateDirectoryOnInstanceHost", {"serverName": "h3", "path": "D:\\i\\new"}),
    ("GetDirectoriesOnInstanceHost", {"serverName": "h3", "path": "D:\\i"}),
    ("CreateClientAccessServer", {"config": text(SERVER)}),
    ("SetClientAccessServerConfiguration", {"config": text({**SERVER, "port": 8475})}),
    ("GetClientAccessServers", {"withServiceStatus": "true"}),
    (
        "PairWithManagementServer",
        {
            "serverType": "clientAccessServer",
            "serverName": "cas2",
            "port": 8473,
            "thumbprint": THUMBPRINT,
        },
    ),
    ("DeleteClientAccessServer", {"serverName": "cas1"}),
    # administrators
    ("CreateSystemAdministrator", {"config": text(BOB), "password": CANARY}),
    ("SetSystemAdministratorConfiguration", {"config": text({**BOB, "fullName": "Robert"})}),
    ("SetSystemAdministratorPassword", {"userName": "bob", "password": CANARY + "2"}),
    ("InitializeSystemAdministratorMFA", {"userName": "bob"}),
    ("DeactivateSystemAdministratorMFA", {"userName": "bob"}),
    ("GetSystemAdministrators", {}),
    ("CreateSystemAdministratorAPIPassword", {}),
    (
        "SetSystemSmtpConfiguration",
        {"config": text({**SMTP, "recipientSystemAdministrator": ["bob"]})},
    ),
    ("GetSystemSmtpConfiguration", {}),
    ("TestSystemSmtpConfiguration", {}),
    # instances
    ("CreateInstance", {"config": text({"instanceID": "beta", "instanceHost": "h3"})}),
    ("GetInstances", {"instanceFilter": "*"}),
    ("GetInstanceConfiguration", {"instanceID": "beta"}),
    (
        "SetInstanceConfiguration",
        {"config": text({"instanceID": "beta", "displayName": "Beta"})},
    ),
    ("StartInstances", {"instanceFilter": "beta"}),
    ("RestartInstances", {"instanceFilter": "beta"}),
    ("FreezeInstances", {"instanceFilter": "beta"}),
    ("ThawInstances", {"instanceFilter": "beta"}),
    ("StopInstances", {"instanceFilter": "beta"}),
    ("DeleteInstances", {"instanceFilter": "beta"}),
    ("DeleteInstanceHost", {"serverName": "h3"}),
    ("GetInstanceProcessLiveStatistics", ACME),
    ("GetInstanceStatistics", ACME),
    ("SetArchiveAdminEnabled", {**ACME, "enabled": "true"}),
    ("GetArchiveAdminEnabled", ACME),
    ("CreateClientOneTimeUrlForArchiveAdmin", ACME),
    # archive stores
    ("UnlockStore", {**ACME, "id": 3, "passphrase": CANARY}),
    ("RecoverStore", {**ACME, "id": 4, "encryptionKey": CANARY}),
    ("RetryOpenStores", ACME),
    ("GetStores", ACME),
    ("CreateStore", {**ACME, "name": "New", "databasePath": "~\\New"}),
    ("RenameStore", {**ACME, "id": 5, "name": "Newer"}),
    ("SetStoreRequestedState", {**ACME, "id": 5, "requestedState": "disabled"}),
    ("SetStorePath", {**ACME, "id": 5, "databasePath": "~\\New"}),
    ("DetachStore", {**ACME, "id": 5}),
    ("AttachStore", {**ACME, "name": "Again", "databasePath": "~\\New"}),
    ("VerifyStore", {**ACME, "id": 1, "includeIndexes": "true"}),
    ("VerifyStores", ACME),
    ("CompactStore", {**ACME, "id": 1}),
    ("RecreateRecoveryRecords", {**ACME, "id": 1}),
    ("RepairStoreDatabase", {**ACME, "id": 1}),
    ("UpgradeStore", {**ACME, "id": 1}),
    ("UpgradeStores", ACME),
    ("MaintainFileSystemDatabases", ACME),
    ("RefreshAllStoreStatistics", ACME),
    ("TransferStores", {**ACME, "sourceStores": "2,3", "targetStore": 1}),
    ("MergeStore", {**ACME, "id": 1, "sourceId": 2}),
    (
        "SetStoreAutoCreateConfiguration",
        {**ACME, "config": text({"sizeThreshold": "10 GB", "baseDirectory": "~\\auto"})},
    ),
    ("GetStoreAutoCreateConfiguration", ACME),
    (
        "SetIndexConfiguration",
        {
            **ACME,
            "config": text({"attachmentExtensions": "doc", "includeAttachmentsOfPDFs": True}),
        },
    ),
    ("GetIndexConfiguration", ACME),
    ("SelectAllStoreIndexesForRebuild", ACME),
    ("RebuildSelectedStoreIndexes", ACME),
    ("CanRunArchiveProfiles", ACME),
    # users
    ("CreateUser", {**ACME, "userName": "john", "privileges": "login", "password": CANARY}),
    ("RenameUser", {**ACME, "oldUserName": "john", "newUserName": "joe"}),
    ("DeleteUser", {**ACME, "userName": "joe"}),
    ("SetUserPassword", {**JANE, "password": CANARY}),
    ("SetUserFullName", {**JANE, "fullName": "Jane"}),
    ("SetUserAuthentication", {**JANE, "authentication": "integrated"}),
    ("SetUserDistinguishedName", {**JANE, "distinguishedName": "CN=jane"}),
    ("SetUserEmailAddresses", {**JANE, "emailAddresses": "jane@acme.example"}),
    ("SetUserPop3UserNames", {**JANE, "pop3UserNames": "jane"}),
    ("SetUserLoginPrivileges", {**JANE, "loginPrivileges": "web,api"}),
    ("SetUserPrivilegesOnFolder", {**JANE, "folder": "max", "privileges": "read"}),
    ("ClearUserPrivilegesOnFolders", JANE),
    ("SetUserPrivilegesOnAllFolders", {**JANE, "privileges": "read", "excludeFolders": "max"}),
    ("SetUserPrivileges", {**JANE, "privileges": "admin"}),
    ("InitializeMFA", JANE),
    ("DisableMFA", JANE),
    ("DeleteAppPasswords", JANE),
    ("GetUsers", ACME),
    ("GetUserInfo", JANE),
    # settings of an instance
    ("SetDirectoryServicesConfiguration", {**ACME, "config": text(DIRECTORY)}),
    ("GetDirectoryServicesConfiguration", ACME),
    ("SyncUsersWithDirectoryServices", {**ACME, "dryRun": "false"}),
    ("CreateCredential", {**ACME, "type": "Office365_Modern", "description": "Entra"}),
    ("SetCredentialDescription", {**ACME, "id": 1, "description": "Entra ID"}),
    ("SetCredentialSettings", {**ACME, "id": 1, "createNewCertificate": "true", "tenantId": "t"}),
    ("GetCredential", {**ACME, "id": 1}),
    ("DeleteCredential", {**ACME, "id": 1}),
    ("GetCredentials", ACME),
    ("SetRetentionPolicies", {**ACME, "config": text([{"name": "Ten years", "years": 10}])}),
    ("GetRetentionPolicies", ACME),
    ("ProcessRetentionPolicies", ACME),
    ("SetComplianceConfiguration", {**ACME, "config": text({"legalHoldEnabled": True})}),
    ("GetComplianceConfiguration", ACME),
    (
        "SetSmtpSettings",
        {**ACME, "settings": text({**SMTP, "recipientEmailAddresses": ["a@acme.example"]})},
    ),
    ("GetSmtpSettings", ACME),
    ("TestSmtpSettings", ACME),
    (
        "SendStatusReport",
        {**ACME, "timespan": "lastweek", "timeZoneId": "$Local", "recipients": "a@x.example"},
    ),
    ("GetTimeZones", ACME),
    # folders
    ("GetChildFolders", {**ACME, "folder": "jane", "maxLevels": 1}),
    ("GetFolderStatistics", ACME),
    ("MoveFolder", {**ACME, "fromFolder": "max/Inbox", "toFolder": "max/Mail"}),
    ("DeleteEmptyFolders", ACME),
    # profiles
    ("CreateProfile", {**ACME, "properties": text(PROFILE), "raw": "true"}),
    ("GetProfiles", {**ACME, "raw": "true"}),
    (
        "SetProfileServerSideExecution",
        {**ACME, "id": 1, "automatic": "true", "automaticPauseBetweenExecutions": 60},
    ),
    ("RunProfile", {**ACME, "id": 1}),
    ("RunTemporaryProfile", {**ACME, "properties": text(PROFILE), "raw": "true"}),
    ("DeleteProfile", {**ACME, "id": 1}),
    ("GetWorkerResults", {**ACME, **WINDOW, "timeZoneID": "$Local"}),
    ("GetWorkerResultReport", {**ACME, "id": 1}),
    # jobs
    ("CreateJob", {**ACME, "name": "Nightly", "action": "VerifyStores", "owner": "jane"}),
    ("RenameJob", {**ACME, "id": 1, "name": "Daily"}),
    ("SetJobSchedule", {**ACME, "id": 1, "timeZoneId": "UTC", "time": "02:00"}),
    ("SetJobEnabled", {**ACME, "id": 1, "enabled": "false"}),
    ("GetJobs", ACME),
    ("RunJobAsync", {**ACME, "id": 1}),
    ("CancelJobAsync", {**ACME, "id": 1}),
    ("GetJobResults", {**ACME, **WINDOW, "timeZoneId": "UTC"}),
    ("DeleteJob", {**ACME, "id": 1}),
    ("DeleteSystemAdministrator", {"userName": "bob"}),
]
CALLS += [call for call in CALLS if call[0] in {"CreateCredential", "CreateJob", "CreateProfile"}]
"""Made again, so that there are some for a restart to find."""

EXAMPLES = dict(CALLS)
