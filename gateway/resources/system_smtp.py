"""Mail settings of a deployment, for notes to its administrators. For operators."""

from typing import Any

import marshmallow as ma
from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.resources.deployment_schemas import PORTS
from gateway.resources.mail_schemas import PROTOCOLS, MailSettingsSchema
from gateway.spe.commands.smtp import (
    GET_SYSTEM_SMTP_CONFIGURATION,
    SET_SYSTEM_SMTP_CONFIGURATION,
    TEST_SYSTEM_SMTP_CONFIGURATION,
)
from gateway.web.api import Blueprint
from gateway.web.door import (
    NO_CONTENT,
    answer,
    named,
    object_of,
    services,
    shown,
    tagged,
    versioned,
)
from gateway.web.fields import Choice, Fault, Flag, ListOf, Secret, Text, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "system-smtp", __name__, description=__doc__, url_prefix="/deployments/<dep:deployment>/smtp"
)

ADDRESS = r"[^\s@,;<>\"]+@[^\s@,;<>\"]+"
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?"
NAMES = {
    "hostname": "hostname",
    "port": "port",
    "protocol": "protocol",
    "ignore_ssl_policy_errors": "ignoreSslPolicyErrors",
    "authentication_required": "authenticationRequired",
    "username": "username",
    "password": "password",
    "from_display_name": "fromDisplayName",
    "from_email_address": "fromEmailAddress",
    "recipient_system_administrator": "recipientSystemAdministrator",
}
MEMBERS = tuple(name for name in NAMES.values() if name != "password")


class SystemSmtpSchema(MailSettingsSchema):
    """The mail settings; the password is never shown."""

    recipient_system_administrator = ListOf(
        Text(), "Administrators that mail goes to.", allow_none=True, dump_only=True
    )


class SystemSmtpReplaceSchema(Schema):
    """The mail settings as a whole."""

    hostname = Text("The mail server.", max_length=253, pattern=HOST, required=True)
    port = Whole("TCP port.", least=1, most=PORTS, required=True)
    protocol = Choice(PROTOCOLS, "How it is spoken.", required=True)
    ignore_ssl_policy_errors = Flag("Only false: certificates are checked.", load_default=False)
    authentication_required = Flag("Whether SPE logs in.", required=True)
    username = Text("The name it logs in with.", max_length=255)
    password = Secret(
        "Its password, needed each time: SPE forgets one that is not sent.", max_length=255
    )
    from_display_name = Text("The sender's name.", max_length=255)
    from_email_address = Text("The sender.", max_length=254, pattern=ADDRESS, required=True)
    recipient_system_administrator = ListOf(
        Text(max_length=255), "Administrators that mail goes to.", load_default=list, max_items=100
    )

    @ma.validates_schema
    def require_safe(self, data: dict[str, Any], **_: object) -> None:
        """Demand the password with each change, so that it never goes to another server."""
        if data.get("ignore_ssl_policy_errors"):
            fault = Fault("Certificates must be checked.", "NOT_ALLOWED")
            raise ma.ValidationError({"ignoreSslPolicyErrors": [fault]})
        if data.get("authentication_required"):
            sentence = Fault("This is needed with authenticationRequired.", "REQUIRED")
            missing = [name for name in ("username", "password") if name not in data]
            if missing:
                raise ma.ValidationError({name: [sentence] for name in missing})


def shape(found: Operation) -> dict[str, Any]:
    """Return the settings as they were read last."""
    return shown(SystemSmtpSchema, object_of(found.steps[-1].result))


@blp.route("")
class SystemSmtp(MethodView):
    """The settings."""

    @operation(
        blp,
        "getSystemSmtp",
        permission=Permission.SYSTEM_SMTP_READ,
        commands=(GET_SYSTEM_SMTP_CONFIGURATION,),
        asynchronous=True,
        shape=shape,
    )
    @blp.response(200, SystemSmtpSchema, headers={"ETag": "ETag"})
    def get(self, deployment: str) -> Response:
        """Show the mail settings."""
        context = versioned(GET_SYSTEM_SMTP_CONFIGURATION, MEMBERS)
        wish = Invocation(GET_SYSTEM_SMTP_CONFIGURATION)
        return tagged(services().broker.call_deployment(caller(), deployment, [wish], context))

    @operation(
        blp,
        "setSystemSmtp",
        permission=Permission.SYSTEM_SMTP_UPDATE,
        commands=(GET_SYSTEM_SMTP_CONFIGURATION, SET_SYSTEM_SMTP_CONFIGURATION),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=shape,
    )
    @blp.arguments(
        SystemSmtpReplaceSchema,
        example={
            "hostname": "mail.example.com",
            "port": 587,
            "protocol": "SMTP-TLS",
            "authenticationRequired": True,
            "username": "spe@example.com",
            "password": "its password",
            "fromEmailAddress": "spe@example.com",
            "recipientSystemAdministrator": ["admin"],
        },
    )
    @blp.response(200, SystemSmtpSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], deployment: str) -> Response:
        """Replace the mail settings; the password goes along each time."""
        config = named(NAMES, body)
        wishes = [
            Invocation(GET_SYSTEM_SMTP_CONFIGURATION, check="require-version"),
            Invocation(SET_SYSTEM_SMTP_CONFIGURATION, {"config": config}),
            Invocation(GET_SYSTEM_SMTP_CONFIGURATION),
        ]
        context = versioned(GET_SYSTEM_SMTP_CONFIGURATION, MEMBERS)
        return tagged(services().broker.call_deployment(caller(), deployment, wishes, context))


@blp.route("/test")
class SystemSmtpTest(MethodView):
    """A trial."""

    @operation(
        blp,
        "testSystemSmtp",
        permission=Permission.SYSTEM_SMTP_UPDATE,
        commands=(TEST_SYSTEM_SMTP_CONFIGURATION,),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def post(self, deployment: str) -> Response:
        """Send a test mail to the recipients of the settings."""
        wish = Invocation(TEST_SYSTEM_SMTP_CONFIGURATION)
        found = services().broker.call_deployment(caller(), deployment, [wish])
        return answer(found, NO_CONTENT)
