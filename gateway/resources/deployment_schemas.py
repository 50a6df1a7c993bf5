"""The schemas of deployments and of what they say of themselves."""

from typing import Any

import marshmallow as ma

from gateway.broker.engine.breakers import BreakerState
from gateway.web.fields import (
    Choice,
    Fault,
    Flag,
    Id,
    Labels,
    LabelsPatch,
    ListOf,
    Part,
    Secret,
    Text,
    Time,
    Whole,
)
from gateway.web.schemas import Schema

HOST = r"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$"
PIN = r"^([0-9A-Fa-f]{2}:?){19}[0-9A-Fa-f]{2}$|^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"
_DEVICES = (
    r"(?:[Cc][Oo][Nn]|[Pp][Rr][Nn]|[Aa][Uu][Xx]|[Nn][Uu][Ll]|[Cc][Oo][Mm][0-9]|[Ll][Pp][Tt][0-9])"
)
SEGMENTS = (
    rf"(?:\\(?!{_DEVICES}(?:[.\\]|$))"
    r"[^<>:\"/\\|?*\u0000-\u001F]*[^<>:\"/\\|?*\u0000-\u0020.])+"
)
"""Names below a directory: no ``..``, no device, no dot or blank at an end, no stream."""

DIRECTORY = rf"[A-Za-z]:(?:\\|{SEGMENTS})"
PORTS = 65535


class CertificateTrustSchema(Schema):
    """How the server proves that it is the one: a pin, or the system's trust store."""

    pin = Text(
        "SHA-256 (64 hex digits) or the SHA-1 thumbprint that MailStore shows (40).",
        max_length=95,
        pattern=PIN,
        form="40 or 64 hex digits",
    )
    next_pin = Text(
        "Of the certificate that will take its place, announced with `pin`. Either is accepted, "
        "until one is pinned alone.",
        max_length=95,
        pattern=PIN,
        form="40 or 64 hex digits",
    )
    trust = Choice(("system",), "The certificate is signed by a known authority.")

    @ma.validates_schema
    def require_one(self, data: dict[str, Any], **_: object) -> None:
        """Refuse what says nothing, or two things: trust is never meant by silence."""
        if data.keys() not in ({"pin"}, {"pin", "next_pin"}, {"trust"}):
            raise ma.ValidationError(Fault("Give pin (and nextPin), or trust.", "ONE_OF"))


class PresentedSchema(Schema):
    """What every certificate says that a server presents."""

    subject = Text("Whose it is.", min_length=0, required=True, dump_only=True)
    issuer = Text("Who signed it.", min_length=0, required=True, dump_only=True)
    sha1 = Text("The thumbprint that MailStore shows.", required=True, dump_only=True)
    not_before = Time("Valid from.", required=True, dump_only=True)
    not_after = Time("Valid to.", required=True, dump_only=True)


class CertificateSchema(PresentedSchema):
    """A certificate as a server presents it."""

    sha256 = Text("The thumbprint to pin.", required=True, dump_only=True)
    self_signed = Flag("Whether it is signed by itself.", required=True, dump_only=True)


class ProbeSchema(Schema):
    """Which server to look at."""

    host = Text("Name or address.", max_length=253, pattern=HOST, required=True)
    port = Whole("TCP port.", least=1, most=PORTS, load_default=8474)


class QuarantineSchema(PresentedSchema):
    """The certificate that a deployment presented in the place of the pinned one."""

    sha256 = Text("Its thumbprint.", required=True, dump_only=True)
    found_time = Time("When it was presented.", required=True, dump_only=True)
    reason = Choice(
        ("CERTIFICATE_PIN_MISMATCH", "CERTIFICATE_EXPIRED"),
        "What is wrong with it.",
        required=True,
        dump_only=True,
    )


class RepinSchema(Schema):
    """The certificate to trust from now on."""

    pin = Text(
        "SHA-256 or SHA-1 thumbprint, as the server itself shows it.",
        max_length=95,
        pattern=PIN,
        form="40 or 64 hex digits",
        required=True,
    )
    password = Secret("The administrator's password, tried at once.", max_length=255, required=True)


class DeploymentSchema(Schema):
    """A registered deployment."""

    id = Id("dep", "Opaque id.", required=True, dump_only=True)
    name = Text("Its name.", required=True, dump_only=True)
    host = Text("Name or address.", required=True, dump_only=True)
    port = Whole("TCP port.", required=True, dump_only=True)
    user_name = Text("The administrator that the gateway is.", required=True, dump_only=True)
    certificate = Part(CertificateTrustSchema, "How it proves itself.", dump_only=True)
    labels = Labels("For placement.", required=True, dump_only=True)
    capacity = Whole("Most instances; null for no limit.", allow_none=True, dump_only=True)
    instance_base_directory = Text(
        "Where instances lie on hosts without a base directory.", allow_none=True, dump_only=True
    )
    instance_url = Text("Where end users reach it.", allow_none=True, dump_only=True)
    cordoned = Flag("Whether placement is off.", required=True, dump_only=True)
    drained = Flag("Whether it takes no changes.", required=True, dump_only=True)
    quarantine = Part(
        QuarantineSchema,
        "Not null: nobody connects to it until an operator has said which certificate is right.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    version = Text("SPE's version.", allow_none=True, dump_only=True)
    last_contact_time = Time(
        "When it last answered, to the minute.", allow_none=True, dump_only=True
    )
    create_time = Time("When it was registered.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)


class DeploymentCreateSchema(Schema):
    """A deployment to be registered."""

    name = Text("Its name.", max_length=200, required=True)
    host = Text("Name or address.", max_length=253, pattern=HOST, required=True)
    port = Whole("TCP port.", least=1, most=PORTS, load_default=8474)
    user_name = Text("An SPE administrator, best one of its own.", max_length=200, required=True)
    password = Secret("Its password, or its API password with MFA.", max_length=255, required=True)
    certificate = Part(
        CertificateTrustSchema, "Left out, nothing is sent and the problem shows what was found."
    )
    labels = Labels("For placement.", load_default={})
    capacity = Whole("Most instances; left out for no limit.", allow_none=True)
    instance_base_directory = Text(
        "Where instances lie on hosts without a base directory.", max_length=200, pattern=DIRECTORY
    )
    instance_url = Text("Where end users reach it.", max_length=500, pattern=r"^https://[^\s]+$")


class DeploymentPatchSchema(Schema):
    """What changes of a deployment; what is left out stays."""

    name = Text("Its name.", max_length=200)
    host = Text("Name or address.", max_length=253, pattern=HOST)
    port = Whole("TCP port.", least=1, most=PORTS)
    user_name = Text("An SPE administrator.", max_length=200)
    password = Secret("Its password; needed with host, port, certificate or user.", max_length=255)
    certificate = Part(CertificateTrustSchema, "How it proves itself.")
    labels = LabelsPatch("For placement; null removes one.")
    capacity = Whole("Most instances; null for no limit.", allow_none=True)
    instance_base_directory = Text(
        "Where instances lie on hosts without a base directory.",
        max_length=200,
        pattern=DIRECTORY,
        allow_none=True,
    )
    instance_url = Text(
        "Where end users reach it.", max_length=500, pattern=r"^https://[^\s]+$", allow_none=True
    )


class BreakerSchema(Schema):
    """Whether calls to a deployment go through; all processes of the gateway share it."""

    state = Choice(
        tuple(BreakerState),
        "`closed`: calls are sent. `open`: none is. `halfOpen`: the next call tries a Ping first, "
        "whose answer closes it.",
        required=True,
        dump_only=True,
    )
    failures = Whole("Calls in a row that failed for the line.", required=True, dump_only=True)
    open_until = Time("Nothing is sent before; null while closed.", allow_none=True, dump_only=True)
    last_problem = Text(
        "Code of the last of these failures; null if there is none.",
        allow_none=True,
        dump_only=True,
    )


class ReasonSchema(Schema):
    """Something that stands against a deployment."""

    code = Text("Stable.", required=True, dump_only=True)
    detail = Text("What it is, and what to do next.", required=True, dump_only=True)


class DeploymentHealthSchema(Schema):
    """What a look at a deployment showed."""

    deployment = Id("dep", "The deployment.", required=True, dump_only=True)
    reachable = Flag("Whether it answered.", required=True, dump_only=True)
    problem = Text("The code of the problem, if not.", allow_none=True, dump_only=True)
    detail = Text("What to do next, if not.", allow_none=True, dump_only=True)
    reasons = ListOf(
        Part(ReasonSchema),
        "Everything that stands against it, the gravest first; empty if all is well.",
        required=True,
        dump_only=True,
    )
    latency_milliseconds = Whole(
        "How long the answer took; null if there was none.", allow_none=True, dump_only=True
    )
    version = Text("SPE's version.", allow_none=True, dump_only=True)
    last_contact_time = Time(
        "When it last answered, to the minute.", allow_none=True, dump_only=True
    )
    breaker = Part(BreakerSchema, "Whether calls are sent.", required=True, dump_only=True)
    credential = Choice(
        ("accepted", "refused", "unknown"),
        "What it says to the gateway's password.",
        required=True,
        dump_only=True,
    )
    cordoned = Flag("Whether placement is off.", required=True, dump_only=True)
    drained = Flag("Whether it takes no changes.", required=True, dump_only=True)
    quarantine = Part(
        QuarantineSchema,
        "The certificate that stopped everything; null if none did.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    certificate_not_after = Time(
        "When the pinned certificate ends; null if it was not shown to this process, or if the "
        "system's trust decides.",
        allow_none=True,
        dump_only=True,
    )
    certificate_days_left = Whole("Whole days until then.", allow_none=True, dump_only=True)
    catalogue_commands = Whole("Commands that the gateway knows.", required=True, dump_only=True)
    missing_commands = Whole(
        "How many of them it lacks; null if it was never asked.", allow_none=True, dump_only=True
    )
    inventory_as_of = Time(
        "When its instances were last listed; null before the first time.",
        allow_none=True,
        dump_only=True,
    )


class DeploymentPingSchema(Schema):
    """That it answered."""

    deployment = Id("dep", "The deployment.", required=True, dump_only=True)
    reachable = Flag("Always true.", required=True, dump_only=True)


class SystemPropertiesSchema(Schema):
    """The hardware of a server."""

    processors = ListOf(Text(min_length=0), "Their names.", dump_only=True)
    total_physical_memory = Whole("Bytes.", dump_only=True)
    operating_system = Text("Its name.", min_length=0, dump_only=True)


class EnvironmentSchema(Schema):
    """What the management server says of itself."""

    version = Text("Of SPE.", min_length=0, required=True, dump_only=True)
    web_client_version = Text("Of the web client.", min_length=0, dump_only=True)
    copyright = Text("Whose it is.", min_length=0, dump_only=True)
    licensee_name = Text("Who has the licence.", min_length=0, dump_only=True)
    licensee_id = Whole("Its number.", data_key="licenseeID", dump_only=True)
    server_name = Text("The server.", min_length=0, dump_only=True)
    user_name = Text("The administrator that the gateway is.", min_length=0, dump_only=True)
    system_properties = Part(SystemPropertiesSchema, "Its hardware.", dump_only=True)


class ThumbprintSchema(Schema):
    """The certificate of a server within a deployment."""

    thumbprint = Text("SHA-1.", min_length=0, dump_only=True)


class ServerInfoSchema(Schema):
    """A server of a deployment."""

    server_name = Text("Its name.", min_length=0, required=True, dump_only=True)
    port = Whole("TCP port.", allow_none=True, dump_only=True)
    server_certificate = Part(ThumbprintSchema, "Its certificate.", allow_none=True, dump_only=True)
    server_type = Choice(
        ("clientAccessServer", "managementServer", "instanceHost"), "What it does.", dump_only=True
    )
    active = Flag("Whether it is up.", dump_only=True)
    number_of_instances = Whole("On it.", allow_none=True, dump_only=True)
    number_of_running_instances = Whole("On it, running.", allow_none=True, dump_only=True)


class ServiceMessageSchema(Schema):
    """A message of the management server."""

    type = Choice(("information", "warning", "error"), "How grave.", dump_only=True)
    text = Text("What it says.", min_length=0, required=True, dump_only=True)


class ServicesSchema(Schema):
    """The servers of a deployment and its messages."""

    server_infos = ListOf(Part(ServerInfoSchema), "The servers.", required=True, dump_only=True)
    messages = ListOf(Part(ServiceMessageSchema), "The messages.", required=True, dump_only=True)


class LicenseSchema(Schema):
    """The licences that an instance uses."""

    instance_id = Text("SPE's own id.", data_key="instanceID", required=True, dump_only=True)
    used_license_count = Whole("Licences in use.", dump_only=True)


class LicenseRequestSchema(Schema):
    """The licences in use on a deployment."""

    instance_data = ListOf(Part(LicenseSchema), "By instance.", required=True, dump_only=True)
