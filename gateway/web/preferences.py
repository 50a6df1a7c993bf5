"""What a caller asks for in headers: how long to wait, on whose behalf, which version.

Fields that are given twice come as one, joined with a comma: the server does that (RFC 3875).
"""

import re
from datetime import date
from typing import Final

from werkzeug.datastructures import Headers

from gateway.errors import MalformedRequest
from gateway.model import Urgency

VERSION_HEADER: Final = "SPE-Gateway-Version"
VERSION: Final = date(2026, 11, 21).isoformat()
"""The only version of the contract so far."""

DEFAULT_WAIT_SECONDS: Final = 1.0
MAX_WAIT_SECONDS: Final = 30.0
USUAL_URGENCY: Final = 3
_MAX_NAME: Final = 256
# One preference: token, optional value, optional parameters (RFC 7240, section 2).
_PREFERENCE: Final = re.compile(
    r'\s*([\w!#$%&\'*+.^`|~-]+)\s*(?:=\s*("?)([^",;]*)\2)?\s*(?:;.*)?', re.ASCII
)
_URGENCY: Final = re.compile(r"[ \t]*u=([0-7])[ \t]*(?:;.*)?", re.ASCII)
_SECONDS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def check_version(headers: Headers) -> None:
    """Check that the version of the contract that is asked for is served.

    Raises:
        MalformedRequest: it is not.
    """
    asked = headers.get(VERSION_HEADER)
    if asked not in {None, VERSION}:
        raise MalformedRequest(f"{VERSION_HEADER} must be {VERSION}.")


def wait_seconds(headers: Headers) -> float:
    """Return how long the answer may be waited for: as the caller wishes, or the usual time."""
    wish = wished_wait(headers)
    return DEFAULT_WAIT_SECONDS if wish is None else wish


def wished_wait(headers: Headers) -> float | None:
    """Return how long the caller wishes to wait: ``Prefer: wait=N`` (RFC 7240), if it does.

    The first ``wait`` counts, more than 30 is lowered to 30, what is malformed is ignored.
    """
    for preference in headers.get("Prefer", "").split(","):
        match = _PREFERENCE.fullmatch(preference)
        if match and match[1].lower() == "wait":
            return _seconds_of((match[3] or "").strip())
    return None


def urgency(headers: Headers) -> Urgency:
    """Return how urgent the caller calls its work: ``Priority: u=N`` (RFC 9218).

    0 to 3, which is usual, is interactive; more is work that can wait. What is malformed is
    ignored, and the last one counts (RFC 8941, section 3.2).
    """
    wished = USUAL_URGENCY
    for parameter in headers.get("Priority", "").split(","):
        match = _URGENCY.fullmatch(parameter)
        wished = int(match[1]) if match else wished
    return Urgency.INTERACTIVE if wished <= USUAL_URGENCY else Urgency.BULK


def on_behalf_of(headers: Headers) -> str | None:
    """Return the end user that the client names in ``On-Behalf-Of``, if any.

    Raises:
        MalformedRequest: empty, longer than 256 characters, or not printable UTF-8.
    """
    given = headers.get("On-Behalf-Of")
    if given is None:
        return None
    try:
        name = given.encode("latin-1").decode("utf-8")
    except UnicodeError:
        name = ""
    if not 1 <= len(name) <= _MAX_NAME or not name.isprintable():
        raise MalformedRequest("On-Behalf-Of must be 1 to 256 printable characters in UTF-8.")
    return name


def _seconds_of(text: str) -> float:
    if not _SECONDS.fullmatch(text):
        return DEFAULT_WAIT_SECONDS
    return min(float(text), MAX_WAIT_SECONDS)
