"""Mail settings of an instance. Its password is taken and never shown."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.resources.mail_schemas import PROTOCOLS, MailSettingsSchema
from gateway.spe.commands.smtp import GET_SMTP_SETTINGS, SET_SMTP_SETTINGS, TEST_SMTP_SETTINGS
from gateway.web.api import Blueprint
from gateway.web.door import answer, object_of, services, shown, tagged, versioned
from gateway.web.fields import Choice, Fault, Flag, ListOf, Secret, Text, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema, whole

blp = Blueprint("smtp", __name__, description=__doc__, url_prefix="/instances/<ins:instance>/smtp")

HIGHEST_PORT = 65535


class SmtpSettingsSchema(MailSettingsSchema):
    """How an instance sends mail; null is not set."""

    recipient_email_addresses = ListOf(
        Text(min_length=0), "Who gets notifications.", allow_none=True, dump_only=True
    )


class SmtpSettingsPutSchema(Schema):
    """How an instance shall send mail; what is left out is not set."""

    hostname = Text("Of the server.", max_length=253, pattern="[^\\s/@]+", required=True)
    port = Whole("Of the server.", least=1, most=HIGHEST_PORT, required=True)
    protocol = Choice(PROTOCOLS, "How it is encrypted.", required=True)
    ignore_ssl_policy_errors = Flag(
        "Whether any certificate is good enough: true only where it is so already.",
        load_default=False,
    )
    authentication_required = Flag("Whether it logs in.", required=True)
    username = Text("It logs in with.", allow_none=True, load_default=None)
    password = Secret(
        "Needed whenever it logs in: SPE does not tell the old one, so it cannot be kept."
    )
    from_display_name = Text("Of the sender.", allow_none=True, load_default=None)
    from_email_address = Text("Of the sender.", max_length=320, required=True)
    recipient_email_addresses = ListOf(
        Text(max_length=320), "Who gets notifications.", load_default=list
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def check_log_in(self, data: Mapping[str, Any], **_: object) -> None:
        """Check that what logs in brings its name and its password along."""
        for name in ("username", "password"):
            if data["authentication_required"] and data.get(name) is None:
                fault = Fault("This is required for logging in: send it again.", "REQUIRED")
                raise ma.ValidationError(fault, name)


class SmtpTestSchema(Schema):
    """A test mail that was sent."""

    finished = Flag("Always true: the server took it.", required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


def shape(found: Operation) -> dict[str, Any]:
    """Return what was read last."""
    return shown(SmtpSettingsSchema, object_of(found.steps[-1].result))


def tested_shape(found: Operation) -> dict[str, Any]:
    """Return the end of a test."""
    return {"finished": True, "log": found.log}


@blp.route("")
class SmtpSettings(MethodView):
    """The settings."""

    @operation(
        blp,
        "getSmtpSettings",
        permission=Permission.SMTP_READ,
        commands=(GET_SMTP_SETTINGS,),
        asynchronous=True,
        errors=(409,),
        shape=shape,
    )
    @blp.response(200, SmtpSettingsSchema, headers={"ETag": "ETag"})
    def get(self, instance: str) -> Response:
        """Show how the instance sends mail."""
        wish, context = Invocation(GET_SMTP_SETTINGS), versioned(GET_SMTP_SETTINGS, None)
        return tagged(services().broker.call(caller(), instance, [wish], context=context))

    @operation(
        blp,
        "setSmtpSettings",
        permission=Permission.SMTP_UPDATE,
        commands=(GET_SMTP_SETTINGS, SET_SMTP_SETTINGS),
        asynchronous=True,
        errors=(409, 412),
        parameters=("IfMatch",),
        shape=shape,
    )
    @blp.arguments(
        SmtpSettingsPutSchema,
        example={
            "hostname": "mail.example.com",
            "port": 587,
            "protocol": "SMTP-TLS",
            "authenticationRequired": True,
            "username": "archive@example.com",
            "password": "correct horse battery staple",
            "fromEmailAddress": "archive@example.com",
            "recipientEmailAddresses": ["postmaster@example.com"],
        },
    )
    @blp.response(200, SmtpSettingsSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], instance: str) -> Response:
        """Replace how the instance sends mail."""
        keys = whole(SmtpSettingsPutSchema).fields
        settings = {str(keys[name].data_key): value for name, value in body.items()}
        wishes = [
            Invocation(GET_SMTP_SETTINGS),
            Invocation(SET_SMTP_SETTINGS, {"settings": settings}, prepare="replace-settings"),
            Invocation(GET_SMTP_SETTINGS),
        ]
        context = versioned(GET_SMTP_SETTINGS, None)
        return tagged(services().broker.call(caller(), instance, wishes, context=context))


@blp.route("/test")
class SmtpTest(MethodView):
    """A test mail."""

    @operation(
        blp,
        "testSmtpSettings",
        permission=Permission.SMTP_RUN,
        commands=(TEST_SMTP_SETTINGS,),
        asynchronous=True,
        errors=(409,),
        shape=tested_shape,
    )
    @blp.response(200, SmtpTestSchema)
    def post(self, instance: str) -> Response:
        """Send a test mail with the settings as they are."""
        wish = Invocation(TEST_SMTP_SETTINGS)
        return answer(services().broker.call(caller(), instance, [wish]))
