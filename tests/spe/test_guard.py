"""A guard is asked before each call and told how it ended; a probe goes before what it lets in."""

from collections.abc import Sequence
from contextlib import closing

import pytest

from gateway.errors import (
    ConnectionLost,
    CredentialsRefused,
    DeploymentUnreachable,
    NotSent,
    ReplyInvalid,
    UpstreamError,
)
from gateway.spe.commands.environment import PING
from gateway.spe.commands.instances import STOP_INSTANCES
from gateway.spe.guard import Admission
from tests.spe.raw_server import Identity, Step, hang_up, raw_server, reply, success

ONE = {"instanceFilter": "abc"}
PROBE = Admission(probes=True)
REFUSAL = reply(b"", "WWW-Authenticate: Basic", status="401 Unauthorized")


class Diary:
    """A guard that lets in as it is told, and writes down how it ended."""

    def __init__(self, *admissions: Admission) -> None:
        self._admissions = list(admissions)
        self.noted: list[tuple[bool, type[UpstreamError] | None]] = []

    def admit(self) -> Admission:
        """Let in as the next admission has it, or not at all."""
        if not self._admissions:
            raise NotSent
        return self._admissions.pop(0)

    def note(self, admission: Admission, error: UpstreamError | None) -> None:
        """Write down whether it was a probe, and how it ended."""
        self.noted.append((admission.probes, type(error) if error else None))


def commands(requests: Sequence[bytes]) -> list[str]:
    return [each.split()[1].decode().rpartition("/")[2] for each in requests]


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (success(), None),
        (success(statusCode="failed", error={"message": "no", "details": None}), None),
        (reply(b"<html>", status="500 Internal Server Error"), ReplyInvalid),
        (reply(b"<html>"), ReplyInvalid),
        (REFUSAL, CredentialsRefused),
        (hang_up, ConnectionLost),
    ],
    ids=["done", "said no", "500", "garbage", "401", "cut"],
)
def test_a_guard_is_told_how_a_call_ended(
    identity: Identity, step: Step, kind: type[UpstreamError] | None
) -> None:
    guard = Diary(Admission())
    with raw_server(identity, step) as server, closing(server.client(guard=guard)) as client:
        if kind is None:
            client.invoke(STOP_INSTANCES, ONE)
        else:
            with pytest.raises(kind):
                client.invoke(STOP_INSTANCES, ONE)

    assert guard.noted == [(False, kind)]


def test_what_the_guard_does_not_let_in_is_not_sent(identity: Identity) -> None:
    with raw_server(identity, success()) as server, closing(server.client(guard=Diary())) as client:
        with pytest.raises(NotSent) as caught:
            client.invoke(STOP_INSTANCES, ONE)

        assert server.connections == 0
    assert (caught.value.deployment, caught.value.command) == ("d1", "StopInstances")


def test_a_read_that_is_sent_again_is_one_call(identity: Identity) -> None:
    guard = Diary(Admission())
    with (
        raw_server(identity, hang_up, success()) as server,
        closing(server.client(guard=guard)) as client,
    ):
        client.invoke(PING, {})

    assert guard.noted == [(False, None)]


def test_a_ping_goes_first_where_the_guard_wants_a_probe(identity: Identity) -> None:
    guard = Diary(PROBE)
    with raw_server(identity, success()) as server, closing(server.client(guard=guard)) as client:
        client.invoke(STOP_INSTANCES, ONE)

        assert commands(server.requests) == ["Ping", "StopInstances"]
    assert guard.noted == [(True, None), (False, None)]


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (hang_up, ConnectionLost),
        (reply(b"<html>"), ReplyInvalid),
        (REFUSAL, CredentialsRefused),
    ],
    ids=["cut", "garbage", "401"],
)
def test_after_a_probe_that_went_wrong_the_call_was_certainly_not_sent(
    identity: Identity, step: Step, kind: type[UpstreamError]
) -> None:
    guard = Diary(PROBE)
    expected = CredentialsRefused if kind is CredentialsRefused else DeploymentUnreachable
    with raw_server(identity, step) as server, closing(server.client(guard=guard)) as client:
        with pytest.raises(expected):
            client.invoke(STOP_INSTANCES, ONE)

        assert commands(server.requests) == ["Ping"]
    assert guard.noted == [(True, kind)]
