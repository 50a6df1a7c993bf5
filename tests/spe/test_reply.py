"""Decoding of what may be hostile."""

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import ReplyInvalid
from gateway.spe.reply import decode

BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("mark", [b"", BOM])
def test_json_is_read_with_or_without_a_mark(mark: bytes) -> None:
    assert decode(mark + b'{"a": [1, "\xc3\xbc", null]}', 2) == {"a": [1, "\u00fc", None]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        BOM,
        BOM + BOM + b"{}",
        b"{",
        b"{} {}",
        b"<html>",
        b'{"a": 1, "a": 2}',
        b'{"x": {"a": 1, "a": 1}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"9" * 5000,
        b'"\xfc"',
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        '{"a": 1}'.encode("utf-16"),
        b"\x00",
    ],
)
def test_what_is_ambiguous_or_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ReplyInvalid) as caught:
        decode(body, 64)

    assert caught.value.__cause__ is None


def test_whole_pairs_of_surrogates_are_text() -> None:
    assert decode(b'"\\ud83d\\ude00"', 1) == "\U0001f600"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_depth_is_counted_before_anything_is_built(opening: bytes) -> None:
    with pytest.raises(ReplyInvalid):
        decode(opening * 65 + b"1", 64)
    with pytest.raises(ReplyInvalid):
        decode(opening * 500_000, 64)


def test_the_allowed_depth_is_allowed() -> None:
    body = b"[" * 64 + b"]" * 64

    assert decode(body, 64) is not None


def test_brackets_within_texts_are_no_depth() -> None:
    text = '[[[{{{"\\' * 100

    assert decode(json.dumps([text, text]).encode(), 2) == [text, text]


def test_wide_is_not_deep() -> None:
    assert decode(json.dumps([[1]] * 1000).encode(), 2) == [[1]] * 1000


@pytest.mark.parametrize("piece", [b'\\"', b'"', b'"\\', b"\\", b"[]"])
def test_the_count_takes_one_pass_whatever_comes(piece: bytes) -> None:
    """A backtracking pattern would need hours for these."""
    body = b"[" * 65 + b'"' + piece * (2_000_000 // len(piece))
    began = time.monotonic()
    with pytest.raises(ReplyInvalid):
        decode(body, 64)
    assert time.monotonic() - began < 5


@given(st.binary() | st.text().map(str.encode))
@example(b'{"a": ' + b"9" * 4301 + b"}")
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        value = decode(body, 64)
    except ReplyInvalid:
        return
    assert value == json.loads(body.decode("utf-8-sig"))
