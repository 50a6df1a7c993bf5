"""An outside issuer whose tokens are accepted, as the settings describe it."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, OneOf, Range, Regexp

ALGORITHMS: Final = ("ES256", "RS256", "PS256")


@dataclass(frozen=True, kw_only=True)
class TrustedIssuer:
    """An outside issuer, as ``SPE_GATEWAY_TRUSTED_ISSUERS`` describes it."""

    issuer: str
    jwks_uri: str
    audience: str
    client_claim: str = "sub"
    scope_claim: str = "scope"
    algorithms: tuple[str, ...] = ALGORITHMS
    max_seconds: int = 3600
    pin: str | None = None


def _has_a_port(uri: str) -> None:
    try:
        port = urlsplit(uri).port
    except ValueError as error:
        raise ValidationError(str(error)) from None
    if port == 0:
        raise ValidationError("has no usable port")


class TrustedIssuerSchema(Schema):
    """Its members as JSON writes them; it knows no others."""

    issuer = fields.String(required=True, validate=Length(1, 500))
    jwks_uri = fields.String(
        required=True,
        data_key="jwksUri",
        validate=[Regexp(r"https://[^\s/?#@]+(/[^\s#]*)?\Z"), _has_a_port],
    )
    audience = fields.String(required=True, validate=Length(1))
    client_claim = fields.String(data_key="clientClaim", validate=Length(1))
    scope_claim = fields.String(data_key="scopeClaim")
    algorithms = fields.List(fields.String(validate=OneOf(ALGORITHMS)), validate=Length(1))
    max_seconds = fields.Integer(data_key="maxSeconds", strict=True, validate=Range(60, 86400))
    pin = fields.String(allow_none=True, validate=Regexp(r"([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})\Z"))

    @post_load
    def made(self, data: dict[str, Any], **_: object) -> TrustedIssuer:
        """Return the issuer."""
        lists = {name: tuple(value) for name, value in data.items() if name == "algorithms"}
        return TrustedIssuer(**data | lists)
