"""SPE's times: local ones without a zone, which is always UTC here."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from gateway.spe.times import moment_of, spe_time

MOMENT = datetime(2026, 11, 21, 8, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (MOMENT, "2026-11-21T08:30:15"),
        (MOMENT.replace(microsecond=999_999), "2026-11-21T08:30:15"),
        (MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-11-21T08:30:15"),
        (datetime(987, 1, 2, tzinfo=UTC), "0987-01-02T00:00:00"),
    ],
)
def test_an_instant_is_written_in_utc_without_a_zone(moment: datetime, text: str) -> None:
    assert spe_time(moment) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T08:30:15",
        "2026-11-21T08:30:15Z",
        "2026-11-21T08:30:15+00:00",
        "2026-11-21T08:30:15.1234567",
    ],
)
def test_every_spelling_of_utc_is_read(text: str) -> None:
    assert moment_of(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [None, "", 5, "0001-01-01T00:00:00", "2026-13-01T00:00:00", "21.11.2026", "2026-11-21T08:30"],
)
def test_never_and_what_is_no_time_are_none(text: object) -> None:
    assert moment_of(text) is None
