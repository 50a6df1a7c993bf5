"""How the API answers below its results: status line, headers, bytes, refusals.

Each check is a fact in words. The same requests go to the deployment and to a simulator, and
the facts are compared, so that no expectation is written down twice.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

from gateway.cli.doctor import probes
from gateway.cli.doctor.findings import Difference, Unseen, name, plain
from gateway.cli.doctor.probes import asked, asked_by_nobody
from gateway.errors import AnswerLost, ReplyInvalid
from gateway.spe.endpoint import DEFAULT_LIMITS, Endpoint
from gateway.spe.raw import RawReply, RawRequest
from gateway.spe.reply import decode

Facts = Mapping[str, str | None]
"""What was found, by the name of the check; None where it could not be seen."""

MANY: Final = 12
"""More keys than any envelope has."""

_BOM: Final = b"\xef\xbb\xbf"
_SUBJECT: Final = "HTTP"
_TOLERATED: Final = "Nothing: the gateway does not rely on it. The simulator should follow."
_FIXED: Final = ("token", "statusVersion", "statusCode", "percentProgress")


@dataclass(frozen=True)
class Check:
    """One fact.

    Attributes:
        name: of the check.
        source: how well what the simulator does is known (D, C or I; see ``Difference``).
        request: what shows it.
        read: finds it in the answer.
        meaning: what another one is to the gateway.
    """

    name: str
    source: str
    request: RawRequest
    read: Callable[[RawReply], str | None]
    meaning: str


def observe(endpoint: Endpoint) -> Facts:
    """Send every request once, one of them without credentials, and return what was seen.

    Raises:
        NotSent: the deployment cannot be reached, is another, or refuses the credentials.
    """
    requests = {id(check.request): check.request for check in AUTHORIZED}
    replies = {key: asked(endpoint, request) for key, request in requests.items()}
    facts = {check.name: _fact(check, replies[id(check.request)]) for check in AUTHORIZED}
    return facts | {CHALLENGE.name: _fact(CHALLENGE, asked_by_nobody(endpoint, CHALLENGE.request))}


def compare(expected: Facts, found: Facts) -> Iterator[Difference | Unseen]:
    """Yield where the facts of two deployments differ."""
    for check in CHECKS:
        here, there = expected[check.name], found[check.name]
        if here is None or there is None:
            yield Unseen(check.name, _SUBJECT, "The call turned asynchronous this time.")
        elif here != there:
            yield Difference(check.name, _SUBJECT, here, check.source, there, check.meaning)


def _fact(check: Check, reply: RawReply | AnswerLost) -> str | None:
    if isinstance(reply, AnswerLost):
        return f"no usable answer ({reply.code})"
    return check.read(reply)


def _status_line(reply: RawReply) -> str:
    return plain(f"HTTP/{reply.version} {reply.status} {reply.reason}")


def _header(field: str) -> Callable[[RawReply], str]:
    return lambda reply: plain(reply.headers.get(field, "absent"))


def _caching(reply: RawReply) -> str:
    control = reply.headers.get("cache-control", "no Cache-Control")
    pragma = reply.headers.get("pragma", "no Pragma")
    return plain(f"{_expiry(reply)}; {pragma}; {control}")


def _expiry(reply: RawReply) -> str:
    try:
        ends, sent = (parsedate_to_datetime(reply.headers[key]) for key in ("expires", "date"))
    except (ValueError, KeyError):
        return "no Expires"
    return "expired" if ends.timestamp() < sent.timestamp() else "not expired"


def _mark(reply: RawReply) -> str:
    return "present" if reply.body.startswith(_BOM) else "absent"


def _line_ends(reply: RawReply) -> str:
    if b"\n" not in reply.body:
        return "one line"
    return "CRLF" if reply.body.count(b"\n") == reply.body.count(b"\r\n") else "LF"


def _indentation(reply: RawReply) -> str:
    _, _, rest = reply.body.partition(b"\n")
    return f"{len(rest) - len(rest.lstrip(b' '))} blanks"


def _envelope(reply: RawReply) -> str:
    document = _document(reply)
    if not isinstance(document, dict):
        return "no JSON object"
    return ", ".join(map(name, list(document)[:MANY]))


def _success(reply: RawReply) -> str | None:
    document = _document(reply)
    if not isinstance(document, dict):
        return "no JSON object"
    if document.get("statusCode") == "running":
        return None
    return plain(", ".join(f"{key}: {document.get(key)}" for key in _FIXED))


def _document(reply: RawReply) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return decode(reply.body, DEFAULT_LIMITS.max_depth)
    except ReplyInvalid:
        return None


def _status(reply: RawReply) -> str:
    return f"HTTP {reply.status}"


def _scheme(reply: RawReply) -> str:
    scheme = reply.headers.get("www-authenticate", "no challenge").split(" ")[0]
    return plain(f"HTTP {reply.status}, {scheme}")


def _listing(reply: RawReply) -> str:
    kind = "a list" if isinstance(_document(reply), list) else "no list"
    return f"HTTP {reply.status}, {kind}"


def _outcome(reply: RawReply) -> str:
    """The message too: it can only repeat our own words."""
    document = _document(reply)
    if not isinstance(document, dict):
        return f"HTTP {reply.status}, no JSON object"
    error = document.get("error")
    message = f": {error.get('message')}" if isinstance(error, dict) else ""
    return plain(f"HTTP {reply.status}, {document.get('statusCode')}{message}")


CHALLENGE: Final = Check(
    "challenge",
    "C",
    probes.PING,
    _scheme,
    "The gateway takes 401, and nothing else, for refused credentials.",
)
AUTHORIZED: Final = (
    Check(
        "status-line",
        "D",
        probes.PING,
        _status_line,
        "Any other status than 200 is UPSTREAM_REPLY_INVALID.",
    ),
    Check("content-type", "D", probes.PING, _header("content-type"), _TOLERATED),
    Check("server", "D", probes.PING, _header("server"), _TOLERATED),
    Check("caching", "D", probes.PING, _caching, _TOLERATED),
    Check("byte-order-mark", "D", probes.PING, _mark, _TOLERATED),
    Check("line-ends", "D", probes.PING, _line_ends, _TOLERATED),
    Check("indentation", "D", probes.PING, _indentation, _TOLERATED),
    Check(
        "envelope-keys",
        "D",
        probes.PING,
        _envelope,
        "Another order is nothing; a missing key is UPSTREAM_REPLY_INVALID.",
    ),
    Check(
        "immediate-success",
        "D",
        probes.PING,
        _success,
        "The gateway might wait for an operation that has ended, or not wait for one.",
    ),
    Check(
        "length-required",
        "C",
        probes.WITHOUT_LENGTH,
        _status,
        "Nothing: the gateway always announces a length. The simulator should follow.",
    ),
    Check(
        "metadata-by-get",
        "C",
        probes.METADATA_BY_GET,
        _listing,
        "Nothing: the gateway asks with POST. The simulator should follow.",
    ),
    Check(
        "metadata-by-post",
        "D",
        probes.METADATA_BY_POST,
        _listing,
        "The gateway cannot learn what the deployment can do, nor register it.",
    ),
    Check(
        "missing-argument",
        "C",
        probes.WITHOUT_ARGUMENT,
        _outcome,
        "Nothing: the gateway refuses such calls itself. The simulator should follow.",
    ),
    Check(
        "unknown-command",
        "I",
        probes.WITH_UNKNOWN_COMMAND,
        _outcome,
        "Whatever is no success ends as a failure; the simulator should follow.",
    ),
    Check(
        "unknown-argument",
        "I",
        probes.WITH_UNKNOWN_ARGUMENT,
        _outcome,
        "If it is ignored, an argument that an old deployment lacks is lost without a word.",
    ),
    Check(
        "unknown-token",
        "D",
        probes.WITH_UNKNOWN_TOKEN,
        _status,
        "The gateway takes 404, and nothing else, for a token that is lost.",
    ),
)
CHECKS: Final = (*AUTHORIZED, CHALLENGE)
