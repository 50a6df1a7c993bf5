"""What is read of a reply: how long to wait, and how it begins."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.events.reply import excerpt, retry_after

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("0", timedelta(0)),
            ("120", timedelta(seconds=120)),
            ("999999999", timedelta(days=1)),
            ("Sat, 21 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
            ("Sat, 21 Nov 2026 11:05:00 GMT", timedelta(0)),
            ("Saturday, 21-Nov-26 12:05:00 GMT", timedelta(minutes=5)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
            ("Sat, 21 Nov 2026 12:05:00 -0000", timedelta(minutes=5)),
            ("", None),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("10, 20", None),
            ("\uff11\uff12", None),
            ("9999999999", None),
            ("Sat, 99 Nov 2026 12:05:00 GMT", None),
            ("Sat, 21 Nov 2026 12:05:00 +999999999999", None),
            ("Mon, 1 Jan 0001 00:00:00 +2300", timedelta(0)),
        ],
    )
    def test_is_read_as_seconds_or_a_date(self, text: str, expected: timedelta | None) -> None:
        assert retry_after(text, NOW) == expected

    @given(st.text(max_size=40))
    def test_is_nothing_or_from_none_to_a_day(self, text: str) -> None:
        found = retry_after(text, NOW)

        assert found is None or timedelta(0) <= found <= timedelta(days=1)


class TestExcerpt:
    def test_is_one_line_of_printable_characters(self) -> None:
        body = "a\r\n\tb\x1b[31m\x00 \u202ec\u2028d ü".encode() + b"\xff"

        assert excerpt(body) == "a b [31m c d ü \N{REPLACEMENT CHARACTER}".replace(
            " \ufffd", "\ufffd"
        )

    def test_has_512_characters_at_most(self) -> None:
        assert excerpt(b"x" * 5000) == "x" * 512
        assert excerpt("😀".encode() * 5000) == "😀" * 512

    @given(st.binary(max_size=300))
    def test_is_printable_whatever_the_body_is(self, body: bytes) -> None:
        assert excerpt(body).isprintable()
