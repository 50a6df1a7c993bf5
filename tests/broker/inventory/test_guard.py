"""Which lists are doubted."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.inventory.guard import ALONE, EXAMPLES, LEAST, SHARE, doubt_of

SOMETHING: dict[str, dict[str, str]] = {"alien": {}}
NAMES = st.sets(st.integers(0, 400).map(lambda number: f"ins_{number:032x}"))


def lacking(number: int) -> list[str]:
    """Return the ids of some instances."""
    return [f"ins_{each:032x}" for each in range(number)]


@pytest.mark.parametrize(
    ("known", "missing", "is_doubted"),
    [
        (10, 2, False),
        (10, 3, True),
        (15, 3, False),
        (14, 3, True),
        (100, 20, False),
        (100, 21, True),
        (3, 2, False),
        (3, 3, True),
        (1, 1, False),
    ],
)
def test_many_instances_that_are_gone_at_once_are_doubted(
    *, known: int, missing: int, is_doubted: bool
) -> None:
    assert bool(doubt_of(known, lacking(missing), SOMETHING, 0)) is is_doubted


@pytest.mark.parametrize(("known", "is_doubted"), [(0, False), (1, False), (2, True), (9, True)])
def test_an_empty_list_is_doubted_where_there_were_two(*, known: int, is_doubted: bool) -> None:
    assert bool(doubt_of(known, lacking(known), {}, 0)) is is_doubted


def test_a_garbled_list_is_doubted_for_a_single_instance() -> None:
    assert doubt_of(100, lacking(1), SOMETHING, 1) is not None
    assert doubt_of(100, [], SOMETHING, 1) is None


@given(missing=NAMES, more=st.integers(0, 400), listed=st.booleans(), ignored=st.integers(0, 2))
def test_what_is_believed_lacks_few(
    *, missing: set[str], more: int, listed: bool, ignored: int
) -> None:
    known = len(missing) + more
    doubt = doubt_of(known, missing, SOMETHING if listed else {}, ignored)
    if doubt is None:
        assert len(missing) < LEAST or len(missing) <= SHARE * known
        assert listed or len(missing) < ALONE
        assert not (ignored and missing)
    else:
        assert missing, "a list that lacks nothing is never doubted"


@given(one=NAMES, other=NAMES)
def test_a_version_says_which_instances_are_gone(one: set[str], other: set[str]) -> None:
    versions = [
        doubt.version
        for names in (one, other)
        if (doubt := doubt_of(len(names), sorted(names, reverse=True), {}, 1))
    ]
    if len(versions) == len((one, other)):
        assert (versions[0] == versions[1]) is (one == other)


def test_what_is_told_is_short_and_in_numbers() -> None:
    doubt = doubt_of(500, lacking(400), SOMETHING, 2)
    assert doubt is not None
    told = doubt.told(datetime(2026, 11, 21, tzinfo=UTC))
    assert told == {
        "known": 500,
        "missing": 400,
        "listed": 1,
        "ignored": 2,
        "instances": lacking(EXAMPLES),
        "version": doubt.version,
        "since": "2026-11-21T00:00:00+00:00",
    }
