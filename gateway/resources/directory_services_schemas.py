"""What directory services look like: SPE documents ``type`` and the password, no more."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from gateway.broker.engine.redaction import without_secrets
from gateway.errors import InputFault, InvalidInput
from gateway.web.fields import AnyValue, Flag, Secret, Text
from gateway.web.schemas import Schema

OWN_MEMBERS = ("type", "password")
"""Members that have a field of their own."""

INSECURE = ("ignoresslpolicyerrors", "acceptallcertificates", "ignorecertificateerrors")


class Members(AnyValue):
    """An object whose members SPE does not document."""

    sentences: ClassVar[dict[str, str]] = {"wrong_type": "This must be an object."}

    def _deserialize(self, value: object, *_: object, **__: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.make_error("wrong_type")
        return value

    def openapi(self) -> dict[str, Any]:
        """Return that it is an object."""
        return {"type": "object"}


class DirectoryServicesSchema(Schema):
    """Where the users of an instance come from."""

    type = Text(
        "Which directory, in SPE's words: `activeDirectory`, `office365OpenIDConnect` …",
        required=True,
        dump_only=True,
    )
    settings = Members(
        "What else SPE tells, which depends on `type`; secrets are left out.",
        required=True,
        dump_only=True,
    )


class DirectoryServicesPutSchema(Schema):
    """Where the users of an instance shall come from."""

    type = Text(
        "Which directory, in SPE's words.",
        pattern="[a-z][A-Za-z0-9]+",
        max_length=64,
        required=True,
    )
    settings = Members("As they are read for this type.", load_default=dict)
    password = Secret(
        "Of the account that reads the directory. Where there is one it is sent with every "
        "change, because SPE does not tell the old one; null together with a type that has none.",
        allow_none=True,
    )


class DirectoryServicesSyncRequestSchema(Schema):
    """How users are synchronised."""

    dry_run = Flag("Only say what would be done.", load_default=False)


class DirectoryServicesSyncSchema(Schema):
    """What a synchronisation did, or would do."""

    dry_run = Flag("Whether it only said what would be done.", required=True, dump_only=True)
    changes = AnyValue("As SPE returned them.", allow_none=True, required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


def configuration(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration that SPE takes.

    Raises:
        InvalidInput: the settings hold what has a field of its own, or switch the check of
            certificates off.
    """
    settings = body["settings"]
    if faults := list(_faults(settings)):
        raise InvalidInput(faults)
    secret = {"password": body["password"]} if "password" in body else {}
    return {"type": body["type"], **settings, **secret}


def _faults(settings: Mapping[str, Any]) -> Iterator[InputFault]:
    for name, value in settings.items():
        pointer = "/settings/" + name.replace("~", "~0").replace("/", "~1")
        if name in OWN_MEMBERS:
            yield InputFault(pointer, "NOT_ALLOWED", f"This is the field {name} beside settings.")
        if name.lower() in INSECURE and value is not False:
            detail = "The check of certificates is not switched off through the gateway."
            yield InputFault(pointer, "NOT_ALLOWED", detail)


def readable(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration of SPE's without its secrets."""
    settings = {k: v for k, v in without_secrets(dict(result)).items() if k not in OWN_MEMBERS}
    return {"type": str(result.get("type")), "settings": settings}
