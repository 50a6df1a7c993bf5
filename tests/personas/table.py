"""What each operation needs, as ``operations.txt`` has it, with a body for each that takes one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

JSON = Mapping[str, Any]
Body = Callable[[JSON], JSON]


class Kind(Enum):
    """What an operation is about, which decides what a caller without a right is told."""

    PUBLIC = auto()
    SELF = auto()
    LIST = auto()
    CREATE = auto()
    FLEET = auto()
    """All deployments together: a right that only operators have."""

    DEPLOYMENT = auto()
    INSTANCE = auto()
    RESELLER = auto()
    CLIENT = auto()
    OPERATION = auto()
    WEBHOOK = auto()


ABOUT_ONE = frozenset(
    {
        Kind.DEPLOYMENT,
        Kind.INSTANCE,
        Kind.RESELLER,
        Kind.CLIENT,
        Kind.OPERATION,
        Kind.WEBHOOK,
    }
)


@dataclass(frozen=True)
class Row:
    """An operation.

    Args:
        name: its operationId.
        method: of HTTP.
        path: the braces are filled with a target's ids.
        kind: what it is about.
        permission: what it needs; empty for none.
        status: of its success.
        sends: a command that its success must have brought to a deployment; empty for none.
        state: what the target must be like before; empty for as it is made.
    """

    name: str
    method: str
    path: str
    kind: Kind
    permission: str
    status: int
    sends: str
    state: str

    @property
    def reads(self) -> bool:
        """Whether it leaves everything as it was."""
        return self.method == "GET"

    def body(self, target: JSON) -> JSON | None:
        """Return a body with which it succeeds, or None when it takes none."""
        make = BODIES.get(self.name)
        return None if make is None else make(target)


def _just(**members: Any) -> Body:  # noqa: ANN401 # JSON
    return lambda _: members


NEW = "CANARY-new-"
JOB = {"name": NEW, "action": "RetryOpenStores"}
SMTP = {
    "hostname": "mail.example.com",
    "port": 25,
    "protocol": "SMTP",
    "authenticationRequired": False,
    "fromEmailAddress": "a@example.com",
    "recipientEmailAddresses": ["b@example.com"],
}
DIRECTORY = {"type": "activeDirectory", "settings": {}, "password": "secret-enough"}
THUMBPRINT = "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527"
SERVER = {"port": 8473, "serverCertificate": {"thumbprint": THUMBPRINT}}
NOWHERE = "http://127.0.0.1:9/hook"
"""A receiver that is not there: discard, of RFC 863, which nobody runs."""
WEBHOOK = {"name": NEW, "url": NOWHERE, "types": ["webhook.disabled"]}
BODIES: dict[str, Body] = {
    "createReseller": lambda target: {"name": NEW, "parent": target["reseller"]},
    "createClient": lambda target: {"name": NEW, "reseller": target["reseller"]},
    "createInstance": lambda target: {
        "instanceID": target["name"],
        "displayName": NEW,
        "reseller": target["reseller"],
    },
    "updateReseller": _just(name=NEW),
    "setQuotas": _just(limits={"instances": 50, "users": 0}),
    "transferInstance": lambda target: {"reseller": target["to"]},
    "adoptInstance": lambda target: {"reseller": target["reseller"]},
    "releaseInstance": lambda target: {"instanceID": target["name"]},
    "updateClient": _just(name=NEW),
    "createWebhook": lambda target: {**WEBHOOK, "reseller": target["reseller"]},
    "updateWebhook": _just(name=NEW, types=["instance.*"], status="disabled"),
    "replayWebhook": _just(after=0, until=10),
    "correctStatement": _just(measure="licences", amount=-1, reason=NEW),
    "createDeployment": lambda target: target["registration"],
    "probeDeployment": lambda target: {"host": "127.0.0.1", "port": target["port"]},
    "updateDeployment": _just(capacity=500),
    "invokeCommand": _just(arguments={}),
    "updateInstance": _just(displayName=NEW),
    "purgeInstance": lambda target: {"instanceID": target["name"], "legalHoldChecked": True},
    "startInstance": _just(safeMode=False),
    "instanceActions": lambda target: {"action": "stop", "instances": [target["instance"]]},
    "setArchiveAdmin": _just(enabled=False),
    "resolveOperation": _just(outcome="failed", note="Nothing is there."),
    "createStore": _just(name=NEW),
    "updateStore": _just(name=NEW),
    "verifyStore": _just(includeIndexes=False),
    "verifyStores": _just(includeIndexes=False),
    "setStoreAutoCreation": _just(sizeThreshold="5 GB"),
    "attachStore": lambda target: {"name": NEW, "databasePath": target["path"]},
    "createUser": _just(userName="joe"),
    "updateUser": _just(fullName=NEW),
    "setUserPassword": _just(password="secret-enough"),
    "setUserFolderPrivileges": _just(privileges=["read"]),
    "setUserPrivilegesOnFolder": _just(privileges=["read"]),
    "createJob": _just(**JOB),
    "updateJob": _just(name=NEW),
    "setCompliance": _just(legalHoldEnabled=False, logSuccessfulUserActivities=["UserAdd"]),
    "setRetentionPolicies": _just(policies=[]),
    "setSmtpSettings": _just(**SMTP),
    "setDirectoryServices": _just(**DIRECTORY),
    "syncDirectoryServices": _just(dryRun=True),
    "sendStatusReport": _just(timespan="today", recipients=["jane@example.com"]),
    "unlockStore": _just(passphrase="open"),
    "recoverStore": _just(recoverDeletedMessages=False),
    "mergeStore": _just(sourceId=2),
    "transferStores": _just(sourceStores=[1], targetStore=2),
    "setIndexConfiguration": _just(attachmentExtensions=["pdf"], includeAttachmentsOfPDFs=False),
    "moveFolder": _just(fromFolder="jane/Inbox", toFolder="jane/Moved"),
    "deleteEmptyFolders": _just(all=True),
    "createProfile": _just(name=NEW, type="I", connector="IMAP"),
    "runTemporaryProfile": _just(name=NEW, type="I", connector="IMAP"),
    "setServerSideExecution": _just(automatic=False),
    "createCredential": _just(type="SignedEnvelope", description=NEW),
    "updateCredential": _just(description=NEW),
    "repinDeployment": lambda target: {"pin": target["pin"], "password": target["password"]},
    "rotateCredential": _just(keepPassword=True),
    "acceptInventory": lambda target: {"missing": target["missing"], "version": target["version"]},
    "createPairing": _just(
        serverType="clientAccessServer", serverName="paired", port=8473, thumbprint=THUMBPRINT
    ),
    "createInstanceHost": lambda target: {**SERVER, "serverName": target["name"]},
    "updateInstanceHost": _just(port=8472),
    "createDirectory": lambda target: {"path": f"D:\\{target['name']}"},
    "createClientAccessServer": lambda target: {**SERVER, "serverName": target["name"]},
    "updateClientAccessServer": _just(port=8473),
    "createAdministrator": lambda target: {"userName": target["name"], "password": "secret"},
    "updateAdministrator": _just(fullName=NEW),
    "setAdministratorPassword": _just(password="secret"),
    "setSystemSmtp": _just(
        hostname="mail.example.com",
        port=25,
        protocol="SMTP",
        authenticationRequired=False,
        fromEmailAddress="spe@example.com",
    ),
}


def _rows() -> Iterator[Row]:
    text = (Path(__file__).parent / "operations.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, method, path, kind, *rest = ("" if word == "-" else word for word in line.split())
            permission, status, sends, state = rest
            yield Row(name, method, path, Kind[kind], permission, int(status), sends, state)


TABLE = {row.name: row for row in _rows()}
"""By operationId."""
