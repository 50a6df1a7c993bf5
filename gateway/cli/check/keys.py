"""The keys: that they open what is stored, and how old they are."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from gateway.cli.check.findings import Finding, error, fine, warning
from gateway.cli.check.ground import Ground
from gateway.errors import ConfigurationError
from gateway.model import now
from gateway.settings import Settings
from gateway.storage import sealed, signing_keys
from gateway.storage.vault import Vault, load_keys

ROTATING: Final = "docs/upgrading.md"
RESTORE: Final = "docs/runbooks/restore.md"
LATE: Final = timedelta(days=7)


def held(settings: Settings) -> tuple[Vault | None, Finding]:
    """Return the vault, if the master keys can be had, and what was found."""
    try:
        vault = Vault(load_keys(settings.home, settings.master_keys.get_secret_value()))
    except ConfigurationError as problem:
        return None, error(
            "keys.master", problem.detail, "Do what it says, then check again.", RESTORE
        )
    return vault, fine("keys.master", f"Master keys at hand: {len(vault.keys)}.")


def secrets(ground: Ground) -> Iterator[Finding]:
    """Look whether everything that is stored can be decrypted."""
    if ground.database is None or ground.vault is None:
        return
    found = [sealed.tally(ground.database, ground.vault, place) for place in sealed.PLACES]
    for each in found:
        if each.lost:
            yield error(
                "keys.secrets",
                f"{each.lost} secrets in {each.place} can be opened with none of the master keys.",
                "Put the missing key back into master.keys, below the first one.",
                RESTORE,
            )
    older = sum(each.older for each in found)
    if older:
        yield warning(
            "keys.secrets",
            f"{older} secrets are encrypted with an older master key, which is still needed.",
            "Run 'spe-gateway rotate-keys --master'.",
            ROTATING,
        )
    elif not any(each.lost for each in found):
        yield fine("keys.secrets", "The first master key opens everything that is stored.")


def signing(ground: Ground) -> Iterator[Finding]:
    """Look at the keys of the access tokens."""
    if ground.database is None:
        return
    with ground.database.read() as connection:
        live = signing_keys.live(connection)
    if not live:
        yield error(
            "keys.signing",
            "There is no key to sign tokens with.",
            "Run 'spe-gateway init' on a new gateway, 'spe-gateway rotate-keys' on another.",
            ROTATING,
        )
        return
    age = now() - max(each.create_time for each in live)
    longest = timedelta(days=ground.settings.key_days or 90) + LATE
    if age > longest:
        yield warning(
            "keys.signing",
            f"The newest signing key is {age.days} days old.",
            "Run 'spe-gateway rotate-keys'; with SPE_GATEWAY_KEY_DAYS the gateway does it itself.",
            ROTATING,
        )
    else:
        yield fine("keys.signing", f"The newest signing key is {age.days} days old.")


CHECKS = (secrets, signing)
