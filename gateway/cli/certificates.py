"""Has somebody say which certificate of a deployment is right."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import rich_click as click

from gateway.cli.deployment_view import certificates_of
from gateway.cli.failure import Failure

COMPARE: Final = (
    "Compare it with what the server itself shows, in the SPE Management Console and not over the "
    "network."
)
NOBODY: Final = (
    "Nobody can be asked here: give --pin, with the thumbprint that the server itself shows, and "
    "--password-file."
)
OTHER: Final = (
    "This is not the thumbprint of what is presented: nothing was changed. If the server itself "
    "shows this one, somebody stands between it and the gateway."
)

Document = Mapping[str, Any]


def tell_certificates(pinned: Document | None, presented: Document, *, as_json: bool) -> None:
    """Print what is presented now, for people, beside what is pinned, if anything is."""
    if not as_json:
        click.echo("\n".join(certificates_of(pinned, presented)), err=True)


def is_pinned(deployment: Document, presented: Document) -> bool:
    """Whether the pinned certificate is the one that is presented."""
    return _digits(deployment["certificate"].get("pin", "")) in _thumbprints(presented)


def chosen_pin(pin: str | None, presented: Document, why: str) -> str:
    """Return the thumbprint that is to be pinned, SHA-256, before anything is sent.

    Args:
        pin: as it was given; None asks for it, for it comes from the server, not from the screen.
        presented: the certificate that was found.
        why: it is asked for, as a sentence.

    Raises:
        Failure: it names another certificate, or nobody can be asked.
    """
    if _digits(pin or _typed(why)) not in _thumbprints(presented):
        raise Failure(OTHER)
    return str(presented["sha256"])


def _typed(why: str) -> str:
    if not sys.stdin.isatty():
        raise Failure(NOBODY)
    click.echo(f"{why} {COMPARE}", err=True)
    return str(click.prompt("Thumbprint that the server shows", err=True))


def _digits(pin: str) -> str:
    return pin.replace(":", "").upper()


def _thumbprints(presented: Document) -> set[str]:
    return {presented["sha1"], presented["sha256"]}
