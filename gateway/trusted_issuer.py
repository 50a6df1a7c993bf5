"""An outside issuer whose tokens are accepted, as the settings describe it."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel


class TrustedIssuer(BaseModel):
    """An outside issuer, as ``SPE_GATEWAY_TRUSTED_ISSUERS`` describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    issuer: str = Field(min_length=1, max_length=500)
    jwks_uri: str = Field(pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?$")
    audience: str = Field(min_length=1)
    client_claim: str = Field(default="sub", min_length=1)
    scope_claim: str = "scope"
    algorithms: tuple[Literal["ES256", "RS256", "PS256"], ...] = Field(
        default=("ES256", "RS256", "PS256"), min_length=1
    )
    max_seconds: int = Field(default=3600, ge=60, le=86400)
    pin: str | None = Field(default=None, pattern=r"^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$")

    @field_validator("jwks_uri")
    @classmethod
    def _port(cls, value: str) -> str:
        if urlsplit(value).port == 0:
            raise ValueError("has no usable port")
        return value
