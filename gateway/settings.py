"""The settings: frozen, checked at start, and the only reader of the environment."""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.errors import ConfigurationError

PREFIX = "SPE_GATEWAY_"


class Settings(BaseSettings):
    """Every setting, named ``SPE_GATEWAY_<FIELD>`` in the environment (docs/settings.md)."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    home: Path = Field(
        default=Path("~/.spe-gateway"),
        description="Folder of the embedded state: database, master keys, lock.",
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty means SQLite in the home folder."
    )
    master_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Fernet keys separated by commas, the first encrypts; "
        "empty means the file master.keys in the home folder.",
    )
    issuer: str = Field(
        default="http://localhost:8080",
        description="Issuer and audience of the access tokens: the URL that clients know.",
    )
    token_seconds: int = Field(
        default=900, ge=60, le=900, description="Life of an access token, in seconds."
    )
    deployment_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Networks (CIDR, separated by commas) that deployments may lie in; "
        "empty means every unicast address but link-local ones.",
    )
    grace_days: int = Field(
        default=30, ge=0, le=3650, description="Days from deleting an instance to its purge."
    )
    executor_threads: int = Field(
        default=64,
        ge=1,
        le=512,
        description="Threads that call deployments, eight for each at most.",
    )
    http_threads: int = Field(
        default=16, ge=1, le=256, description="Threads that serve HTTP requests."
    )
    tracker: bool = Field(
        default=True, description="Whether the serving process also tracks operations."
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="Lowest level that is logged.",
    )
    url: str = Field(
        default="http://127.0.0.1:8080",
        pattern=r"^https?://[^\s/?#]+$",
        description="URL of the gateway that 'spe-gateway invoke' talks to.",
    )
    client_id: str = Field(
        default="", description="API client that 'spe-gateway invoke' signs in as."
    )
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret of that API client."
    )

    @field_validator("deployment_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("deployment_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @field_validator("issuer")
    @classmethod
    def _url(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("is no http or https URL, as https://gateway.example.com is one")
        return value

    @field_validator("home")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser()

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in effect."""
        return self.database_url or f"sqlite:///{self.home / 'gateway.db'}"

    @property
    def is_embedded(self) -> bool:
        """Whether the state lies in SQLite, which means one process."""
        return self.database.startswith("sqlite")

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            ConfigurationError: a setting is unknown or wrong; names it in one line.
        """
        _refuse_unknown(os.environ)
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            said = first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(f"{name}: {said} (docs/settings.md)") from None


def child_environment(**settings: str) -> dict[str, str]:
    """Return the environment for a process of ours that has these settings and no others.

    Args:
        settings: values by the names of the fields.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {PREFIX + name.upper(): value for name, value in settings.items()}


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    """A misspelt setting must not be silently without effect."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known:
            raise ConfigurationError(f"{name} is no setting; docs/settings.md lists them")
