"""JSON that two readers could understand differently is refused, and nothing is a 500."""

import json
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import MalformedRequest
from gateway.web.body import MAX_BODY_BYTES, MAX_DEPTH, faults_of, parse_json
from tests.web.toy import SHELVES

HOSTILE: list[bytes] = [
    b"",
    b" ",
    b"{",
    b"}",
    b"[1,]",
    b'{"a":1,}',
    b"{'a': 1}",
    b"nul",
    b"1 2",
    b'{"a": 1} x',
    b'{"a": 1, "a": 2}',
    b'{"a": {"b": 1, "\\u0062": 2}}',
    b"NaN",
    b"Infinity",
    b"[-Infinity]",
    b"1e400",
    b"-1e999",
    b"9007199254740993",
    b"-9007199254740993",
    b"1" * 5000,
    b"[" + b"1" * 5000 + b"]",
    b'"\\ud800"',
    b'{"\\udc00": 1}',
    b'["\\udfff\\ud800"]',
    b'"\\u0000"',
    b'{"a\\u0000": 1}',
    b'[[["\\u0000"]]]',
    b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"),
    "{}".encode("utf-16-le"),
    "{}".encode("utf-32"),
    b'"\xff"',
    b'"\xc0\x80"',
    b'"\xed\xa0\x80"',
    b'"a\nb"',
    b"\x00{}",
    b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'"' + b'\\"' * 100_000,
    b'"' * 100_001,
    b"[" + b'"\\' * 50_000,
    b"0123",
    b"01",
    b"+1",
    b".5",
    b"0x10",
]


@pytest.mark.parametrize("body", HOSTILE, ids=lambda body: repr(body[:30]))
@pytest.mark.timeout(5)
def test_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        parse_json(body)


@pytest.mark.parametrize(
    "body", [body for body in HOSTILE if body], ids=lambda body: repr(body[:30])
)
def test_hostile_json_is_a_400_and_never_a_500(client: FlaskClient, body: bytes) -> None:
    answer = client.post(SHELVES, data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["code"] == "MALFORMED_REQUEST"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"9007199254740992", 2**53),
        (b"-0", 0),
        (b"1.5e3", 1500.0),
        ('"\U0001f600"'.encode(), "\U0001f600"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'{"a": [null, true, {"b": "[[[["}]}', {"a": [None, True, {"b": "[[[["}]}),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    ],
)
def test_plain_json_is_read(body: bytes, value: object) -> None:
    assert value is None or parse_json(body) == value


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
        )
    ),
    max_leaves=20,
)


@given(json_values)
@settings(max_examples=100, deadline=None)
def test_what_json_writes_is_read_back_the_same(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=60) | st.text('{}[]",:\\u0019eE.-ntf ', max_size=60).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_no_bytes_make_the_reader_fail_in_another_way(body: bytes) -> None:
    with suppress(MalformedRequest):
        parse_json(body)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true", b'[{"displayName": "x"}]'])
def test_a_scalar_or_an_array_where_an_object_is_expected_is_invalid(
    client: FlaskClient, body: bytes
) -> None:
    answer = client.post(SHELVES, data=body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"pointer": "", "code": "WRONG_TYPE", "detail": "This must be an object."}
    ]


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/jsonp",
        "garbage",
    ],
)
def test_another_media_type_is_not_supported(client: FlaskClient, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.post(SHELVES, data=b'{"displayName": "x"}', headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=UTF-8", "application/merge-patch+json"],
)
def test_json_is_supported_by_all_its_names(client: FlaskClient, content_type: str) -> None:
    answer = client.post(SHELVES, data=b'{"displayName": "x"}', content_type=content_type)
    assert answer.status_code == 201


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_compressed_body_is_not_supported(client: FlaskClient, coding: str) -> None:
    headers = {"Content-Encoding": coding}
    answer = client.post(SHELVES, json={"displayName": "x"}, headers=headers)
    assert answer.status_code == 415


def test_a_body_over_the_limit_is_too_large(client: FlaskClient) -> None:
    body = b'{"displayName": "' + b"x" * MAX_BODY_BYTES + b'"}'
    answer = client.post(SHELVES, data=body, content_type="application/json")
    assert answer.status_code == 413
    assert answer.json["code"] == "PAYLOAD_TOO_LARGE"


def test_a_chunked_body_over_the_limit_is_too_large(client: FlaskClient) -> None:
    class Chunks:
        """A body of unknown length, as the server hands it over."""

        def __init__(self) -> None:
            self.sent = 0

        def read(self, size: int = -1) -> bytes:
            part = b" " * (65536 if size < 0 else min(size, 65536))
            self.sent += len(part)
            assert self.sent < 4 * MAX_BODY_BYTES, "the reader does not stop"
            return part

        def readinto(self, buffer: bytearray) -> int:
            part = self.read(len(buffer))
            buffer[: len(part)] = part
            return len(part)

    environ = {
        "wsgi.input": Chunks(),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    answer = client.post(SHELVES, content_type="application/json", environ_overrides=environ)
    assert answer.status_code == 413


def test_a_body_may_be_as_large_as_the_limit(client: FlaskClient) -> None:
    body = b'{"displayName": "x"}'.ljust(MAX_BODY_BYTES)
    answer = client.post(SHELVES, data=body, content_type="application/json")
    assert answer.status_code == 201


def test_no_body_is_an_object_without_its_required_fields(client: FlaskClient) -> None:
    answer = client.post(SHELVES)
    assert answer.status_code == 422
    assert answer.json["detail"] == "/displayName: This is required."
    assert answer.json["errors"][0] == {
        "pointer": "/displayName",
        "code": "REQUIRED",
        "detail": "This is required.",
    }


@pytest.mark.parametrize("body", [None, b"", b"{}"])
def test_an_operation_without_a_body_takes_none_or_an_empty_one(
    client: FlaskClient, body: bytes | None
) -> None:
    content_type = "application/json" if body else None
    answer = client.post(f"{SHELVES}/1/verify", data=body, content_type=content_type)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b'{"a/b~": 1}', "/a~1b~0", "UNKNOWN_FIELD"),
        (b"[1]", "", "WRONG_TYPE"),
        (b"3", "", "WRONG_TYPE"),
    ],
)
def test_an_operation_without_a_body_refuses_one(
    client: FlaskClient, body: bytes, pointer: str, code: str
) -> None:
    answer = client.post(f"{SHELVES}/1/verify", data=body, content_type="application/json")
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(pointer, code)]


def test_a_body_of_unknown_length_is_refused_where_there_is_to_be_none(
    client: FlaskClient,
) -> None:
    environ = {
        "wsgi.input": BytesIO(b'{"force": true}'),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    answer = client.post(
        f"{SHELVES}/1/verify", content_type="application/json", environ_overrides=environ
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/force"


def pointers(messages: object) -> Iterator[str]:
    return (fault.pointer for fault in faults_of(messages))


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "?"])
def test_the_media_type_of_no_body_does_not_matter(client: FlaskClient, content_type: str) -> None:
    answer = client.post(f"{SHELVES}/1/verify", content_type=content_type)
    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"x", {"Content-Type": "text/plain"}),
        (b"{}", {}),
        (b"{}", {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
        (b" " * MAX_BODY_BYTES * 2, {"Content-Type": "application/json"}),
    ],
)
def test_a_body_that_is_not_taken_is_invalid_whatever_it_is(
    client: FlaskClient, body: bytes, headers: dict[str, str]
) -> None:
    answer = client.post(f"{SHELVES}/1/verify", data=body, headers=headers)
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {"pointer": "", "code": "WRONG_TYPE", "detail": "There must be no body."}
    ]


def test_pointers_name_the_place_in_the_body_and_the_other_locations() -> None:
    messages = {"json": {"a/b": {0: {"c~d": ["x"]}}, "_schema": ["y"]}}
    assert list(pointers(messages)) == ["/a~1b/0/c~0d", ""]
    assert list(pointers({"query": {"limit": ["x", "y"]}})) == ["/query/limit"] * 2
    assert list(pointers({"headers": {"If-Match": ["x"]}})) == ["/headers/If-Match"]


def test_a_long_name_makes_no_long_pointer(client: FlaskClient) -> None:
    answer = client.post(SHELVES, json={"displayName": "x", "z" * 5000: 1})
    assert len(answer.json["errors"][0]["pointer"]) == 257


def test_many_faults_are_cut_at_fifty(client: FlaskClient) -> None:
    answer = client.post(SHELVES, json={f"unknown{n}": n for n in range(500)})
    assert answer.status_code == 422
    assert len(answer.json["errors"]) == 50
