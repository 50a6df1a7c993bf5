"""Which gateway, and who calls it: options before the environment before a profile."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.cli.failure import Failure
from gateway.cli.profile_file import Profile, read_profiles
from gateway.settings import Settings, told

ENVIRONMENT: Final = "the environment"
UNKNOWN: Final = (
    "Sign in with 'spe-gateway login', or set SPE_GATEWAY_CLIENT_ID and "
    "SPE_GATEWAY_CLIENT_SECRET, or give --client-id and --client-secret."
)
PLAIN: Final = (
    "{0} is not encrypted: whoever listens on the way learns the client's secret. Use https."
)

ELSEWHERE: Final = (
    "SPE_GATEWAY_CLIENT_ID and SPE_GATEWAY_CLIENT_SECRET are of {0}, and are not sent to {1}: set "
    "SPE_GATEWAY_URL to {1} if they are of that gateway, or give --client-id and --client-secret "
    "too, or --profile."
)
CLIENT_WINS: Final = (
    "The profile {0} is NOT in use: SPE_GATEWAY_CLIENT_ID and SPE_GATEWAY_CLIENT_SECRET are set "
    "in this shell, and win over it. Give --profile {0}, or run 'unset SPE_GATEWAY_URL "
    "SPE_GATEWAY_CLIENT_ID SPE_GATEWAY_CLIENT_SECRET'."
)
PROFILE_WINS: Final = (
    "The profile {0} is NOT in use: SPE_GATEWAY_PROFILE is set in this shell, to {1}. Give "
    "--profile {0}, or run 'unset SPE_GATEWAY_PROFILE'."
)

WHOLE: Final = "A profile is all of it: leave --url, --client-id and --client-secret out."


@dataclass(frozen=True)
class Access:
    """What was found.

    Attributes:
        profile: who calls, and where.
        source: where it was found, in words.
    """

    profile: Profile
    source: str


def access_of(options: Mapping[str, str | None]) -> Access:
    """Return who calls, by options, by the environment, or by a profile.

    A profile that is named by an option is taken before the environment. The secret of a profile
    goes to the gateway of that profile only, and that of the environment to SPE_GATEWAY_URL.

    Args:
        options: ``url``, ``client_id``, ``client_secret`` and ``profile``, of ``access_options``.

    Raises:
        Failure: nothing names a client and its secret, or a profile is of another gateway.
    """
    named = options.get("profile")
    if named:
        if any(options[name] for name in ("url", "client_id", "client_secret")):
            raise Failure(WHOLE)
        return _from_profile(named, None)
    settings = Settings.from_environment()
    url = options["url"] or (settings.url if "url" in told() else None)
    client_id = options["client_id"] or settings.client_id
    secret = options["client_secret"] or settings.client_secret.get_secret_value()
    if client_id and secret:
        given = options["client_id"] and options["client_secret"]
        if not given and is_elsewhere(options["url"], settings):
            raise Failure(ELSEWHERE.format(settings.url, options["url"]))
        source = "options" if given else ENVIRONMENT
        return Access(Profile(url or settings.url, client_id, secret), source)
    if client_id or secret:
        raise Failure(f"A client's id and its secret belong together. {UNKNOWN}")
    return _from_profile(settings.profile, url)


def is_elsewhere(url: str | None, settings: Settings) -> bool:
    """Whether a URL that was given leads to another gateway than that of the environment."""
    known = "url" in told()
    return known and url is not None and url.rstrip("/") != settings.url.rstrip("/")


def against(profile: str) -> str:
    """Return why the commands that follow do not use a profile; empty if they do."""
    settings = Settings.from_environment()
    if settings.client_id or settings.client_secret.get_secret_value():
        return CLIENT_WINS.format(profile)
    if settings.profile and settings.profile != profile:
        return PROFILE_WINS.format(profile, settings.profile)
    return ""


def is_exposed(url: str) -> bool:
    """Whether what is sent to a URL crosses a network unencrypted."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not _is_loopback(parts.hostname or "")


def _from_profile(name: str, url: str | None) -> Access:
    profiles = read_profiles()
    chosen = name or profiles.chosen
    if not name and chosen not in profiles.known:
        kept = f" Or give --profile, one of: {', '.join(sorted(profiles.known))}."
        raise Failure(f"{UNKNOWN}{kept if profiles.known else ''}")
    found = profiles.named(chosen)
    if url is not None and url.rstrip("/") != found.url:
        raise Failure(
            f"The profile {chosen} is of {found.url}, and its secret is not sent to {url}: sign in "
            f"there with 'spe-gateway login --profile NAME --url {url}'."
        )
    return Access(found, f"the profile {chosen}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
