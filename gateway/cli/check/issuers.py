"""Outside issuers: that their keys can be fetched from here."""

from collections.abc import Iterator
from typing import Final

from gateway.cli.check.findings import Finding, error, fine
from gateway.settings import Settings
from gateway.spe.certificate import normalise_pin
from gateway.web.oauth.key_fetcher import KeyFetcher, KeysUnavailable

AUTHENTICATION: Final = "docs/authentication.md"


def outside(settings: Settings) -> Iterator[Finding]:
    """Fetch the key set of each trusted issuer once."""
    for each in settings.trusted_issuers:
        try:
            keys = KeyFetcher(each.jwks_uri, each.pin and normalise_pin(each.pin)).fetch()
        except KeysUnavailable as problem:
            yield error(
                "issuers.keys",
                f"The keys of {each.issuer} cannot be fetched from {each.jwks_uri}: {problem}.",
                "Correct the address or its pin, or let this host reach it.",
                AUTHENTICATION,
            )
        else:
            yield fine("issuers.keys", f"{each.issuer} has keys: {len(keys)}.")
