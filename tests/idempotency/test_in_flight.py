"""Two calls with one key at the same time: one is carried out, the other waits or follows."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from werkzeug.test import TestResponse

from gateway.errors import StorageUnavailable
from gateway.model import now
from gateway.storage.idempotency_keys import LEASE
from gateway.tenancy import audit
from tests.idempotency.conftest import Post
from tests.served import assert_problem
from tests.world import World


@pytest.fixture
def held(own_world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """The first creation of a reseller stands still before it has begun anything."""
    resellers = own_world.served.gateway.services.resellers
    real, arrived, go = resellers.create, Event(), Event()

    def create(*given: object) -> object:
        if not arrived.is_set():
            arrived.set()
            assert go.wait(20)
        return real(*given)

    monkeypatch.setattr(type(resellers), "create", lambda _, *given: create(*given))
    return arrived, go


def in_thread(call: Callable[[], TestResponse]) -> tuple[Thread, list[TestResponse]]:
    answers: list[TestResponse] = []
    thread = Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_a_call_whose_first_is_under_way_is_asked_to_wait(
    post: Post, held: tuple[Event, Event]
) -> None:
    arrived, go = held
    thread, answers = in_thread(lambda: post("/resellers", {"name": "slow"}, "flight"))
    assert arrived.wait(20)
    refused = post("/resellers", {"name": "slow"}, "flight")
    other = post("/resellers", {"name": "another"}, "flight")
    go.set()
    thread.join()

    assert_problem(refused, 409, "IDEMPOTENCY_IN_FLIGHT", retryable=True)
    assert refused.headers["Retry-After"] == "1"
    assert_problem(other, 422, "IDEMPOTENCY_KEY_REUSED")
    assert answers[0].status_code == 201
    assert post("/resellers", {"name": "slow"}, "flight").json["id"] == answers[0].json["id"]


def test_a_call_that_slept_over_its_lease_begins_nothing_any_more(
    own_world: World, post: Post, held: tuple[Event, Event]
) -> None:
    arrived, go = held
    thread, answers = in_thread(lambda: post("/resellers", {"name": "sleepy"}, "sleep"))
    assert arrived.wait(20)
    with time_machine.travel(now() + LEASE + timedelta(seconds=1)):
        second = post("/resellers", {"name": "sleepy"}, "sleep")
        go.set()
        thread.join()

    assert second.status_code == 201
    assert_problem(answers[0], 409, "IDEMPOTENCY_IN_FLIGHT")
    found = own_world.call("GET", "/resellers?limit=500")["items"]
    assert [each["name"] for each in found].count("sleepy") == 1


def test_a_key_whose_transaction_failed_after_all_is_free_at_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was bound in the transaction that was taken back."""
    real = audit.changed

    def fails(*given: Any) -> None:  # noqa: ANN401 # as the audit takes them
        real(*given)
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(audit, "changed", fails)
        failed = post("/resellers", {"name": "lost"}, "failed")
    again = post("/resellers", {"name": "lost"}, "failed")

    assert_problem(failed, 503, "STORAGE_UNAVAILABLE")
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again.headers
