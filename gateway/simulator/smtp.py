"""Mail that an instance or the Management Server sends."""

from typing import Any

from .archive_admin import opened
from .commands import command
from .deployment import Deployment
from .documents import FLAG, NUMBER, OPTIONAL_TEXT, TEXTS, Document, read_document, sealed, shown
from .failures import Failure, out_of_range
from .system_administrators import find
from .wire import Arguments

MEMBERS = {
    "hostname": OPTIONAL_TEXT,
    "port": NUMBER,
    "protocol": OPTIONAL_TEXT,
    "ignoreSslPolicyErrors": FLAG,
    "authenticationRequired": FLAG,
    "username": OPTIONAL_TEXT,
    "password": OPTIONAL_TEXT,
    "fromDisplayName": OPTIONAL_TEXT,
    "fromEmailAddress": OPTIONAL_TEXT,
}
DEFAULTS: Document = {
    "hostname": None,
    "port": 587,
    "protocol": "SMTP-TLS",
    "ignoreSslPolicyErrors": False,
    "authenticationRequired": False,
    "username": None,
    "password": None,
    "fromDisplayName": None,
    "fromEmailAddress": None,
}
PROTOCOLS = {"SMTP", "SMTP-TLS", "SMTP-SSL"}
HIGHEST_PORT = 65535
RECIPIENTS = "recipientEmailAddresses"
ADMINISTRATORS = "recipientSystemAdministrator"


@command("GetSmtpSettings", "read")
def get_smtp_settings(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return the settings of an instance, without the password."""
    kept = opened(deployment, arguments).configuration.get("smtp", {})
    return _view(kept, RECIPIENTS)


@command("SetSmtpSettings", "change")
def set_smtp_settings(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the settings of an instance; a password that is left out is gone."""
    archive = opened(deployment, arguments)
    archive.configuration["smtp"] = _read(arguments["settings"], "settings", RECIPIENTS)


@command("TestSmtpSettings", "change")
def try_smtp_settings(deployment: Deployment, arguments: Arguments) -> None:
    """Send a test mail to the recipients of the settings."""
    archive = opened(deployment, arguments)
    settings = archive.configuration.get("smtp", {})
    recipients = settings.get(RECIPIENTS, [])
    archive.mails.append(mail(settings, "test", recipients))


@command("GetSystemSmtpConfiguration", "read")
def get_system_smtp_configuration(deployment: Deployment, _arguments: Arguments) -> dict[str, Any]:
    """Return the settings of the Management Server, without the password."""
    return _view(deployment.state.system_smtp, ADMINISTRATORS)


@command("SetSystemSmtpConfiguration", "change")
def set_system_smtp_configuration(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the settings of the Management Server; a password left out is gone."""
    settings = _read(arguments["config"], "config", ADMINISTRATORS)
    for name in settings.get(ADMINISTRATORS, []):
        find(deployment, name)
    deployment.state.system_smtp = settings


@command("TestSystemSmtpConfiguration", "change")
def try_system_smtp_configuration(deployment: Deployment, _arguments: Arguments) -> None:
    """Send a test mail to those chosen administrators who have an address."""
    settings = deployment.state.system_smtp
    chosen = [find(deployment, name) for name in settings.get(ADMINISTRATORS, [])]
    addresses = [one.email_address for one in chosen if one.email_address]
    deployment.state.mails.append(mail(settings, "test", addresses))


def mail(settings: Document, kind: str, recipients: list[str]) -> Document:
    """Return what is sent, for a test to look at.

    Raises:
        Failure: there is no server, no password for it, or nobody to write to.
    """
    if not settings.get("hostname"):
        raise Failure("No SMTP server has been configured.")
    if settings.get("authenticationRequired") and not settings.get("password"):
        raise Failure("Authentication failed.", "System.Net.Mail.SmtpException")
    if not recipients:
        raise Failure("No recipients have been specified.")
    return {"kind": kind, "hostname": settings["hostname"], "recipients": recipients}


def _view(kept: Document, recipients: str) -> Document:
    return {**DEFAULTS, recipients: [], **shown(kept)}


def _read(config: Any, name: str, recipients: str) -> Document:  # noqa: ANN401 - a JSON argument
    values = read_document(config, name, {**MEMBERS, recipients: TEXTS})
    if values.get("protocol", "SMTP-TLS") not in PROTOCOLS:
        raise out_of_range()
    if not 0 < values.get("port", 1) <= HIGHEST_PORT:
        raise out_of_range()
    document: Document = sealed(values)
    return document
