"""What the mail settings of an instance and of a whole deployment have in common."""

from gateway.web.fields import Choice, Flag, Text, Whole
from gateway.web.schemas import Schema

PROTOCOLS = ("SMTP", "SMTP-TLS", "SMTP-SSL")


class MailSettingsSchema(Schema):
    """How mail is sent; null is not set, and the password is never shown."""

    hostname = Text("The mail server.", min_length=0, allow_none=True, dump_only=True)
    port = Whole("TCP port.", allow_none=True, dump_only=True)
    protocol = Choice(PROTOCOLS, "How it is encrypted.", allow_none=True, dump_only=True)
    ignore_ssl_policy_errors = Flag(
        "Whether any certificate is good enough.", allow_none=True, dump_only=True
    )
    authentication_required = Flag("Whether SPE logs in.", allow_none=True, dump_only=True)
    username = Text("The name it logs in with.", min_length=0, allow_none=True, dump_only=True)
    from_display_name = Text("The sender's name.", min_length=0, allow_none=True, dump_only=True)
    from_email_address = Text("The sender.", min_length=0, allow_none=True, dump_only=True)
