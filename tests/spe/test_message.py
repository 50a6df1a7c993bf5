"""Messages of HTTP/1.1 as bytes: what is sent, and what a reply is read as."""

import gc
import http.client
import io
import weakref
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import pytest
from httptools import HttpParserError
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ReplyInvalid
from gateway.spe.message import Reply, fields, post

LIMIT = 1000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n"


class Line:
    """A connection on which these pieces arrive, and then its end."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = [piece for piece in pieces if piece]

    def recv_into(self, buffer: memoryview) -> int:
        if not self.pieces:
            return 0
        piece, rest = self.pieces[0][: len(buffer)], self.pieces[0][len(buffer) :]
        self.pieces[:1] = [rest] if rest else []
        buffer[: len(piece)] = piece
        return len(piece)


def all_of(_: Reply) -> None:
    """Accept every head."""


def read(*pieces: bytes) -> tuple[Reply, bytes]:
    reply = Reply(all_of, LIMIT)
    return reply, reply.read(cast("Any", Line(pieces)))


def sized(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(chunks: Sequence[bytes]) -> bytes:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks if each)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


def in_pieces(whole: bytes, cuts: Sequence[int]) -> list[bytes]:
    places = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    return [whole[start:end] for start, end in pairwise(places)]


def by_http_client(whole: bytes) -> bytes:
    """What the standard library reads of it."""

    class Opened:
        def makefile(self, _: str) -> io.BytesIO:
            return io.BytesIO(whole)

    response = http.client.HTTPResponse(cast("Any", Opened()), method="POST")
    response.begin()
    return response.read()


@given(
    chunks=st.lists(st.binary(max_size=90), max_size=10),
    cuts=st.lists(st.integers(0, 5000), max_size=20),
    is_chunked=st.booleans(),
)
def test_wherever_a_reply_is_cut_it_is_read_as_the_standard_library_reads_it(
    chunks: list[bytes], cuts: list[int], *, is_chunked: bool
) -> None:
    whole = chunked(chunks) if is_chunked else sized(b"".join(chunks))

    reply, body = read(*in_pieces(whole, cuts))

    assert body == b"".join(chunks) == by_http_client(whole)
    assert (reply.status, reply.is_kept) == (200, True)


@given(cuts=st.lists(st.integers(0, 500), max_size=8))
def test_interim_replies_are_passed_over(cuts: list[int]) -> None:
    reply, body = read(*in_pieces(INTERIM + sized(b"{}"), cuts))

    assert (reply.status, reply.length, body) == (200, 2, b"{}")


@pytest.mark.parametrize("surplus", [b"x", b"HTTP/1.1 200 OK\r\n\r\n", sized(b"{}")])
def test_what_follows_a_reply_ends_its_connection(surplus: bytes) -> None:
    reply, body = read(sized(b"{}") + surplus)

    assert body == b"{}"
    assert not reply.is_kept


@pytest.mark.parametrize(
    ("whole", "is_kept"),
    [
        (sized(b"{}"), True),
        (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", False),
        (HEAD + b"\r\n{}", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", True),
    ],
    ids=["kept", "close", "until the end", "1.0", "1.0, kept"],
)
def test_a_connection_is_kept_as_the_reply_says(whole: bytes, *, is_kept: bool) -> None:
    reply, body = read(whole)

    assert body == b"{}"
    assert reply.is_kept is is_kept


@pytest.mark.parametrize(
    "whole",
    [
        b"",
        HEAD,
        HEAD + b"Content-Length: 3\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        INTERIM,
    ],
    ids=["nothing", "head", "length", "chunks", "interim alone"],
)
def test_what_ends_before_its_end_is_no_reply(whole: bytes) -> None:
    with pytest.raises(http.client.IncompleteRead):
        read(whole)


@pytest.mark.parametrize(
    "field",
    [
        b"Content-Length: 2\r\nContent-Length: 3",
        b"Content-Length: 2\r\nTransfer-Encoding: chunked",
        b"Content-Length: -2",
        b"Content-Length: 2 3",
        b"Content-Length: 99999999999999999999999",
        b"Content-Length : 2",
        b" Content-Length: 2",
        b"Na\x00me: x",
        b"no colon",
    ],
    ids=repr,
)
def test_what_two_readers_could_read_differently_is_refused(field: bytes) -> None:
    with pytest.raises(HttpParserError):
        read(b"HTTP/1.1 200 OK\r\n" + field + b"\r\n\r\n{}")


@pytest.mark.parametrize(
    "pieces",
    [
        [sized(b"x" * (LIMIT + 1))],
        [HEAD + b"Content-Length: 1001\r\n\r\n"],
        [chunked([b"x" * 600, b"x" * 600])],
        [HEAD, *[b"X: " + b"y" * 9_000 + b"\r\n"] * 10],
        [HEAD, b"X: ", *[b"y" * 9_000] * 10],
        [HEAD, *[b"X: y\r\n"] * 200],
        [chunked([])[:-2], b"X: ", *[b"y" * 9_000] * 10],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;", *[b"y" * 9_000] * 10],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 4_000,
    ],
    ids=["body", "announced", "chunks", "head", "field", "fields", "trailer", "chunk", "interim"],
)
def test_nothing_about_a_reply_may_be_without_end(pieces: list[bytes]) -> None:
    with pytest.raises(ReplyInvalid, match="too large"):
        read(*pieces)


def test_a_body_may_be_as_large_as_the_limit() -> None:
    assert len(read(sized(b"x" * LIMIT))[1]) == LIMIT


def test_the_head_is_judged_before_a_byte_of_the_body_is_kept() -> None:
    def refuse(reply: Reply) -> None:
        raise ReplyInvalid(f"{reply.status} {reply.codings}")

    line = Line([HEAD + b"Content-Encoding: GZIP\r\nContent-Length: 900\r\n\r\n", b"x" * 900])
    with pytest.raises(ReplyInvalid, match=r"200 .*gzip"):
        Reply(refuse, LIMIT).read(cast("Any", line))
    assert line.pieces


@pytest.mark.parametrize("coding", ["gzip", "gzip, chunked"])
def test_a_transfer_coding_but_chunks_is_told_to_the_judge(coding: str) -> None:
    reply, _ = read(HEAD + f"Transfer-Encoding: {coding}\r\n\r\n".encode() + b"0\r\n\r\n")

    assert reply.codings == [coding.encode()]


def test_a_reply_leaves_nothing_to_the_collector_of_garbage() -> None:
    reply, _ = read(sized(b"{}"))
    left = weakref.ref(reply)
    gc.disable()
    try:
        del reply
        assert left() is None
    finally:
        gc.enable()


def test_a_request_is_one_piece() -> None:
    head = fields({"Host": "d:8474", "Accept": "application/json"})

    assert post("/api/invoke/Ping", head, b"a=b") == (
        b"POST /api/invoke/Ping HTTP/1.1\r\n"
        b"Host: d:8474\r\nAccept: application/json\r\nContent-Length: 3\r\n\r\na=b"
    )


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\r\n"])
def test_a_field_is_one_line(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        fields({"Host": value})


@pytest.mark.parametrize("path", ["", "api", "/a b", "/a\r\nX: y", "/ä", "/a\n"])
def test_a_path_is_one(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        post(path, b"", b"")
