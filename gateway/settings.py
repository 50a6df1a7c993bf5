"""The settings: frozen, checked at start, and the only reader of the environment."""

import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from marshmallow import ValidationError

from gateway.errors import ConfigurationError
from gateway.setting_fields import (
    Secret,
    defaults,
    first_fault,
    folder,
    issuers,
    schema_of,
    secret,
    setting,
    share,
    text,
    whole,
    words,
    yes_or_no,
)
from gateway.trusted_issuer import TrustedIssuer

PREFIX = "SPE_GATEWAY_"
DOMAIN = r"\*|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]"
RATE = "[1-9][0-9]{0,8}/(second|minute|hour)"
NO_URL = "is no http or https URL, as https://gateway.example.com is one"


def _domain(word: str) -> str:
    if not re.fullmatch(DOMAIN, word.lower()):
        raise ValueError(f"has {word!r}, which is no domain: example.com is one")
    return word.lower()


def _network(word: str) -> str:
    ipaddress.ip_network(word)
    return word


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, named ``SPE_GATEWAY_<FIELD>`` in the environment (docs/settings.md).

    Raises:
        ConfigurationError: a setting is wrong; names it in one line.
    """

    home: Path = setting(  # noqa: RUF009 # it is frozen
        default=Path("~/.spe-gateway"),
        meaning="Folder of the embedded state: database, master keys, lock.",
        checked_by=folder(),
    )
    database_url: str = setting(
        default="",
        meaning="SQLAlchemy URL; empty means SQLite in the home folder.",
    )
    redis_url: str = setting(
        default="",
        meaning="URL of the Redis that all processes share (`redis://`, `rediss://`); "
        "empty means memory, which is for one process.",
        checked_by=text("(rediss?://.+)?"),
    )
    witness: str = setting(
        default="",
        meaning="File that outlives a restore of the database: who was revoked, who owns what; "
        "empty means witness.jsonl in the home folder. Leave it out of backups.",
    )
    master_keys: Secret = setting(  # noqa: RUF009 # it is frozen
        default=Secret(""),
        meaning="Fernet keys separated by commas, the first encrypts; "
        "empty means the file master.keys in the home folder.",
        checked_by=secret(),
    )
    issuer: str = setting(
        default="http://localhost:8080",
        meaning="Issuer and audience of the access tokens: the URL that clients know.",
        checked_by=text(r"https?://[^\s/?#]+(/[^\s?#]*)?", NO_URL),
    )
    token_seconds: int = setting(
        default=900,
        meaning="Life of an access token, in seconds.",
        checked_by=whole(60, 900),
    )
    key_days: int = setting(
        default=90,
        meaning="Days from one signing key to the next; 0 means that only "
        "'spe-gateway rotate-keys' makes new ones.",
        checked_by=whole(0, 3650),
    )
    trusted_issuers: tuple[TrustedIssuer, ...] = setting(
        default=(),
        meaning="Outside issuers whose tokens are accepted: a JSON list (docs/authentication.md).",
        checked_by=issuers(),
    )
    proxies: int = setting(
        default=0,
        meaning="How many proxies of yours stand before the gateway and add to "
        "X-Forwarded-For; 0 means that the header has no effect.",
        checked_by=whole(0, 10),
    )
    client_rate: str = setting(
        default="600/minute",
        meaning="Calls that one client may make: `N/second`, `N/minute` or `N/hour`.",
        checked_by=text(RATE),
    )
    reseller_rate: str = setting(
        default="3000/minute",
        meaning="Calls that all clients of one reseller may make together.",
        checked_by=text(RATE),
    )
    address_rate: str = setting(
        default="120/minute",
        meaning="Requests for tokens, or about them, that one address may make.",
        checked_by=text(RATE),
    )
    deployment_networks: tuple[str, ...] = setting(
        default=(),
        meaning="Networks (CIDR, separated by commas) that deployments may lie in; "
        "empty means every unicast address but link-local ones.",
        checked_by=words(_network),
    )
    grace_days: int = setting(
        default=30,
        meaning="Days from deleting an instance to its purge.",
        checked_by=whole(0, 3650),
    )
    report_domains: tuple[str, ...] = setting(
        default=(),
        meaning="Domains that status reports may be mailed to, separated by commas, without "
        "their subdomains; `*` means every domain, empty means none.",
        checked_by=words(_domain),
    )
    reports_per_day: int = setting(
        default=20,
        meaning="Status reports that one instance may send within 24 hours.",
        checked_by=whole(1, 1000),
    )
    inventory_seconds: int = setting(
        default=300,
        meaning="Seconds from one look at all instances of a deployment to the next; after a "
        "change of ours it comes sooner; 0 means that only calls look.",
        checked_by=whole(0, 86400),
    )
    licence_seconds: int = setting(
        default=3600,
        meaning="Seconds from one reading of the licences of a deployment to the next; 0 means "
        "that nothing is read.",
        checked_by=whole(0, 86400),
    )
    watch_seconds: int = setting(
        default=86400,
        meaning="Seconds from one look into an instance to the next: users, sizes, stores, and "
        "whether it archives; 0 means that nobody looks.",
        checked_by=whole(0, 604800),
    )
    event_days: int = setting(
        default=90,
        meaning="Days for which events are kept.",
        checked_by=whole(1, 3650),
    )
    usage_event_days: int = setting(
        default=400,
        meaning="Days for which usage events are kept; older ones are replaced by a baseline.",
        checked_by=whole(31, 3650),
    )
    webhook_threads: int = setting(
        default=8,
        meaning="Threads of a process that deliver to webhooks.",
        checked_by=whole(1, 256),
    )
    webhook_networks: tuple[str, ...] = setting(
        default=(),
        meaning="Networks (CIDR, separated by commas) that webhooks may lead to although they "
        "are not public, also by `http:` and on any port. For laboratories; empty means none.",
        checked_by=words(_network),
    )
    webhook_authorities: str = setting(
        default="",
        meaning="PEM file of the authorities that certificates of webhooks' servers may come "
        "from; empty means those of the system.",
    )
    executor_threads: int = setting(
        default=64,
        meaning="Threads that call deployments, eight for each at most.",
        checked_by=whole(1, 512),
    )
    breaker_failures: int = setting(
        default=5,
        meaning="Calls to a deployment that fail in a row for its line, until nothing is sent "
        "to it for a while.",
        checked_by=whole(1, 1000),
    )
    breaker_seconds: int = setting(
        default=30,
        meaning="Seconds of that while; then a Ping decides.",
        checked_by=whole(1, 3600),
    )
    list_seconds: int = setting(
        default=10,
        meaning="Seconds that the deployments may take to answer for a live list; "
        "`Prefer: wait` may ask for less.",
        checked_by=whole(1, 60),
    )
    http_threads: int = setting(
        default=16,
        meaning="Threads that serve HTTP requests.",
        checked_by=whole(1, 256),
    )
    drain_seconds: int = setting(
        default=0,
        meaning="Seconds from SIGTERM, when `/readyz` turns 503, until a serving process takes "
        "no more requests: as long as the proxy before it needs to see that.",
        checked_by=whole(0, 300),
    )
    streams: int = setting(
        default=8,
        meaning="Event streams that a process serves at once. Each holds one of the threads "
        "that serve HTTP requests, of which one at least is left for the rest.",
        checked_by=whole(0, 255),
    )
    broker_url: str = setting(
        default="",
        meaning="URL of the message broker that brings operations to the workers: RabbitMQ "
        "(`amqp://`, `amqps://`) or a Redis (`redis://`, `rediss://`); empty means that serving "
        "processes track operations themselves.",
        checked_by=text("((amqps?|rediss?)://.+)?"),
    )
    tracker: bool = setting(
        default=True,
        meaning="Whether a serving process tracks operations where no message broker is set; "
        "where one is, `spe-gateway worker` does.",
        checked_by=yes_or_no(),
    )
    metrics_bind: str = setting(
        default="",
        meaning="Where `/metrics` and `/facts` are served for Prometheus, as HOST:PORT: on "
        "loopback, or in a network of yours, since nobody has to sign in; empty means that "
        "nothing is counted (docs/observing.md).",
        checked_by=text(r"([^\s/]+:[0-9]{1,5})?"),
    )
    otlp_endpoint: str = setting(
        default="",
        meaning="URL of the OpenTelemetry collector that traces are sent to (OTLP over HTTP), "
        "such as `http://127.0.0.1:4318`; needs `spe-gateway[otel]`; empty means that nothing is "
        "traced.",
        checked_by=text(r"(https?://[^\s?#]+)?"),
    )
    trace_share: float = setting(
        default=0.1,
        meaning="Share of the requests that are traced, where a caller's `traceparent` does "
        "not say.",
        checked_by=share(),
    )
    log_level: str = setting(
        default="info",
        meaning="Lowest level that is logged.",
        checked_by=text("(debug|info|warning|error)"),
    )
    url: str = setting(
        default="http://127.0.0.1:8080",
        meaning="URL of the gateway that the commands talk to.",
        checked_by=text(r"https?://[^\s/?#]+"),
    )
    client_id: str = setting(
        default="",
        meaning="API client that the commands sign in as.",
    )
    client_secret: Secret = setting(  # noqa: RUF009 # it is frozen
        default=Secret(""),
        meaning="Secret of that API client.",
        checked_by=secret(),
    )
    profile: str = setting(
        default="",
        meaning="Profile of 'spe-gateway login' that the commands use where none of the three "
        "above says otherwise; empty means the one chosen last.",
    )

    def __post_init__(self) -> None:
        """Check all, and put in what the fields make of what was given."""
        try:
            for name, value in _SCHEMA.load(vars(self)).items():
                object.__setattr__(self, name, value)  # frozen from here on
            self._require_distinct_issuers()
        except ValidationError as error:
            place, said = first_fault(error)
            name = _variable("_".join(place))
            raise ConfigurationError(f"{name}: {said} (docs/settings.md)") from None

    def _require_distinct_issuers(self) -> None:
        names = [self.issuer, *(each.issuer for each in self.trusted_issuers)]
        if len(set(names)) < len(names):
            raise ValidationError("names an issuer twice, or the gateway itself", "trusted_issuers")

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
        return cls(**told())


_SCHEMA: Final = schema_of(Settings)


def told() -> dict[str, Any]:
    """Return what the environment says, by the names of the settings; as it is written there."""
    names = ((name, _variable(name)) for name in defaults(Settings))
    return {name: os.environ[variable] for name, variable in names if variable in os.environ}


def _variable(name: str) -> str:
    """Return the variable of the environment that has a setting."""
    return PREFIX + name.upper()


def processes_wished() -> int:
    """Return how many workers gunicorn is told to start by its own variables; 1 if by none."""
    told = re.findall(
        r"(?:^|\s)(?:-w|--workers)[ =]?(\d+)", os.environ.get("GUNICORN_CMD_ARGS", "")
    )
    words = [*told, os.environ.get("WEB_CONCURRENCY", "")]
    return next((int(word) for word in words if word.isdigit()), 1)


def unknown_settings() -> list[str]:
    """Return the variables that are named like settings and are none."""
    known = set(map(_variable, defaults(Settings)))
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
    return inherited | {_variable(name): value for name, value in settings.items()}
