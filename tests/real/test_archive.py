"""Inside an instance: stores, users, and work that takes time."""

import re
from collections.abc import Iterator
from time import monotonic

import pytest

from gateway.spe.commands.stores import (
    CREATE_STORE,
    DETACH_STORE,
    GET_STORES,
    RENAME_STORE,
    SET_STORE_REQUESTED_STATE,
    VERIFY_STORE,
)
from gateway.spe.commands.users import (
    CREATE_USER,
    DELETE_USER,
    GET_USER_INFO,
    GET_USERS,
    SET_USER_FULL_NAME,
    SET_USER_PASSWORD,
)
from gateway.spe.status import Status, merge
from tests.real.scratch import Scratch

NAME = 'j\u00f6e &=%+\u20ac"'
"""A name of characters that a form must encode."""

WAIT_MILLISECONDS = 5000
SOME_OF_A_WAIT = 0.9


@pytest.fixture
def store(scratch: Scratch) -> Iterator[dict[str, object]]:
    """A store, detached again at the end; its files stay."""
    name = scratch.server.new_instance_id()
    path = f"~\\{name}"
    scratch.result(CREATE_STORE, instanceID=scratch.id, name=name, databasePath=path)
    found = next(one for one in stores(scratch) if one["name"] == name)
    target = {"instanceID": scratch.id, "id": found["id"]}
    yield target
    scratch.result(DETACH_STORE, **target)


def stores(scratch: Scratch) -> list[dict[str, object]]:
    found: list[dict[str, object]] = scratch.result(GET_STORES, instanceID=scratch.id)
    return found


def begun(scratch: Scratch, store: dict[str, object]) -> Status:
    return scratch.first(VERIFY_STORE, **store, includeIndexes=True)


def test_a_store_is_made_renamed_and_put_into_a_state(
    scratch: Scratch, store: dict[str, object]
) -> None:
    scratch.result(RENAME_STORE, **store, name=NAME)
    scratch.result(SET_STORE_REQUESTED_STATE, **store, requestedState="writeProtected")
    found = next(one for one in stores(scratch) if one["id"] == store["id"])

    assert found["name"] == NAME
    assert found["requestedState"] == "writeProtected"
    assert found["error"] is None


def test_a_user_is_made_changed_and_deleted(scratch: Scratch) -> None:
    user = {"instanceID": scratch.id, "userName": NAME}
    scratch.result(CREATE_USER, **user, privileges=["login"])
    scratch.result(SET_USER_FULL_NAME, **user, fullName="Jöe Doe")
    scratch.result(SET_USER_PASSWORD, **user, password="canary &=%+ 1aA!")
    found = scratch.result(GET_USER_INFO, **user)
    scratch.result(DELETE_USER, **user)
    users = scratch.result(GET_USERS, instanceID=scratch.id)

    assert (found["userName"], found["fullName"]) == (NAME, "Jöe Doe")
    assert "login" in found["privileges"]
    assert "canary" not in repr(found)
    assert NAME not in {user["userName"] for user in users}


def test_a_user_that_does_not_exist_cannot_be_deleted(scratch: Scratch) -> None:
    assert scratch.refusal(DELETE_USER, instanceID=scratch.id, userName="nobody")


def test_a_verification_has_a_token_and_a_log(scratch: Scratch, store: dict[str, object]) -> None:
    first = begun(scratch, store)
    last = scratch.followed(first)

    assert first.token is None or re.fullmatch(r"sa[0-9a-f]{32}", first.token)
    assert first.is_running is (first.token is not None)
    assert last.succeeded
    assert last.log.startswith(f"Verifying file group #{store['id']}...\r\n")
    assert last.log.count("Verifying...") == 1
    assert last.log.rstrip().endswith("No errors have been found.")


def test_a_long_poll_waits_for_news(scratch: Scratch, store: dict[str, object]) -> None:
    """An answer without news may come only when the wait is over."""
    known = begun(scratch, store)
    while known.is_running:
        asked = monotonic()
        news = scratch.poll(known, WAIT_MILLISECONDS)
        waited = monotonic() - asked
        assert news.version > known.version or waited > SOME_OF_A_WAIT * WAIT_MILLISECONDS / 1000
        known = merge(known, news)

    assert known.succeeded


def test_q5_the_status_of_what_has_ended_can_be_fetched_again(
    scratch: Scratch, store: dict[str, object]
) -> None:
    first = begun(scratch, store)
    last = scratch.followed(first)
    again = scratch.poll(Status(first.token, 0, "running")) if first.token else last

    assert (again.code, again.version, again.token) == (last.code, last.version, first.token)
    assert again.log == last.log


def test_a_cancelled_verification_ends(scratch: Scratch, store: dict[str, object]) -> None:
    first = begun(scratch, store)
    if first.is_running:
        scratch.cancel(first)
    last = scratch.followed(first)

    # An empty store may be verified before anybody can cancel it.
    assert last.code in {"cancelled", "succeeded"}
    assert last.error_message is None
