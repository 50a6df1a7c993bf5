"""Credentials that profiles and directory services sign in with; private keys are never shown."""

from datetime import UTC, datetime
from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.spe.commands.credentials import (
    CREATE_CREDENTIAL,
    DELETE_CREDENTIAL,
    GET_CREDENTIAL,
    GET_CREDENTIALS,
    SET_CREDENTIAL_DESCRIPTION,
    SET_CREDENTIAL_SETTINGS,
)
from gateway.web.api import Blueprint
from gateway.web.door import (
    named,
    services,
    tagged,
    versioned,
)
from gateway.web.entries import InstanceEntries
from gateway.web.fields import Choice, Flag, Part, Text, Time, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Paging, Schema, page_of, whole
from gateway.web.validation import validates

blp = Blueprint(
    "credentials", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/credentials"
)

TYPES = ("Office365_Modern", "SignedEnvelope")
GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
VERSIONED = ("Description", "Settings")
SETTINGS = {"tenant_id": "tenantId", "application_id": "applicationId"}


class CredentialSettingsSchema(Schema):
    """What a credential signs in to, and its certificate."""

    tenant_id = Text("The tenant at Microsoft.", min_length=0, allow_none=True, dump_only=True)
    application_id = Text("The application there.", min_length=0, allow_none=True, dump_only=True)
    certificate_thumbprint = Text("SHA-1.", min_length=0, allow_none=True, dump_only=True)
    certificate_expiration_date = Time(
        "When another certificate is needed.", allow_none=True, dump_only=True
    )


class CredentialSchema(Schema):
    """A credential."""

    id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    type = Choice(TYPES, "What it is for.", required=True, dump_only=True)
    description = Text("In words.", min_length=0, allow_none=True, required=True, dump_only=True)
    settings = Part(CredentialSettingsSchema, "Its settings.", required=True, dump_only=True)


class CredentialTargetSchema(Schema):
    """What a credential signs in to."""

    tenant_id = Text("The tenant at Microsoft.", max_length=36, pattern=GUID)
    application_id = Text("The application there.", max_length=36, pattern=GUID)


class CredentialCreateSchema(Schema):
    """A credential to be made; SPE makes its certificate."""

    type = Choice(TYPES, "What it is for.", required=True)
    description = Text("In words.", max_length=255, required=True)
    settings = Part(CredentialTargetSchema, "What it signs in to.", load_default=dict)


class CredentialPatchSchema(Schema):
    """What changes of a credential; what is left out stays."""

    description = Text("In words.", max_length=255)
    settings = Part(CredentialTargetSchema, "What it signs in to.")
    create_new_certificate = Flag("True replaces its certificate by a new one.")


CredentialPage = page_of(CredentialSchema)


def view(row: dict[str, Any]) -> dict[str, Any]:
    """Return a credential: SPE writes its members in Pascal case, unlike all the rest."""
    given = row.get("Settings")
    settings = given if isinstance(given, dict) else {}
    dumped: dict[str, Any] = whole(CredentialSchema).dump(
        {
            "id": row.get("ID"),
            "type": row.get("Type"),
            "description": row.get("Description"),
            "settings": {
                "tenant_id": settings.get("TenantId"),
                "application_id": settings.get("ApplicationId"),
                "certificate_thumbprint": settings.get("CertificateThumbprint"),
                "certificate_expiration_date": moment(settings.get("CertificateExpirationDate")),
            },
        }
    )
    return dumped


def moment(text: object) -> datetime | None:
    """Return a time of SPE's, in UTC unless it says otherwise; None where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


CREDENTIALS = InstanceEntries(GET_CREDENTIALS, "ID", VERSIONED, view)


def settings_of(body: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that say what a credential signs in to."""
    return named(SETTINGS, body.get("settings", {}))


def changes(body: dict[str, Any], credential: int) -> list[Invocation]:
    """Return the commands of a patch: the description first, then the settings."""
    wishes = []
    if "description" in body:
        arguments = {"id": credential, "description": body["description"]}
        wishes.append(Invocation(SET_CREDENTIAL_DESCRIPTION, arguments))
    wanted = settings_of(body)
    if body.get("create_new_certificate"):
        wanted["createNewCertificate"] = True
    if wanted:
        wishes.append(Invocation(SET_CREDENTIAL_SETTINGS, {"id": credential, **wanted}))
    return wishes


@blp.route("")
class Credentials(MethodView):
    """The collection."""

    @operation(
        blp,
        "listCredentials",
        permission=Permission.CREDENTIALS_READ,
        commands=(GET_CREDENTIALS,),
        asynchronous=True,
        errors=(409,),
        shape=CREDENTIALS.page,
    )
    @blp.arguments(Paging, location="query")
    @blp.response(200, CredentialPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any], instance: str) -> Response:
        """List the credentials."""
        return CREDENTIALS.list(instance, query)

    @operation(
        blp,
        "createCredential",
        permission=Permission.CREDENTIALS_CREATE,
        commands=(GET_CREDENTIALS, CREATE_CREDENTIAL),
        asynchronous=True,
        errors=(409,),
        shape=CREDENTIALS.new,
        reply=CREDENTIALS.made,
    )
    @validates(blp)
    @blp.arguments(
        CredentialCreateSchema, example={"type": "Office365_Modern", "description": "Tenant"}
    )
    @blp.response(201, CredentialSchema, headers={"Location": "Location"})
    def post(self, body: dict[str, Any], instance: str) -> Response:
        """Create a credential with a certificate of its own."""
        arguments = {"type": body["type"], "description": body["description"], **settings_of(body)}
        return CREDENTIALS.make(instance, Invocation(CREATE_CREDENTIAL, arguments))


@blp.route("/<number:credential>")
class OneCredential(MethodView):
    """One credential."""

    @operation(
        blp,
        "getCredential",
        permission=Permission.CREDENTIALS_READ,
        commands=(GET_CREDENTIAL,),
        asynchronous=True,
        errors=(409,),
        shape=CREDENTIALS.one,
    )
    @blp.response(200, CredentialSchema, headers={"ETag": "ETag"})
    def get(self, instance: str, credential: int) -> Response:
        """Show a credential."""
        context = versioned(GET_CREDENTIAL, VERSIONED)
        wish = Invocation(GET_CREDENTIAL, {"id": credential})
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "updateCredential",
        permission=Permission.CREDENTIALS_UPDATE,
        commands=(GET_CREDENTIALS, SET_CREDENTIAL_DESCRIPTION, SET_CREDENTIAL_SETTINGS),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=CREDENTIALS.one,
    )
    @blp.arguments(CredentialPatchSchema, example={"createNewCertificate": True})
    @blp.response(200, CredentialSchema, headers={"ETag": "ETag"})
    def patch(self, body: dict[str, Any], instance: str, credential: int) -> Response:
        """Change the description, then the settings; the operation's steps say what was done."""
        return CREDENTIALS.change(instance, credential, *changes(body, credential))

    @operation(
        blp,
        "deleteCredential",
        permission=Permission.CREDENTIALS_DELETE,
        commands=(GET_CREDENTIALS, DELETE_CREDENTIAL),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.response(204)
    def delete(self, instance: str, credential: int) -> Response:
        """Delete a credential; profiles that sign in with it fail from then on."""
        return CREDENTIALS.remove(instance, credential, DELETE_CREDENTIAL)
