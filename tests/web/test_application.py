"""Answers as they are sent: what Werkzeug would send, without the copy."""

import pytest
from flask import Flask, Response
from werkzeug.test import EnvironBuilder

from gateway.web.application import Answer

ENVIRON = EnvironBuilder("/here").get_environ()


@pytest.mark.parametrize("status", [200, 201, 204, 304, 404])
@pytest.mark.parametrize(
    "fields",
    [{}, {"Location": "/thére"}, {"content-location": "/thére"}, {"ETag": '"1"'}],
    ids=["none", "location", "content location", "entity tag"],
)
@pytest.mark.parametrize("body", [b"", b"{}\n"], ids=["empty", "object"])
def test_the_same_is_sent_as_by_the_framework(
    status: int, fields: dict[str, str], body: bytes
) -> None:
    sent = [
        made(body, status, fields, mimetype="application/json").get_wsgi_response(ENVIRON)
        for made in (Answer, Response)
    ]
    ours, theirs = [(b"".join(parts), line, fields) for parts, line, fields in sent]
    assert ours == theirs


def test_what_is_not_known_to_be_so_long_is_given_its_length() -> None:
    answer = Answer(["{", "}"])
    assert answer.get_wsgi_headers(ENVIRON)["Content-Length"] == "2"


def test_an_answer_is_no_copy(app: Flask) -> None:
    with app.test_request_context():
        answer = app.json.response({"a": 1})
    assert isinstance(answer, Answer)
    assert answer.get_wsgi_headers(ENVIRON) is answer.headers
