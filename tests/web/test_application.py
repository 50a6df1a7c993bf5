"""Answers as they are sent: what Werkzeug would send, without the copy."""

from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask, Request, Response
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter
from werkzeug.test import EnvironBuilder

from gateway.web.application import Answer, Application

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


@pytest.mark.parametrize("path", ["/", "/instances/ins_1", "//a//b", "/%C3%A9%FF", ""])
@pytest.mark.parametrize("host", ["example.com", "EXAMPLE.com:8443", "[::1]:80", "a b", "é"])
@pytest.mark.parametrize("query", ["", "limit=1&q=%C3%A9"])
def test_a_view_is_looked_for_as_by_the_framework(path: str, host: str, query: str) -> None:
    environ = EnvironBuilder("/", headers={"Host": host}, query_string=query).get_environ()
    environ |= {"PATH_INFO": unquote(path, "latin-1"), "SCRIPT_NAME": "/behind"}
    ours, theirs = [vars(adapter(made, environ)) for made in (Application, Flask)]
    assert {**ours, "map": None} == {**theirs, "map": None}


def test_a_host_that_is_none_is_refused_as_by_the_framework() -> None:
    environ = EnvironBuilder("/").get_environ() | {"HTTP_HOST": "a..b"}
    for made in (Application, Flask):
        with pytest.raises(BadHost):
            adapter(made, environ)


def test_outside_of_a_request_nothing_is_looked_for() -> None:
    assert Application("toy").create_url_adapter(None) is None


def adapter(made: type[Flask], environ: dict[str, Any]) -> MapAdapter:
    found = made("toy").create_url_adapter(Request(dict(environ)))
    assert found is not None
    return found
