"""URL converters: one spelling for each id, everything else is a 404.

Flask hands decoded text to a view, so ``*``, ``%2A`` or a trailing newline would arrive;
``int:`` takes ``0001`` and Arabic digits. These take exactly one ASCII spelling.
"""

import re
import unicodedata
from typing import Any, ClassVar

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError

from gateway.web.fields import id_pattern

_UUID = "01995e5a7c4d7b3e8f2a9c1d0e6b4f37"
_MAX_NUMBER = 2**31 - 1


class Segment(BaseConverter):
    """One path segment that matches ``pattern`` as a whole."""

    pattern: ClassVar[str] = "[^/]+"
    description: ClassVar[str]
    example: ClassVar[Any]

    def __init_subclass__(cls) -> None:
        """Let the router know the pattern too, so that ``Allow`` names what there is."""
        cls.regex = cls.pattern
        super().__init_subclass__()

    def to_python(self, value: str) -> Any:  # noqa: ANN401 # text or a number, as the route says
        """Return the segment, or let the route not match."""
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValidationError
        return value

    def openapi(self) -> dict[str, Any]:
        """Return the JSON Schema of the segment."""
        return {"type": "string", "pattern": f"^{self.pattern}$"}


class OpaqueId(Segment):
    """An id of ours."""

    def __init_subclass__(cls, *, prefix: str, noun: str) -> None:
        """Say which: the prefix of the id, and what has it."""
        cls.pattern = id_pattern(prefix)
        cls.description = f"Id of the {noun}."
        cls.example = f"{prefix}_{_UUID}"
        super().__init_subclass__()


class InstanceId(OpaqueId, prefix="ins", noun="instance"):
    """``<ins:instance>``."""


class DeploymentId(OpaqueId, prefix="dep", noun="deployment"):
    """``<dep:deployment>``."""


class ResellerId(OpaqueId, prefix="res", noun="reseller"):
    """``<res:reseller>``."""


class ClientId(OpaqueId, prefix="cli", noun="API client"):
    """``<cli:client>``."""


class OperationId(OpaqueId, prefix="op", noun="operation"):
    """``<op:operation>``."""


class WebhookId(OpaqueId, prefix="whk", noun="webhook"):
    """``<whk:webhook>``."""


class DeliveryId(OpaqueId, prefix="dlv", noun="delivery"):
    """``<dlv:delivery>``."""


class StatementId(OpaqueId, prefix="stm", noun="statement"):
    """``<stm:statement>``."""


class CommandName(Segment):
    """``<command:command>``."""

    pattern = "[A-Z][A-Za-z0-9]{2,63}"
    description = "Name of a Management API command."
    example = "GetEnvironmentInfo"


class CanonicalNumber(Segment):
    """``<number:store>``: a decimal number of SPE's, 1 to 2 147 483 647, no leading zero."""

    pattern = "[1-9][0-9]{0,9}"
    description = "The number that SPE gave the object."
    example = 1

    def to_python(self, value: str) -> int:
        """Return the number, or let the route not match."""
        number = int(super().to_python(value))
        if number > _MAX_NUMBER:
            raise ValidationError
        return number

    def openapi(self) -> dict[str, Any]:
        """Return the range."""
        return {"type": "integer", "format": "int64", "minimum": 1, "maximum": _MAX_NUMBER}


class Name(Segment):
    """``<name:user>``: any text of 1 to 255 characters, byte-exact after percent-decoding.

    U+FFFD is refused because Werkzeug puts it where the bytes are not UTF-8.
    """

    description = "Name, percent-encoded."
    example = "alice@example.com"

    def to_python(self, value: str) -> str:
        """Return the name, or let the route not match."""
        if not 1 <= len(value) <= 255 or any(map(_is_unusable, value)):  # noqa: PLR2004 # the limit of the docstring
            raise ValidationError
        return value

    def openapi(self) -> dict[str, Any]:
        """Return the length."""
        return {"type": "string", "minLength": 1, "maxLength": 255}


def _is_unusable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} or character == "\ufffd"


CONVERTERS: dict[str, type[Segment]] = {
    "ins": InstanceId,
    "dep": DeploymentId,
    "res": ResellerId,
    "cli": ClientId,
    "op": OperationId,
    "whk": WebhookId,
    "dlv": DeliveryId,
    "stm": StatementId,
    "command": CommandName,
    "number": CanonicalNumber,
    "name": Name,
}


def install_converters(app: Flask) -> None:
    """Make the converters known to the application's routes."""
    app.url_map.converters.update(CONVERTERS)
