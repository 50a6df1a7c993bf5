"""A call that is refused while the password is rotated is made again with the new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import pytest
from sqlalchemy import Connection

from gateway.broker.engine import connections
from gateway.errors import CredentialsRefused
from gateway.spe.client import Client
from gateway.storage import deployments
from tests.core import Core


def rotate(core: Core) -> None:
    """End a rotation: another password is stored, with another revision."""
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, {"password": core.vault.seal("newer")})


class Question:
    """Is refused so many times, and each time another rotation has ended meanwhile."""

    def __init__(self, core: Core, refusals: int) -> None:
        self.asked: list[Client] = []
        self._core = core
        self._refusals = refusals

    def __call__(self, client: Client) -> str:
        self.asked.append(client)
        if len(self.asked) > self._refusals:
            return "answer"
        rotate(self._core)
        raise CredentialsRefused


@contextmanager
def rotating(monkeypatch: pytest.MonkeyPatch, core: Core, *looks: bool) -> Iterator[None]:
    """Let a rotation be under way as these looks tell, and have ended before the last."""
    left = list(looks)

    def look(_connection: Connection, _deployment: str) -> bool:
        if len(left) == 1:
            rotate(core)
        return left.pop(0)

    with monkeypatch.context() as patch:
        patch.setattr(connections.deployments, "is_rotating", look)
        yield
    assert left == []


@pytest.mark.parametrize("rotations", [0, 1, 2, 5])
def test_a_call_is_made_again_for_each_rotation_that_it_meets(core: Core, rotations: int) -> None:
    client = core.connections.client(core.deployment)
    question = Question(core, rotations)

    assert core.connections.ask(core.deployment, client, question) == "answer"

    assert question.asked[0] is client
    assert len(set(map(id, question.asked))) == rotations + 1


@pytest.mark.parametrize("looks", [(False,), (True, False)], ids=["at once", "a glance later"])
def test_a_rotation_that_ends_between_two_looks_is_seen(
    core: Core, monkeypatch: pytest.MonkeyPatch, looks: tuple[bool, ...]
) -> None:
    client = core.connections.client(core.deployment)

    def question(asked: Client) -> str:
        if asked is client:
            raise CredentialsRefused
        return "answer"

    with rotating(monkeypatch, core, *looks):
        assert core.connections.ask(core.deployment, client, question) == "answer"


def test_a_refusal_beside_any_rotation_is_one(core: Core) -> None:
    client = core.connections.client(core.deployment)
    asked: list[Client] = []

    def question(asking: Client) -> str:
        asked.append(asking)
        raise CredentialsRefused

    began = monotonic()
    with pytest.raises(CredentialsRefused):
        core.connections.ask(core.deployment, client, question)

    assert asked == [client]
    assert monotonic() - began < connections.ROTATION_SECONDS


def test_a_rotation_is_awaited_for_so_long_and_no_longer(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = core.connections.client(core.deployment)
    monkeypatch.setattr(connections, "ROTATION_SECONDS", 0.2)
    monkeypatch.setattr(connections.deployments, "is_rotating", lambda *_: True)

    def question(_client: Client) -> str:
        raise CredentialsRefused

    with pytest.raises(CredentialsRefused):
        core.connections.ask(core.deployment, client, question)
