"""The envelope as it should be, as it must not be, and the merging of successive ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ReplyInvalid
from gateway.spe.status import MAX_LOG_CHARACTERS, Status, merge
from tests.spe.raw_server import envelope

TOKEN = "sa0123456789abcdef0123456789abcdef"
CODES = st.sampled_from(["running", "running", "running", "succeeded", "failed", "cancelled", "?"])
STATUSES = st.builds(
    Status,
    token=st.just(TOKEN),
    version=st.integers(0, 12),
    code=CODES,
    percent=st.none() | st.integers(0, 100),
    log=st.text(max_size=5),
)
RUNNING = Status(TOKEN, 1, "running")


def test_an_envelope_is_read_key_by_key() -> None:
    status = Status.from_envelope(
        envelope(
            token=TOKEN,
            statusVersion=7,
            statusCode="running",
            percentProgress=40,
            statusText="Verifying...",
            logOutput="Verifying file group #3...\r\n",
        )
    )

    assert status == Status(
        TOKEN, 7, "running", 40, "Verifying...", None, "Verifying file group #3...\r\n"
    )
    assert status.is_running
    assert not status.is_final


@pytest.mark.parametrize("word", ["failed", "cancelled", "Succeeded", "done", "succeeded "])
def test_every_other_word_is_a_failure_and_is_kept(word: str) -> None:
    status = Status.from_envelope(envelope(statusCode=word))

    assert status.code == word
    assert status.is_final
    assert not status.succeeded


def test_a_failure_carries_the_words_of_the_deployment() -> None:
    error = {"message": "Missing API argument userName.", "details": "at X"}
    status = Status.from_envelope(envelope(statusCode="failed", error=error))

    assert (status.error_message, status.error_details) == (error["message"], "at X")


def test_results_logs_and_traces_are_not_in_the_representation() -> None:
    error = {"message": "canary", "details": "canary"}
    values = envelope(statusCode="failed", error=error, result={"password": "canary"})
    shown = repr(Status.from_envelope(values | {"logOutput": "canary"}))

    assert "canary" not in shown


@pytest.mark.parametrize(("told", "kept"), [(None, None), (0, 0), (99.9, 99), (101, 100), (-1, 0)])
def test_progress_is_a_whole_number_of_percent(told: float | None, kept: int | None) -> None:
    assert Status.from_envelope(envelope(percentProgress=told)).percent == kept


def test_keys_that_spe_may_add_are_no_fault() -> None:
    assert Status.from_envelope(envelope(warnings=[])).succeeded


@pytest.mark.parametrize("key", list(envelope()))
def test_a_missing_key_is_refused(key: str) -> None:
    values = envelope()
    del values[key]

    with pytest.raises(ReplyInvalid):
        Status.from_envelope(values)


@pytest.mark.parametrize(
    "replaced",
    [
        {"statusCode": None},
        {"statusCode": ""},
        {"statusCode": 1},
        {"statusVersion": None},
        {"statusVersion": "2"},
        {"statusVersion": True},
        {"statusVersion": -1},
        {"statusVersion": 2.0},
        {"token": 1},
        {"token": ["a"]},
        {"token": "a b"},
        {"token": "a" * 129},
        {"statusCode": "x" * 65},
        {"percentProgress": "40"},
        {"percentProgress": True},
        {"statusText": 1},
        {"logOutput": ["a"]},
        {"error": "text"},
        {"error": {}},
        {"error": {"message": 1, "details": None}},
        {"error": {"message": "m", "details": "d"}},
        {"statusCode": "running"},
        {"statusCode": "running", "token": ""},
    ],
)
def test_an_ill_typed_or_contradictory_envelope_is_refused(replaced: dict[str, object]) -> None:
    with pytest.raises(ReplyInvalid):
        Status.from_envelope(envelope(**replaced))


@pytest.mark.parametrize("value", [None, [], "text", 1, True])
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(ReplyInvalid):
        Status.from_envelope(value)


def followed(news: list[Status]) -> list[Status]:
    """What is known after each answer."""
    known = [RUNNING]
    for status in news:
        known.append(merge(known[-1], status))
    return known


@given(st.lists(STATUSES))
def test_versions_only_grow(news: list[Status]) -> None:
    versions = [status.version for status in followed(news)]

    assert versions == sorted(versions)


@given(st.lists(STATUSES))
def test_nothing_changes_after_the_end(news: list[Status]) -> None:
    known = followed(news)
    position = next((i for i, status in enumerate(known) if status.is_final), len(known) - 1)

    assert all(status == known[position] for status in known[position:])


@given(st.lists(STATUSES))
def test_the_log_is_what_the_accepted_answers_added(news: list[Status]) -> None:
    known = followed(news)
    accepted = [
        status.log
        for before, status in zip(known, news, strict=False)
        if before.is_running and status.version > before.version
    ]

    assert known[-1].log == "".join(accepted)


@given(st.lists(STATUSES))
def test_repeating_every_answer_changes_nothing(news: list[Status]) -> None:
    """A poll whose answer was lost is asked again."""
    twice = [status for status in news for _ in range(2)]

    assert followed(news)[-1] == followed(twice)[-1]


@given(st.lists(STATUSES), st.data())
def test_late_answers_change_nothing(news: list[Status], data: st.DataObject) -> None:
    final = followed(news)[-1]
    for late in data.draw(st.permutations(news)):
        assert merge(final, late) == final


def test_the_token_stays_when_the_last_answer_lacks_it() -> None:
    end = Status(None, 2, "succeeded", result=True)

    assert merge(RUNNING, end) == Status(TOKEN, 2, "succeeded", result=True)


def test_a_log_keeps_its_end_when_it_grows_too_long() -> None:
    long = Status(TOKEN, 2, "running", log="x" * MAX_LOG_CHARACTERS)
    end = Status(TOKEN, 3, "succeeded", log="Finished.")
    log = merge(merge(RUNNING, long), end).log

    assert len(log) == MAX_LOG_CHARACTERS
    assert log.endswith("xFinished.")
