"""Deployments: the SPE management servers behind the gateway. For operators."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.deployment_health import Health
from gateway.broker.deployments import NewDeployment
from gateway.broker.engine.plan import Invocation
from gateway.model import Deployment, Operation
from gateway.resources.deployment_schemas import (
    CertificateSchema,
    DeploymentCreateSchema,
    DeploymentHealthSchema,
    DeploymentPatchSchema,
    DeploymentSchema,
    EnvironmentSchema,
    LicenseRequestSchema,
    LicenseSchema,
    ProbeSchema,
    ServicesSchema,
)
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import Command
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO, PING
from gateway.spe.commands.licenses import CREATE_LICENSE_REQUEST
from gateway.spe.commands.services import GET_SERVICE_STATUS
from gateway.web import etags, paging
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, object_of, rows_of, services, shown
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, page_of

blp = Blueprint("deployments", __name__, description=__doc__, url_prefix="/deployments")

WRITABLE = (
    "name",
    "host",
    "port",
    "user_name",
    "pin",
    "next_pin",
    "labels",
    "capacity",
    "instance_base_directory",
    "instance_url",
)
DeploymentPage = page_of(DeploymentSchema)

TIMES = {"notBefore": "not_before", "notAfter": "not_after", "foundTime": "found_time"}
"""Of a quarantine, as they are stored and as the schema has them."""

CREATION = {
    "name": "Frankfurt 1",
    "host": "spe.example.com",
    "port": 8474,
    "userName": "gateway",
    "password": "the password of that administrator",
    "certificate": {"pin": "3D2B8E60F1A94C7785D0B6E21F94A7C35E8B10D4"},
    "labels": {"region": "eu"},
    "capacity": 300,
}
"""The example of the contract."""


def tag_of(found: Deployment) -> str:
    """Return the entity tag: over what can be written."""
    whole = asdict(found)
    return etags.etag_of({name: whole[name] for name in WRITABLE})


def view(found: Deployment) -> dict[str, Any]:
    """Return what the schema dumps; the password is nowhere in it."""
    announced = {"next_pin": found.next_pin} if found.next_pin else {}
    trust = {"pin": found.pin, **announced} if found.pin else {"trust": "system"}
    return vars(found) | {"certificate": trust, "quarantine": quarantine_view(found)}


def quarantine_view(found: Deployment) -> dict[str, Any] | None:
    """Return the certificate that a deployment is in quarantine for; None if it is not."""
    if found.quarantine is None:
        return None
    times = {
        snake: datetime.fromisoformat(found.quarantine[camel]) for camel, snake in TIMES.items()
    }
    return {**found.quarantine, **times}


def trust_of(certificate: dict[str, Any] | None) -> dict[str, Any]:
    """Return the columns of ``certificate``: pins, or the system's trust store."""
    if not certificate:
        return {}
    return {name: certificate.get(name) for name in ("pin", "next_pin")}


def environment_shape(found: Operation) -> dict[str, Any]:
    """Return what the server says of itself."""
    return shown(EnvironmentSchema, object_of(found.steps[-1].result))


def services_shape(found: Operation) -> dict[str, Any]:
    """Return the servers of the deployment and its messages."""
    return shown(ServicesSchema, object_of(found.steps[-1].result))


def license_shape(found: Operation) -> dict[str, Any]:
    """Return the licences in use."""
    rows = rows_of(object_of(found.steps[-1].result).get("instanceData"), "instanceID")
    return {"instanceData": [shown(LicenseSchema, row) for row in rows]}


def ping_shape(found: Operation) -> dict[str, Any]:
    """Return that it answered."""
    return {"deployment": found.deployment, "reachable": True}


def health_view(found: Health) -> dict[str, Any]:
    """Return what the schema dumps."""
    deployment, certificate, inventory = found.deployment, found.certificate, found.inventory
    milliseconds = round(found.sign.seconds * 1_000)
    return {
        "deployment": deployment.id,
        "reachable": found.reachable,
        "problem": found.problem,
        "detail": found.detail,
        "reasons": found.reasons,
        "latency_milliseconds": milliseconds if found.reachable else None,
        "version": deployment.version,
        "last_contact_time": deployment.last_contact_time,
        "breaker": services().deployment_breakers.read(deployment),
        "credential": found.credential,
        "cordoned": deployment.cordoned,
        "drained": deployment.drained,
        "quarantine": quarantine_view(deployment),
        "certificate_not_after": certificate.not_after if certificate else None,
        "certificate_days_left": found.days_left,
        "catalogue_commands": len(COMMANDS),
        "missing_commands": found.missing,
        "inventory_as_of": inventory.as_of if inventory else None,
    }


def read(deployment: str, command: Command) -> Response:
    """Answer a read of a whole deployment."""
    wish = Invocation(command)
    return answer(services().broker.call_deployment(caller(), deployment, [wish]))


@blp.response(201, DeploymentSchema)
def registered(deployment: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Answer with a deployment that was registered, and where it is."""
    found = services().deployments.get(caller(), deployment)
    return view(found), {"ETag": tag_of(found), "Location": f"/deployments/{deployment}"}


@blp.response(200, DeploymentSchema)
def again(deployment: str) -> dict[str, Any]:
    """Answer with a deployment as it is now."""
    return view(services().deployments.get(caller(), deployment))


@blp.route("")
class Deployments(MethodView):
    """The collection."""

    @operation(blp, "listDeployments", permission=Permission.DEPLOYMENTS_READ)
    @blp.arguments(Paging, location="query")
    @blp.response(200, DeploymentPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the registered deployments."""
        limit = query["limit"]
        found = services().deployments.page(caller(), paging.position(query) or "", limit + 1)
        shown, more = paging.cut(found, limit)
        return paging.page([view(item) for item in shown], more)

    @operation(
        blp,
        "createDeployment",
        permission=Permission.DEPLOYMENTS_CREATE,
        again=registered,
        commands=(PING, GET_ENVIRONMENT_INFO),
        errors=(409,),
    )
    @blp.arguments(DeploymentCreateSchema, example=CREATION)
    @blp.response(201, DeploymentSchema, headers={"ETag": "ETag", "Location": "Location"})
    def post(self, body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Register a deployment: its certificate is compared, then its password is tried.

        Without `certificate` nothing is sent; the problem shows the certificate that was found.
        """
        certificate = body.pop("certificate", None)
        system_trust = certificate is not None and "pin" not in certificate
        new = NewDeployment(**body, **trust_of(certificate), system_trust=system_trust)
        made = services().deployments.register(caller(), new)
        return view(made), {"ETag": tag_of(made), "Location": f"/deployments/{made.id}"}


@blp.route("/probe")
class Probe(MethodView):
    """A look at a certificate."""

    @operation(blp, "probeDeployment", permission=Permission.DEPLOYMENTS_CREATE)
    @blp.arguments(ProbeSchema, example={"host": "spe.example.com", "port": 8474})
    @blp.response(200, CertificateSchema)
    def post(self, body: dict[str, Any]) -> object:
        """Show the certificate of a server before anything is sent to it."""
        return services().deployments.probe(caller(), body["host"], body["port"])


@blp.route("/<dep:deployment>")
class OneDeployment(MethodView):
    """One deployment."""

    @operation(blp, "getDeployment", permission=Permission.DEPLOYMENTS_READ)
    @blp.response(200, DeploymentSchema, headers={"ETag": "ETag"})
    def get(self, deployment: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Show a deployment."""
        found = services().deployments.get(caller(), deployment)
        return view(found), {"ETag": tag_of(found)}

    @operation(
        blp,
        "updateDeployment",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=(PING, GET_ENVIRONMENT_INFO),
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.arguments(DeploymentPatchSchema, example={"labels": {"region": "eu"}, "capacity": 400})
    @blp.response(200, DeploymentSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], deployment: str) -> tuple[dict[str, Any], dict[str, str]]:
        """Change a registration. Another host, port, certificate or user needs the password."""
        etags.check_if_match(tag_of(services().deployments.get(caller(), deployment)))
        values = dict(body)
        password = values.pop("password", None)
        values |= trust_of(values.pop("certificate", None))
        changed = services().deployments.change(caller(), deployment, values, password)
        return view(changed), {"ETag": tag_of(changed)}

    @operation(blp, "deleteDeployment", permission=Permission.DEPLOYMENTS_DELETE, errors=(409,))
    @blp.response(NO_CONTENT)
    def delete(self, deployment: str) -> None:
        """Remove a deployment on which no instance ever was."""
        services().deployments.remove(caller(), deployment)


@blp.route("/<dep:deployment>/probe")
class RegisteredProbe(MethodView):
    """A look at the certificate of a registered deployment."""

    @operation(blp, "probeRegisteredDeployment", permission=Permission.DEPLOYMENTS_READ)
    @blp.response(200, CertificateSchema)
    def post(self, deployment: str) -> object:
        """Show the certificate that the deployment presents now; nothing is sent."""
        return services().deployments.probe_registered(caller(), deployment)


@blp.route("/<dep:deployment>/cordon")
class Cordon(MethodView):
    """Placement off."""

    @operation(blp, "cordonDeployment", permission=Permission.DEPLOYMENTS_UPDATE, again=again)
    @blp.response(200, DeploymentSchema)
    def post(self, deployment: str) -> dict[str, Any]:
        """Place no more instances on it."""
        changed = services().deployments.change(caller(), deployment, {"cordoned": True}, None)
        return view(changed)


@blp.route("/<dep:deployment>/uncordon")
class Uncordon(MethodView):
    """Placement on."""

    @operation(blp, "uncordonDeployment", permission=Permission.DEPLOYMENTS_UPDATE, again=again)
    @blp.response(200, DeploymentSchema)
    def post(self, deployment: str) -> dict[str, Any]:
        """Place instances on it again, and let it take changes."""
        values = {"cordoned": False, "drained": False}
        return view(services().deployments.change(caller(), deployment, values, None))


@blp.route("/<dep:deployment>/drain")
class Drain(MethodView):
    """Placement and changes off."""

    @operation(blp, "drainDeployment", permission=Permission.DEPLOYMENTS_UPDATE, again=again)
    @blp.response(200, DeploymentSchema)
    def post(self, deployment: str) -> dict[str, Any]:
        """Place no more instances on it, and begin no more changes there.

        A change is refused with 409 `DEPLOYMENT_DRAINED` before anything is sent. Reads go on, and
        what is under way goes on to its end. `uncordon` ends both.
        """
        values = {"cordoned": True, "drained": True}
        return view(services().deployments.change(caller(), deployment, values, None))


@blp.route("/<dep:deployment>/health")
class HealthNow(MethodView):
    """How it is."""

    @operation(blp, "getDeploymentHealth", permission=Permission.DEPLOYMENTS_READ, commands=(PING,))
    @blp.response(200, DeploymentHealthSchema)
    def get(self, deployment: str) -> dict[str, Any]:
        """Reach the deployment now, within five seconds, and say all that stands against it."""
        return health_view(services().deployment_health.look(caller(), deployment))


@blp.route("/<dep:deployment>/environment")
class Environment(MethodView):
    """What the server says of itself."""

    @operation(
        blp,
        "getEnvironment",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_ENVIRONMENT_INFO,),
        asynchronous=True,
        shape=environment_shape,
    )
    @blp.response(200, EnvironmentSchema)
    def get(self, deployment: str) -> Response:
        """Show version, licensee and hardware of the management server."""
        return read(deployment, GET_ENVIRONMENT_INFO)


@blp.route("/<dep:deployment>/services")
class ServiceStatus(MethodView):
    """The servers of the deployment."""

    @operation(
        blp,
        "getServices",
        permission=Permission.DEPLOYMENTS_READ,
        commands=(GET_SERVICE_STATUS,),
        asynchronous=True,
        shape=services_shape,
    )
    @blp.response(200, ServicesSchema)
    def get(self, deployment: str) -> Response:
        """Show the servers of the deployment and the messages of the management server."""
        return read(deployment, GET_SERVICE_STATUS)


@blp.route("/<dep:deployment>/license-requests")
class LicenseRequests(MethodView):
    """The licences in use."""

    @operation(
        blp,
        "createLicenseRequest",
        permission=Permission.DEPLOYMENTS_UPDATE,
        commands=(CREATE_LICENSE_REQUEST,),
        asynchronous=True,
        shape=license_shape,
    )
    @blp.response(200, LicenseRequestSchema)
    def post(self, deployment: str) -> Response:
        """Write a licence request: how many licences each instance uses."""
        return read(deployment, CREATE_LICENSE_REQUEST)
