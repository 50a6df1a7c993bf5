"""Every error of the libraries below has its place in the retry rule."""

import http.client
import socket
import ssl
from inspect import getmembers, isclass
from types import ModuleType

import httptools.parser.errors
import pytest
import requests.exceptions
import urllib3.exceptions

from gateway.errors import (
    AnswerLost,
    CertificateExpired,
    CertificateRejected,
    ConnectionLost,
    DeploymentUnreachable,
    NotSent,
    ReplyInvalid,
    UpstreamError,
    UpstreamTimeout,
)
from gateway.spe.mapping import OUTCOMES, DeploymentBusy, Phase, map_errors

NO_ERRORS_BUT_HINTS = {
    "DependencyWarning",
    "FileModeWarning",
    "HTTPWarning",
    "InsecurePlatformWarning",
    "InsecureRequestWarning",
    "NotOpenSSLWarning",
    "RequestsDependencyWarning",
    "RequestsWarning",
    "SecurityWarning",
    "SystemTimeWarning",
}


def own_errors(module: ModuleType) -> set[type[BaseException]]:
    return {
        kind
        for _, kind in getmembers(module, isclass)
        if issubclass(kind, BaseException) and kind.__module__ == module.__name__
    }


@pytest.mark.parametrize(
    "module", [requests.exceptions, urllib3.exceptions, httptools.parser.errors]
)
def test_every_error_is_mapped_by_its_name(module: ModuleType) -> None:
    unmapped = {kind.__name__ for kind in own_errors(module) if kind not in OUTCOMES}

    assert unmapped <= NO_ERRORS_BUT_HINTS


def test_hints_are_warnings() -> None:
    kinds = own_errors(requests.exceptions) | own_errors(urllib3.exceptions)
    hints = {kind.__name__ for kind in kinds if issubclass(kind, Warning)}

    assert hints == NO_ERRORS_BUT_HINTS


def test_every_outcome_takes_a_side() -> None:
    assert all(issubclass(outcome, NotSent | AnswerLost) for outcome in OUTCOMES.values())


def mapped(error: BaseException, phase: Phase) -> type[UpstreamError]:
    with (
        pytest.raises(UpstreamError) as caught,
        map_errors(phase, deployment="d1", command="Ping"),
    ):
        raise error
    assert (caught.value.deployment, caught.value.command) == ("d1", "Ping")
    return type(caught.value)


def expired(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    return error


POOL = urllib3.HTTPSConnectionPool("spe.invalid")
RESET = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(), DeploymentUnreachable),
        (socket.gaierror(), DeploymentUnreachable),
        (TimeoutError(), DeploymentUnreachable),
        (ssl.SSLEOFError(), DeploymentUnreachable),
        (ssl.SSLError("wrong version number"), CertificateRejected),
        (expired(10), CertificateExpired),
        (expired(9), CertificateExpired),
        (expired(18), CertificateRejected),
        (urllib3.exceptions.SSLError(expired(10)), CertificateExpired),
        (RESET, DeploymentUnreachable),
    ],
)
def test_until_the_connection_stands_nothing_was_sent(
    error: BaseException, kind: type[UpstreamError]
) -> None:
    assert issubclass(kind, NotSent)
    assert mapped(error, Phase.CONNECT) is kind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.exceptions.ConnectionError(RESET), ConnectionLost),
        (requests.exceptions.ConnectionError("no cause"), ConnectionLost),
        (requests.exceptions.RequestException(), ConnectionLost),
        (BrokenPipeError(), ConnectionLost),
        (ssl.SSLError("bad record"), ConnectionLost),
        (http.client.RemoteDisconnected(), ConnectionLost),
        (http.client.IncompleteRead(b""), ConnectionLost),
        (http.client.BadStatusLine("x"), ReplyInvalid),
        (TimeoutError(), UpstreamTimeout),
        (urllib3.exceptions.ProtocolError("aborted", TimeoutError()), UpstreamTimeout),
        (requests.exceptions.ReadTimeout(), UpstreamTimeout),
        (
            requests.exceptions.ConnectionError(urllib3.exceptions.ClosedPoolError(POOL, "")),
            DeploymentUnreachable,
        ),
        (urllib3.exceptions.EmptyPoolError(POOL, ""), DeploymentBusy),
        (
            requests.exceptions.ConnectionError(
                urllib3.exceptions.MaxRetryError(POOL, "/", reason=RESET)
            ),
            ConnectionLost,
        ),
    ],
)
def test_afterwards_it_may_have_been_carried_out_unless_the_table_says_better(
    error: BaseException, kind: type[UpstreamError]
) -> None:
    assert mapped(error, Phase.EXCHANGE) is kind


def test_an_error_of_ours_keeps_what_it_says() -> None:
    with (
        pytest.raises(ReplyInvalid) as caught,
        map_errors(Phase.EXCHANGE, deployment="d1", command="Ping"),
    ):
        raise ReplyInvalid("Said.", deployment="d2")

    assert (caught.value.detail, caught.value.deployment, caught.value.command) == (
        "Said.",
        "d2",
        "Ping",
    )


def test_a_mistake_of_our_own_is_not_blamed_on_the_deployment() -> None:
    with pytest.raises(KeyError), map_errors(Phase.EXCHANGE):
        raise KeyError
