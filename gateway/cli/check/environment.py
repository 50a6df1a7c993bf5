"""The settings: known, and at peace with each other."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.settings import Settings, processes_wished, told, unknown_settings

SETTINGS = "docs/settings.md"
OPERATING = "docs/operating.md"
LIMITS = "docs/limits.md"
SECONDS = {"second": 1, "minute": 60, "hour": 3600}
FAR = 3
"""More proxies of one's own, one behind the other, are hardly ever there."""


def unknown() -> Iterator[Finding]:
    """Look for variables that are no settings."""
    names = unknown_settings()
    for name in names:
        yield error(
            "settings.unknown",
            f"{name} is no setting: the gateway refuses to start with it.",
            "Correct its name, or remove it.",
            SETTINGS,
        )
    if not names:
        yield fine("settings.unknown", "Every variable is a setting.")


def processes(settings: Settings) -> Iterator[Finding]:
    """Look whether as many processes are wished for as the state allows."""
    number = processes_wished()
    if settings.is_embedded and (number > 1 or settings.broker_url):
        yield error(
            "settings.processes",
            "Several processes are configured, but SQLite is for one.",
            "Set SPE_GATEWAY_DATABASE_URL to a PostgreSQL, or leave one worker and no "
            "SPE_GATEWAY_BROKER_URL.",
            OPERATING,
        )
    elif settings.is_embedded or settings.redis_url:
        yield fine("settings.processes", "The state fits the number of processes.")
    else:
        found = error if number > 1 else warning
        yield found(
            "settings.processes",
            "The database is for several processes, but each counts rates and failures of "
            "deployments for itself.",
            "Set SPE_GATEWAY_REDIS_URL, unless one process is all there will be.",
            OPERATING,
        )


def tracking(settings: Settings) -> Iterator[Finding]:
    """Look whether anybody tracks operations."""
    if settings.tracks or settings.broker_url:
        yield fine("settings.tracking", "Operations are tracked.")
        return
    yield warning(
        "settings.tracking",
        "This process tracks no operations, and there are no workers either.",
        "Remove SPE_GATEWAY_TRACKER=false, unless another process of this cluster tracks.",
        OPERATING,
    )


def issuer(settings: Settings) -> Iterator[Finding]:
    """Look at the URL that stands in every token."""
    url = urlsplit(settings.issuer)
    is_local = url.hostname in {"localhost", "127.0.0.1", "::1"}
    if url.scheme == "https":
        yield fine("settings.issuer", f"Tokens are issued by {settings.issuer}.")
    elif is_local:
        yield warning(
            "settings.issuer",
            f"The issuer is {settings.issuer}, which means this machine only.",
            "Set SPE_GATEWAY_ISSUER to the https URL that clients use.",
            "docs/authentication.md",
        )
    else:
        yield error(
            "settings.issuer",
            "The issuer is no https URL: tokens and secrets would travel in the clear.",
            "Put a proxy with TLS in front, and set SPE_GATEWAY_ISSUER to its https URL.",
            OPERATING,
        )


def proxies(settings: Settings) -> Iterator[Finding]:
    """Look whether the number of proxies is plausible."""
    behind = urlsplit(settings.issuer).scheme == "https"
    if behind and not settings.proxies:
        yield warning(
            "settings.proxies",
            "Clients use https, so a proxy stands in front, but none is trusted: all clients "
            "seem to come from its address, and share its limits.",
            "Set SPE_GATEWAY_PROXIES to the number of proxies of yours, mostly 1.",
            LIMITS,
        )
    elif settings.proxies > FAR or (settings.proxies and not behind):
        yield warning(
            "settings.proxies",
            f"{settings.proxies} proxies are trusted, which is more than there seem to be: "
            "whoever reaches the gateway can choose the address it is known by.",
            "Set SPE_GATEWAY_PROXIES to the number of proxies of yours.",
            LIMITS,
        )
    else:
        yield fine("settings.proxies", "The number of trusted proxies is plausible.")


def rates(settings: Settings) -> Iterator[Finding]:
    """Look whether the rates make sense together."""
    if per_second(settings.reseller_rate) < per_second(settings.client_rate):
        yield warning(
            "settings.rates",
            "All clients of a reseller together may call less than one of them alone.",
            "Make SPE_GATEWAY_RESELLER_RATE the larger one.",
            LIMITS,
        )
    else:
        chosen = {"client_rate", "reseller_rate", "address_rate"} & told().keys()
        words = "chosen" if chosen else "the defaults"
        yield fine("settings.rates", f"The rates are {words}.")


def per_second(rate: str) -> float:
    """Return a rate as the settings write it, in calls a second."""
    number, _, unit = rate.partition("/")
    return int(number) / SECONDS[unit]


def laboratory(settings: Settings) -> Iterator[Finding]:
    """Look for what is meant for laboratories."""
    if settings.webhook_networks:
        yield warning(
            "settings.laboratory",
            "Webhooks may lead into networks that are not public.",
            "Remove SPE_GATEWAY_WEBHOOK_NETWORKS, which is for laboratories.",
            "docs/webhooks.md",
        )
    else:
        yield fine("settings.laboratory", "Nothing is set that is for laboratories.")


def measures(settings: Settings) -> Iterator[Finding]:
    """Look whether everybody can read the measures, which name deployments and resellers."""
    host = settings.metrics_bind.rpartition(":")[0].strip("[]")
    if settings.metrics_bind and not _is_private(host):
        yield warning(
            "settings.metrics",
            f"Measures are served on {settings.metrics_bind}, without a token, to whoever comes.",
            "Bind SPE_GATEWAY_METRICS_BIND to a loopback or private address.",
            OPERATING,
        )
    else:
        yield fine("settings.metrics", "Measures are not served to the public.")


def _is_private(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or (address.is_private and not address.is_unspecified)


def stopping(settings: Settings) -> Iterator[Finding]:
    """Look whether a proxy is given time to see that a gateway stops."""
    if settings.is_embedded or settings.drain_seconds:
        yield fine("settings.drain", "A stop is seen before it comes.")
        return
    yield warning(
        "settings.drain",
        "A gateway of a cluster stops without a pause: the proxy goes on sending to it.",
        "Set SPE_GATEWAY_DRAIN_SECONDS to twice the interval of the proxy's health check.",
        OPERATING,
    )


CHECKS = (processes, tracking, issuer, proxies, rates, laboratory, measures, stopping)
