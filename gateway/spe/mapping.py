"""The one place where errors of the libraries below become ours.

What matters is the retry rule: whether the command can have been carried out. Until the
connection stands, it cannot. Afterwards it may have been, unless the table says better.
"""

import http.client
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from types import MappingProxyType
from typing import Final

import httptools.parser.errors as httptools_errors
import requests.exceptions as requests_errors
import urllib3.exceptions as urllib3_errors

from gateway.errors import (
    CertificateExpired,
    CertificateRejected,
    ConnectionLost,
    DeploymentUnreachable,
    NotSent,
    ReplyInvalid,
    UpstreamError,
    UpstreamTimeout,
)


class DeploymentBusy(NotSent):
    """Every connection that a process has for the deployment is in use, and none became free."""

    code = "DEPLOYMENT_BUSY"
    title = "The deployment is busy"


_NOT_SENT: Final = (
    requests_errors.ConnectTimeout,
    requests_errors.InvalidProxyURL,
    requests_errors.InvalidSchema,
    requests_errors.InvalidURL,
    requests_errors.MissingSchema,
    requests_errors.ProxyError,
    requests_errors.URLRequired,
    requests_errors.UnrewindableBodyError,
    urllib3_errors.ClosedPoolError,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.HostChangedError,
    urllib3_errors.LocationParseError,
    urllib3_errors.LocationValueError,
    urllib3_errors.NameResolutionError,
    urllib3_errors.NewConnectionError,
    urllib3_errors.ProxyError,
    urllib3_errors.ProxySchemeUnknown,
    urllib3_errors.ProxySchemeUnsupported,
    urllib3_errors.TimeoutStateError,
    urllib3_errors.URLSchemeUnknown,
    urllib3_errors.UnrewindableBodyError,
)
_NO_ROOM: Final = (urllib3_errors.EmptyPoolError,)
_TOO_LATE: Final = (
    TimeoutError,
    requests_errors.ReadTimeout,
    requests_errors.Timeout,
    urllib3_errors.ReadTimeoutError,
    urllib3_errors.TimeoutError,
)
_UNUSABLE: Final = (
    http.client.HTTPException,
    httptools_errors.HttpParserCallbackError,
    httptools_errors.HttpParserError,
    httptools_errors.HttpParserInvalidMethodError,
    httptools_errors.HttpParserInvalidStatusError,
    httptools_errors.HttpParserInvalidURLError,
    httptools_errors.HttpParserUpgrade,
    requests_errors.ContentDecodingError,
    requests_errors.HTTPError,
    requests_errors.InvalidHeader,
    requests_errors.InvalidJSONError,
    requests_errors.JSONDecodeError,
    requests_errors.StreamConsumedError,
    requests_errors.TooManyRedirects,
    urllib3_errors.BodyNotHttplibCompatible,
    urllib3_errors.DecodeError,
    urllib3_errors.HeaderParsingError,
    urllib3_errors.InvalidChunkLength,
    urllib3_errors.InvalidHeader,
    urllib3_errors.ResponseError,
    urllib3_errors.ResponseNotChunked,
)
_BROKEN: Final = (
    OSError,
    http.client.IncompleteRead,
    requests_errors.ChunkedEncodingError,
    requests_errors.ConnectionError,
    requests_errors.RequestException,
    requests_errors.RetryError,
    requests_errors.SSLError,
    urllib3_errors.FullPoolError,
    urllib3_errors.HTTPError,
    urllib3_errors.IncompleteRead,
    urllib3_errors.MaxRetryError,
    urllib3_errors.PoolError,
    urllib3_errors.ProtocolError,
    urllib3_errors.RequestError,
    urllib3_errors.SSLError,
)
OUTCOMES: Final[Mapping[type[BaseException], type[UpstreamError]]] = MappingProxyType(
    dict.fromkeys(_NOT_SENT, DeploymentUnreachable)
    | dict.fromkeys(_NO_ROOM, DeploymentBusy)
    | dict.fromkeys(_TOO_LATE, UpstreamTimeout)
    | dict.fromkeys(_UNUSABLE, ReplyInvalid)
    | dict.fromkeys(_BROKEN, ConnectionLost)
)
_FOREIGN: Final = tuple(OUTCOMES)
_DETAILS: Final[Mapping[type[UpstreamError], str]] = {
    CertificateExpired: "The deployment's certificate is out of its dates.",
    CertificateRejected: "The TLS handshake did not prove the deployment's identity.",
    DeploymentBusy: "Every connection to the deployment is in use; nothing was sent, try again.",
    ConnectionLost: "The connection broke before the whole answer was there.",
    DeploymentUnreachable: "The deployment could not be reached; nothing was sent.",
    ReplyInvalid: "The deployment's reply is not usable.",
    UpstreamTimeout: "The deployment did not answer within the deadline.",
}
_NO_TLS: Final = frozenset({"HTTP_REQUEST", "UNKNOWN_PROTOCOL", "WRONG_VERSION_NUMBER"})
# X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL.
_OUT_OF_DATES: Final = frozenset({9, 10})


class Phase(Enum):
    """How far a call has come."""

    CONNECT = "connect"
    EXCHANGE = "exchange"


@contextmanager
def map_errors(phase: Phase, *, deployment: str = "", command: str = "") -> Iterator[None]:
    """Turns every error of the libraries below into an UpstreamError.

    Args:
        phase: CONNECT up to the end of the TLS handshake, EXCHANGE afterwards.
        deployment: its id, written into the error.
        command: the command, written into the error.
    """
    try:
        yield
    except UpstreamError as error:
        error.deployment = error.deployment or deployment
        error.command = error.command or command
        raise
    except _FOREIGN as error:
        outcome = _connecting(error) if phase is Phase.CONNECT else _exchanging(error)
        detail = _detail(outcome, error)
        raise outcome(detail, deployment=deployment, command=command) from error


def _detail(outcome: type[UpstreamError], error: BaseException) -> str:
    """Say more than the outcome where what is wrong is at the address alone."""
    root = _root(error)
    if outcome is DeploymentUnreachable and _is_refusal(root):
        return "The connection to the deployment was refused; nothing was sent."
    if isinstance(root, ssl.SSLError) and getattr(root, "reason", None) in _NO_TLS:
        return "What answers at this address does not speak TLS; nothing was sent."
    return _DETAILS[outcome]


def _is_refusal(root: BaseException) -> bool:
    """Whether nobody listens there; urllib3 keeps the socket's error as the cause of its own."""
    return any(isinstance(each, ConnectionRefusedError) for each in (root, root.__cause__))


def _connecting(error: BaseException) -> type[UpstreamError]:
    match _root(error):
        case ssl.SSLCertVerificationError(verify_code=code) if code in _OUT_OF_DATES:
            return CertificateExpired
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError() | ssl.SSLSyscallError():
            return DeploymentUnreachable
        case ssl.SSLError():
            return CertificateRejected
        case _:
            return DeploymentUnreachable


def _exchanging(error: BaseException) -> type[UpstreamError]:
    return next(OUTCOMES[kind] for kind in type(_root(error)).__mro__ if kind in OUTCOMES)


def _root(error: BaseException) -> BaseException:
    """The innermost known error: requests wraps urllib3, which wraps the socket's."""
    inner = [getattr(error, "reason", None), *error.args]
    known = (item for item in inner if isinstance(item, _FOREIGN))
    below = next(known, None)
    return error if below is None else _root(below)
