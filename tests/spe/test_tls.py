"""The deadline of a call holds in the handshake too."""

import os
import socket
import ssl
import time
from contextlib import suppress

import pytest

from gateway.spe.deadline import remaining, within
from gateway.spe.tls import comparing_context, verifying_context
from tests.faults.relay import RESET


def test_a_handshake_gets_only_what_is_left_of_the_call() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), timeout=5) as plain,
    ):
        began = time.monotonic()
        with within(0.1), pytest.raises(TimeoutError):
            comparing_context().wrap_socket(plain)
        assert time.monotonic() - began < 1


@pytest.mark.parametrize("limit", [None, 0.0, 0.01, 0.15, 3.0])
@pytest.mark.parametrize("method", ["send", "recv_into"])
def test_each_operation_gets_what_is_left_of_the_call(limit: float | None, method: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs, comparing_context().wrap_socket(ours, do_handshake_on_connect=False) as tls:
        tls.settimeout(limit)
        began = time.monotonic()
        with within(0.2), pytest.raises(TimeoutError):
            getattr(tls, method)(bytearray(1))
        assert 0.2 <= time.monotonic() - began < 1
        assert 0.15 < (tls.gettimeout() or 0) <= 0.202


@pytest.mark.parametrize("method", ["send", "recv_into"])
def test_a_time_out_that_is_as_good_is_not_set_anew(method: str) -> None:
    ours, theirs = socket.socketpair()
    with theirs, comparing_context().wrap_socket(ours, do_handshake_on_connect=False) as tls:
        theirs.close()
        for limit in (10.05, 9.95, 10.5):
            tls.settimeout(limit)
            with within(10), suppress(OSError):  # nobody is there
                getattr(tls, method)(bytearray(1))
            assert (tls.gettimeout() == limit) is (limit == 10.05)


def test_what_broke_before_the_handshake_is_closed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), timeout=5) as plain,
    ):
        number = plain.fileno()
        met, _ = listener.accept()
        met.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        met.close()
        with within(5), pytest.raises(ConnectionResetError) as caught:
            comparing_context().wrap_socket(plain)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)  # while what was raised still holds the socket
    assert caught.tb is not None


def test_no_context_speaks_less_than_tls_1_2() -> None:
    for context in (comparing_context(), verifying_context()):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_the_verifying_context_verifies() -> None:
    context = verifying_context()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_deadline_that_has_passed_is_a_time_out() -> None:
    with within(0), pytest.raises(TimeoutError):
        remaining()


def test_without_a_deadline_nothing_is_sent() -> None:
    with pytest.raises(LookupError):
        remaining()
