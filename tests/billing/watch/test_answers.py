"""Answers from which figures and events follow: what is taken, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.billing.watch import answers
from gateway.errors import ReplyInvalid

STORE: dict[str, Any] = {
    "id": 1,
    "name": "Mail",
    "requestedState": "normal",
    "error": None,
    "statisticsSize": 10,
    "needsUpgrade": False,
    "searchIndexesNeedRebuild": False,
}
RESULT: dict[str, Any] = {
    "id": 7,
    "profileId": 3,
    "profileName": "Journal",
    "result": "failed",
    "itemsArchived": 2,
    "completeTime": "2026-03-02T10:00:00",
}


def test_users_are_counted_without_the_account_of_service_provider_access() -> None:
    names = ["jane", "Jane", "$ArchiveAdmin", "john"]

    assert answers.users([{"userName": name} for name in names]) == 2
    assert answers.users([]) == 0


@pytest.mark.parametrize("answer", [None, {}, "x", [None], [{}], [{"userName": None}], [[]]])
def test_what_is_no_list_of_users_is_refused(answer: object) -> None:
    with pytest.raises(ReplyInvalid):
        answers.users(answer)


@pytest.mark.parametrize("number", [None, "5", 5.0, True, -1, 2**53, [5]])
def test_what_is_no_number_of_messages_is_refused(number: object) -> None:
    assert answers.messages({"numberOfMessages": 2**53 - 1}) == 2**53 - 1
    with pytest.raises(ReplyInvalid):
        answers.messages({"numberOfMessages": number})


@pytest.mark.parametrize("answer", [None, [], [{"numberOfMessages": 1}], 5])
def test_what_are_no_statistics_is_refused(answer: object) -> None:
    with pytest.raises(ReplyInvalid):
        answers.messages(answer)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1"},
        {"id": True},
        {"requestedState": None},
        {"error": 5},
        {"needsUpgrade": "no"},
        {"searchIndexesNeedRebuild": None},
        {"statisticsSize": -1},
        {"statisticsSize": 1.5},
        {"statisticsSize": None},
        {"statisticsSize": 2**63},
    ],
)
def test_what_is_no_store_is_refused(change: dict[str, object]) -> None:
    assert len(answers.stores([STORE])) == 1
    with pytest.raises(ReplyInvalid):
        answers.stores([STORE | change])


def test_a_number_that_comes_twice_is_refused() -> None:
    with pytest.raises(ReplyInvalid):
        answers.stores([STORE, STORE])


def test_more_stores_than_there_can_be_are_refused() -> None:
    with pytest.raises(ReplyInvalid):
        answers.stores([STORE | {"id": number} for number in range(answers.MOST_STORES + 1)])


def test_more_bytes_than_there_can_be_are_refused() -> None:
    with pytest.raises(ReplyInvalid):
        answers.stores([STORE | {"id": n, "statisticsSize": 2**62} for n in range(2)])


def test_a_store_that_is_out_of_use_has_not_failed_whatever_is_said_of_it() -> None:
    disabled = {"requestedState": "disabled", "error": "x", "statisticsSize": None}
    failed = {"id": 2, "error": "x", "statisticsSize": None}
    found = answers.stores([STORE | failed, STORE | disabled])

    assert [(store.id, store.has_failed, store.size) for store in found] == [
        (1, False, 0),
        (2, True, 0),
    ]


def test_an_older_format_is_no_failure() -> None:
    assert not answers.stores([STORE | {"needsUpgrade": True}])[0].has_failed


def test_runs_come_in_the_order_of_their_ends() -> None:
    later = RESULT | {"id": 5, "completeTime": "2026-03-02T10:00:01.5"}
    found = answers.runs([later, RESULT])

    assert [run.id for run in found] == [7, 5]
    assert found[1].end == datetime(2026, 3, 2, 10, 0, 1, tzinfo=UTC)


def test_a_temporary_profile_has_neither_number_nor_name() -> None:
    without = {key: value for key, value in RESULT.items() if not key.startswith("profile")}

    assert (answers.runs([without])[0].profile, answers.runs([without])[0].name) == (None, None)


def test_a_long_name_is_cut() -> None:
    assert len(answers.runs([RESULT | {"profileName": "x" * 9999}])[0].name or "") == 200


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"profileId": "3"},
        {"result": None},
        {"itemsArchived": "2"},
        {"completeTime": "soon"},
        {"completeTime": None},
    ],
)
def test_what_is_no_result_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ReplyInvalid):
        answers.runs([RESULT | change])


def test_the_largest_figures_of_a_day_add_up_to_what_the_database_has_room_for() -> None:
    answer = {"numberOfMessages": answers.LARGEST}

    assert 1000 * answers.messages(answer) < 2**63
