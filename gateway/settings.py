"""The settings: frozen, checked at start, and the only reader of the environment."""

import ipaddress
import json
import os
import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.errors import ConfigurationError
from gateway.trusted_issuer import TrustedIssuer

PREFIX = "SPE_GATEWAY_"
DOMAIN = r"\*|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]"
RATE = "^[1-9][0-9]{0,8}/(second|minute|hour)$"


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
    redis_url: str = Field(
        default="",
        pattern="^(rediss?://.+)?$",
        description="URL of the Redis that all processes share (`redis://`, `rediss://`); "
        "empty means memory, which is for one process.",
    )
    witness: str = Field(
        default="",
        description="File that outlives a restore of the database: who was revoked, who owns what; "
        "empty means witness.jsonl in the home folder. Leave it out of backups.",
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
    key_days: int = Field(
        default=90,
        ge=0,
        le=3650,
        description="Days from one signing key to the next; 0 means that only "
        "'spe-gateway rotate-keys' makes new ones.",
    )
    trusted_issuers: Annotated[tuple[TrustedIssuer, ...], NoDecode] = Field(
        default=(),
        description="Outside issuers whose tokens are accepted: a JSON list "
        "(docs/authentication.md).",
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How many proxies of yours stand before the gateway and add to "
        "X-Forwarded-For; 0 means that the header has no effect.",
    )
    client_rate: str = Field(
        default="600/minute",
        pattern=RATE,
        description="Calls that one client may make: `N/second`, `N/minute` or `N/hour`.",
    )
    reseller_rate: str = Field(
        default="3000/minute",
        pattern=RATE,
        description="Calls that all clients of one reseller may make together.",
    )
    address_rate: str = Field(
        default="120/minute",
        pattern=RATE,
        description="Requests for tokens, or about them, that one address may make.",
    )
    deployment_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Networks (CIDR, separated by commas) that deployments may lie in; "
        "empty means every unicast address but link-local ones.",
    )
    grace_days: int = Field(
        default=30, ge=0, le=3650, description="Days from deleting an instance to its purge."
    )
    report_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Domains that status reports may be mailed to, separated by commas, without "
        "their subdomains; `*` means every domain, empty means none.",
    )
    reports_per_day: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Status reports that one instance may send within 24 hours.",
    )
    inventory_seconds: int = Field(
        default=300,
        ge=0,
        le=86400,
        description="Seconds from one look at all instances of a deployment to the next; after a "
        "change of ours it comes sooner; 0 means that only calls look.",
    )
    licence_seconds: int = Field(
        default=3600,
        ge=0,
        le=86400,
        description="Seconds from one reading of the licences of a deployment to the next; 0 means "
        "that nothing is read.",
    )
    watch_seconds: int = Field(
        default=86400,
        ge=0,
        le=604800,
        description="Seconds from one look into an instance to the next: users, sizes, stores, and "
        "whether it archives; 0 means that nobody looks.",
    )
    event_days: int = Field(
        default=90, ge=1, le=3650, description="Days for which events are kept."
    )
    usage_event_days: int = Field(
        default=400,
        ge=31,
        le=3650,
        description="Days for which usage events are kept; older ones are replaced by a baseline.",
    )
    webhook_threads: int = Field(
        default=8, ge=1, le=256, description="Threads of a process that deliver to webhooks."
    )
    webhook_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Networks (CIDR, separated by commas) that webhooks may lead to although they "
        "are not public, also by `http:` and on any port. For laboratories; empty means none.",
    )
    webhook_authorities: str = Field(
        default="",
        description="PEM file of the authorities that certificates of webhooks' servers may come "
        "from; empty means those of the system.",
    )
    executor_threads: int = Field(
        default=64,
        ge=1,
        le=512,
        description="Threads that call deployments, eight for each at most.",
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        le=1000,
        description="Calls to a deployment that fail in a row for its line, until nothing is sent "
        "to it for a while.",
    )
    breaker_seconds: int = Field(
        default=30,
        ge=1,
        le=3600,
        description="Seconds of that while; then a Ping decides.",
    )
    list_seconds: int = Field(
        default=10,
        ge=1,
        le=60,
        description="Seconds that the deployments may take to answer for a live list; "
        "`Prefer: wait` may ask for less.",
    )
    http_threads: int = Field(
        default=16, ge=1, le=256, description="Threads that serve HTTP requests."
    )
    drain_seconds: int = Field(
        default=0,
        ge=0,
        le=300,
        description="Seconds from SIGTERM, when `/readyz` turns 503, until a serving process takes "
        "no more requests: as long as the proxy before it needs to see that.",
    )
    streams: int = Field(
        default=8,
        ge=0,
        le=255,
        description="Event streams that a process serves at once. Each holds one of the threads "
        "that serve HTTP requests, of which one at least is left for the rest.",
    )
    broker_url: str = Field(
        default="",
        pattern="^((amqps?|rediss?)://.+)?$",
        description="URL of the message broker that brings operations to the workers: RabbitMQ "
        "(`amqp://`, `amqps://`) or a Redis (`redis://`, `rediss://`); empty means that serving "
        "processes track operations themselves.",
    )
    tracker: bool = Field(
        default=True,
        description="Whether a serving process tracks operations where no message broker is set; "
        "where one is, `spe-gateway worker` does.",
    )
    metrics_bind: str = Field(
        default="",
        pattern=r"^([^\s/]+:[0-9]{1,5})?$",
        description="Where `/metrics` and `/facts` are served for Prometheus, as HOST:PORT: on "
        "loopback, or in a network of yours, since nobody has to sign in; empty means that "
        "nothing is counted (docs/observing.md).",
    )
    otlp_endpoint: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="URL of the OpenTelemetry collector that traces are sent to (OTLP over HTTP), "
        "such as `http://127.0.0.1:4318`; needs `spe-gateway[otel]`; empty means that nothing is "
        "traced.",
    )
    trace_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of the requests that are traced, where a caller's `traceparent` does "
        "not say.",
    )
    log_level: str = Field(
        default="info",
        pattern="^(debug|info|warning|error)$",
        description="Lowest level that is logged.",
    )
    url: str = Field(
        default="http://127.0.0.1:8080",
        pattern=r"^https?://[^\s/?#]+$",
        description="URL of the gateway that the commands talk to.",
    )
    client_id: str = Field(default="", description="API client that the commands sign in as.")
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret of that API client."
    )
    profile: str = Field(
        default="",
        description="Profile of 'spe-gateway login' that the commands use where none of the three "
        "above says otherwise; empty means the one chosen last.",
    )

    @field_validator("report_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for domain in value:
            if not re.fullmatch(DOMAIN, domain.lower()):
                raise ValueError(f"has {domain!r}, which is no domain: example.com is one")
        return tuple(domain.lower() for domain in value)

    @field_validator("deployment_networks", "report_domains", "webhook_networks", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("deployment_networks", "webhook_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network)
        return value

    @field_validator("trusted_issuers", mode="before")
    @classmethod
    def _parse(cls, value: object) -> object:
        if isinstance(value, str):
            return json.loads(value) if value.strip() else ()
        return value

    @field_validator("trusted_issuers")
    @classmethod
    def _distinct(
        cls, value: tuple[TrustedIssuer, ...], known: ValidationInfo
    ) -> tuple[TrustedIssuer, ...]:
        names = [each.issuer for each in value]
        if len({known.data.get("issuer"), *names}) <= len(names):
            raise ValueError("names an issuer twice, or the gateway itself")
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
    def witness_file(self) -> Path:
        """The witness in effect."""
        return Path(self.witness).expanduser() if self.witness else self.home / "witness.jsonl"

    @property
    def stream_limit(self) -> int:
        """How many streams there may be in effect."""
        return min(self.streams, self.http_threads - 1)

    @property
    def is_embedded(self) -> bool:
        """Whether the state lies in SQLite, which means one process."""
        return self.database.startswith("sqlite")

    @property
    def tracks(self) -> bool:
        """Whether a serving process tracks operations."""
        return self.tracker and not self.broker_url

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            ConfigurationError: a setting is unknown or wrong; names it in one line.
        """
        for name in unknown_settings():  # a misspelt one must not be silently without effect
            raise ConfigurationError(f"{name} is no setting; docs/settings.md lists them")
        return cls.known()

    @classmethod
    def known(cls) -> Self:
        """Read the settings that there are, whatever else is named like one.

        Raises:
            ConfigurationError: a setting is wrong; names it in one line.
        """
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
            said = first["msg"].removeprefix("Value error, ")
            raise ConfigurationError(f"{name}: {said} (docs/settings.md)") from None


def processes_wished() -> int:
    """Return how many workers gunicorn is told to start by its own variables; 1 if by none."""
    told = re.findall(
        r"(?:^|\s)(?:-w|--workers)[ =]?(\d+)", os.environ.get("GUNICORN_CMD_ARGS", "")
    )
    words = [*told, os.environ.get("WEB_CONCURRENCY", "")]
    return next((int(word) for word in words if word.isdigit()), 1)


def unknown_settings() -> list[str]:
    """Return the variables that are named like settings and are none."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def config_folder() -> Path:
    """Return the folder of what a user of the command line keeps (XDG Base Directory)."""
    told = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (told if told.is_absolute() else Path.home() / ".config") / "spe-gateway"


def share_measures(folder: Path) -> None:
    """Have the processes that are forked from now on count in a folder (prometheus-client's)."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def child_environment(**settings: str) -> dict[str, str]:
    """Return the environment for a process of ours that has these settings and no others.

    Args:
        settings: values by the names of the fields.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {PREFIX + name.upper(): value for name, value in settings.items()}
