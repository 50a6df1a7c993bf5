"""What each operation needs: written from the contract's prose, not from the code.

An operation without a row here fails ``test_matrix.py`` with its name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

JSON = Mapping[str, Any]


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


ABOUT_ONE = frozenset({Kind.DEPLOYMENT, Kind.INSTANCE, Kind.RESELLER, Kind.CLIENT, Kind.OPERATION})


@dataclass(frozen=True)
class Row:
    """An operation.

    Args:
        name: its operationId.
        call: method and path; the braces are filled with a target's ids.
        kind: what it is about.
        permission: what it needs; empty for none.
        status: of its success.
        sends: the last command that its success must have brought to a deployment.
        body: of a call that succeeds, if it takes one.
        state: what the target must be like before.
        headers: of a call that succeeds.
    """

    name: str
    call: str
    kind: Kind
    permission: str = ""
    status: int = 200
    sends: str = ""
    body: Callable[[JSON], JSON] | None = None
    state: str = ""
    headers: JSON | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path with its braces."""
        return self.call.partition(" ")[2]

    @property
    def reads(self) -> bool:
        """Whether it leaves everything as it was."""
        return self.method == "GET"


def _just(**members: Any) -> Callable[[JSON], JSON]:  # noqa: ANN401 # JSON
    return lambda _: members


I = "/instances/{instance}"  # noqa: E741 # a prefix in a table
D = "/deployments/{deployment}"
R = "/resellers/{reseller}"
C = "/clients/{client}"
O = "/operations/{operation}"  # noqa: E741 # likewise

PUBLIC = (
    Row("createToken", "POST /oauth/token", Kind.PUBLIC),
    Row("listSigningKeys", "GET /.well-known/jwks.json", Kind.PUBLIC),
    Row(
        "getAuthorizationServerMetadata",
        "GET /.well-known/oauth-authorization-server",
        Kind.PUBLIC,
    ),
    Row("getOpenApiJson", "GET /openapi.json", Kind.PUBLIC),
    Row("getOpenApiYaml", "GET /openapi.yaml", Kind.PUBLIC),
    Row("getReference", "GET /docs", Kind.PUBLIC),
    Row("getProblems", "GET /docs/problems", Kind.PUBLIC),
    Row("getAsset", "GET /docs/assets/reference.css", Kind.PUBLIC),
    Row("getHealth", "GET /healthz", Kind.PUBLIC),
    Row("getReadiness", "GET /readyz", Kind.PUBLIC),
)
COLLECTIONS = (
    Row("getMe", "GET /me", Kind.SELF),
    Row("listResellers", "GET /resellers", Kind.LIST, "resellers:read"),
    Row("listClients", "GET /clients", Kind.LIST, "clients:read"),
    Row("listOperations", "GET /operations", Kind.LIST, "operations:read"),
    Row("listInstances", "GET /instances", Kind.LIST, "instances:read"),
    Row(
        "createReseller",
        "POST /resellers",
        Kind.CREATE,
        "resellers:create",
        201,
        body=lambda target: {"name": "CANARY-new-", "parent": target["reseller"]},
    ),
    Row(
        "createClient",
        "POST /clients",
        Kind.CREATE,
        "clients:create",
        201,
        body=lambda target: {"name": "CANARY-new-", "reseller": target["reseller"]},
    ),
    Row(
        "createInstance",
        "POST /instances",
        Kind.CREATE,
        "instances:create",
        201,
        "GetInstanceConfiguration",
        lambda target: {
            "instanceID": target["name"],
            "displayName": "CANARY-new-",
            "reseller": target["reseller"],
        },
    ),
)
INSTANCES = (
    Row("getInstance", f"GET {I}", Kind.INSTANCE, "instances:read", 200, "GetInstances"),
    Row(
        "updateInstance",
        f"PATCH {I}?restart=true",
        Kind.INSTANCE,
        "instances:update",
        200,
        "SetInstanceConfiguration",
        _just(displayName="CANARY-new-"),
    ),
    Row(
        "deleteInstance",
        f"DELETE {I}",
        Kind.INSTANCE,
        "instances:delete",
        200,
        "SetInstanceConfiguration",
    ),
    Row(
        "undeleteInstance",
        f"POST {I}/undelete",
        Kind.INSTANCE,
        "instances:delete",
        200,
        "StartInstances",
        state="deleted",
    ),
    Row(
        "purgeInstance",
        f"POST {I}/purge",
        Kind.INSTANCE,
        "instances:purge",
        200,
        "DeleteInstances",
        lambda target: {"instanceID": target["name"], "legalHoldChecked": True},
        "deleted",
    ),
    Row(
        "startInstance",
        f"POST {I}/start",
        Kind.INSTANCE,
        "instances:operate",
        200,
        "StartInstances",
        _just(safeMode=False),
        "stopped",
    ),
    Row("stopInstance", f"POST {I}/stop", Kind.INSTANCE, "instances:operate", 200, "StopInstances"),
    Row(
        "restartInstance",
        f"POST {I}/restart",
        Kind.INSTANCE,
        "instances:operate",
        200,
        "RestartInstances",
    ),
    Row(
        "freezeInstance",
        f"POST {I}/freeze",
        Kind.INSTANCE,
        "instances:operate",
        200,
        "FreezeInstances",
    ),
    Row(
        "thawInstance",
        f"POST {I}/thaw",
        Kind.INSTANCE,
        "instances:operate",
        200,
        "ThawInstances",
        state="frozen",
    ),
)
INSIDE = (
    Row(
        "getArchiveAdmin",
        f"GET {I}/archive-admin",
        Kind.INSTANCE,
        "archive-admin:read",
        200,
        "GetArchiveAdminEnabled",
    ),
    Row(
        "setArchiveAdmin",
        f"PUT {I}/archive-admin",
        Kind.INSTANCE,
        "archive-admin:update",
        200,
        "SetArchiveAdminEnabled",
        _just(enabled=False),
    ),
    Row("listStores", f"GET {I}/stores", Kind.INSTANCE, "stores:read", 200, "GetStores"),
    Row("getStore", f"GET {I}/stores/1", Kind.INSTANCE, "stores:read", 200, "GetStores"),
    Row(
        "createStore",
        f"POST {I}/stores",
        Kind.INSTANCE,
        "stores:create",
        201,
        "CreateStore",
        _just(name="CANARY-new-"),
    ),
    Row(
        "updateStore",
        f"PATCH {I}/stores/1",
        Kind.INSTANCE,
        "stores:update",
        200,
        "RenameStore",
        _just(name="CANARY-new-"),
    ),
    Row(
        "verifyStore",
        f"POST {I}/stores/1/verify",
        Kind.INSTANCE,
        "stores:run",
        200,
        "VerifyStore",
        _just(includeIndexes=False),
    ),
    Row(
        "verifyStores",
        f"POST {I}/stores/verify",
        Kind.INSTANCE,
        "stores:run",
        200,
        "VerifyStores",
        _just(includeIndexes=False),
    ),
    Row("listUsers", f"GET {I}/users", Kind.INSTANCE, "users:read", 200, "GetUsers"),
    Row("getUser", f"GET {I}/users/jane", Kind.INSTANCE, "users:read", 200, "GetUserInfo"),
    Row(
        "createUser",
        f"POST {I}/users",
        Kind.INSTANCE,
        "users:create",
        201,
        "CreateUser",
        _just(userName="joe"),
    ),
    Row("deleteUser", f"DELETE {I}/users/jane", Kind.INSTANCE, "users:delete", 204, "DeleteUser"),
)
OTHERS = (
    Row("getReseller", f"GET {R}", Kind.RESELLER, "resellers:read"),
    Row("updateReseller", f"PATCH {R}", Kind.RESELLER, "resellers:update", body=_just(name="new")),
    Row("deleteReseller", f"DELETE {R}", Kind.RESELLER, "resellers:delete", 204),
    Row("getClient", f"GET {C}", Kind.CLIENT, "clients:read"),
    Row("updateClient", f"PATCH {C}", Kind.CLIENT, "clients:update", body=_just(name="new")),
    Row("deleteClient", f"DELETE {C}", Kind.CLIENT, "clients:delete", 204),
    Row("rotateClientSecret", f"POST {C}/rotate-secret", Kind.CLIENT, "clients:update"),
    Row("getOperation", f"GET {O}", Kind.OPERATION, "operations:read"),
    Row("getOperationLog", f"GET {O}/log", Kind.OPERATION, "operations:read"),
    Row(
        "cancelOperation",
        f"POST {O}/cancel",
        Kind.OPERATION,
        "operations:cancel",
        202,
        "cancel-async",
        state="running",
    ),
)
FLEET = (
    Row("listDeployments", "GET /deployments", Kind.FLEET, "deployments:read"),
    Row(
        "createDeployment",
        "POST /deployments",
        Kind.FLEET,
        "deployments:create",
        201,
        "GetEnvironmentInfo",
        lambda target: target["registration"],
    ),
    Row(
        "probeDeployment",
        "POST /deployments/probe",
        Kind.FLEET,
        "deployments:create",
        body=lambda target: {"host": "127.0.0.1", "port": target["port"]},
    ),
    Row("getDeployment", f"GET {D}", Kind.DEPLOYMENT, "deployments:read"),
    Row(
        "updateDeployment",
        f"PATCH {D}",
        Kind.DEPLOYMENT,
        "deployments:update",
        body=_just(capacity=500),
    ),
    Row("deleteDeployment", f"DELETE {D}", Kind.DEPLOYMENT, "deployments:delete", 204),
    Row("probeRegisteredDeployment", f"POST {D}/probe", Kind.DEPLOYMENT, "deployments:read"),
    Row("cordonDeployment", f"POST {D}/cordon", Kind.DEPLOYMENT, "deployments:update"),
    Row("uncordonDeployment", f"POST {D}/uncordon", Kind.DEPLOYMENT, "deployments:update"),
    Row("getDeploymentHealth", f"GET {D}/health", Kind.DEPLOYMENT, "deployments:read", 200, "Ping"),
    Row(
        "getEnvironment",
        f"GET {D}/environment",
        Kind.DEPLOYMENT,
        "deployments:read",
        200,
        "GetEnvironmentInfo",
    ),
    Row(
        "getServices",
        f"GET {D}/services",
        Kind.DEPLOYMENT,
        "deployments:read",
        200,
        "GetServiceStatus",
    ),
    Row(
        "listInstanceHosts",
        f"GET {D}/instance-hosts",
        Kind.DEPLOYMENT,
        "deployments:read",
        200,
        "GetInstanceHosts",
    ),
    Row(
        "createLicenseRequest",
        f"POST {D}/license-requests",
        Kind.DEPLOYMENT,
        "deployments:update",
        200,
        "CreateLicenseRequest",
    ),
    Row(
        "invokeCommand",
        f"POST {D}/commands/GetServiceStatus",
        Kind.DEPLOYMENT,
        "commands:invoke",
        200,
        "GetServiceStatus",
        _just(arguments={}),
    ),
)
TABLE = {row.name: row for row in PUBLIC + COLLECTIONS + INSTANCES + INSIDE + OTHERS + FLEET}
