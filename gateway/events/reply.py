"""What a receiver answers, as far as anybody reads it."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import requests
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from gateway.events.outcome import DeliveryFailed, Outcome, Problem

EXCERPT_CHARACTERS: Final = 512
MOST_RETRY_AFTER: Final = timedelta(days=1)
FOREIGN: Final = (OSError, HTTPError, ValueError)
"""What the libraries below raise; the errors of requests are OSErrors."""

_CHUNK_BYTES: Final = 8192
_WAITING: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_DELAY: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


def outcome_of(response: requests.Response) -> Outcome:
    """Read a reply to its end, or to the end of the allowance.

    Args:
        response: whose body was not read.

    Returns:
        The outcome without its seconds.
    """
    body = bytearray()
    problem = _read(response.raw, body)
    status = response.status_code
    is_packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    return Outcome(
        status=status,
        problem=_judged(status) or problem,
        retry_after=(
            retry_after(response.headers.get("Retry-After", ""), datetime.now(UTC))
            if status in _WAITING
            else None
        ),
        excerpt="" if is_packed else excerpt(bytes(body)),
    )


def _read(raw: BaseHTTPResponse, body: bytearray) -> Problem | None:
    """Read the body as it comes, without unpacking it, and say why it ended before its end."""
    try:
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=False):
            body += chunk
    except DeliveryFailed as failure:
        return failure.problem
    except FOREIGN:
        return Problem.CONNECTION_LOST
    return None


def _judged(status: int) -> Problem | None:
    match status // 100:
        case 2:
            return None
        case 3:
            return Problem.REDIRECTED
        case _:
            return Problem.NOT_ACCEPTED


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Read a ``Retry-After`` (RFC 9110, 10.2.3): seconds or a date.

    Args:
        text: of the header; empty if there is none.
        now: in UTC.

    Returns:
        The time to wait, from none to a day; None if the header says nothing.
    """
    if _DELAY.fullmatch(text):
        return min(timedelta(seconds=int(text)), MOST_RETRY_AFTER)
    try:
        date = parsedate_to_datetime(text)
        wait = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(0), min(wait, MOST_RETRY_AFTER))


def excerpt(body: bytes) -> str:
    """Return the beginning of a body as one line, fit for a terminal, a log and a database."""
    text = body[: EXCERPT_CHARACTERS * 4].decode(errors="replace")
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())[:EXCERPT_CHARACTERS]
