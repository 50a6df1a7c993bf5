"""The reference page works offline, under a policy that forbids inline scripts."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.access.permissions import Permission
from gateway.model import EventType
from gateway.web import docs
from gateway.web.advice import ADVICE

STATIC = Path(docs.__file__).parent / "static"


def test_the_reference_page_asks_nobody_else(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/docs")
    assert answer.content_type == "text/html; charset=utf-8"
    sources = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert sources
    for source in sources:
        assert source == "data:," or re.fullmatch(r"[a-z./-]+", source), source
    for name in ("reference.js", "sign-in.js"):
        assert "//" not in (STATIC / name).read_text()


def test_the_page_has_no_inline_script_or_style(anonymous: FlaskClient) -> None:
    for path in ("/docs", "/docs/problems", "/docs/permissions", "/docs/events"):
        page = anonymous.get(path)
        assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|style=", page.text)
        policy = page.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("reference.css", "text/css"),
        ("reference.js", "text/javascript"),
        ("sign-in.js", "text/javascript"),
        ("swagger-ui.css", "text/css"),
        ("swagger-ui-bundle.js", "text/javascript"),
    ],
)
def test_every_file_of_the_page_is_served(
    anonymous: FlaskClient, name: str, content_type: str
) -> None:
    with anonymous.get(f"/docs/assets/{name}") as answer:
        assert answer.status_code == 200
        assert answer.mimetype == content_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name",
    ["LICENSE", "..%2Fdocs.py", "../docs.py", "swagger-ui/swagger-ui.css", "%2e%2e/install.py", ""],
)
def test_no_other_file_is_served(anonymous: FlaskClient, name: str) -> None:
    assert anonymous.get(f"/docs/assets/{name}").status_code == 404


def test_the_licence_lies_beside_what_it_covers() -> None:
    assert "Apache License" in (STATIC / "swagger-ui" / "LICENSE").read_text()
    assert (STATIC / "swagger-ui" / "NOTICE").exists()


def test_every_problem_says_what_to_do_next(anonymous: FlaskClient) -> None:
    kinds = {kind.code for kind in docs.problem_kinds()}
    page = anonymous.get("/docs/problems").text

    assert set(ADVICE) == kinds
    assert all(re.search(r"[.]$", words) for words in ADVICE.values())
    assert page.count("<section") == len(kinds)
    assert "`" not in page
    assert "<code>Retry-After</code>" in page


def test_the_catalogues_hold_all_that_there_is(anonymous: FlaskClient) -> None:
    permissions = anonymous.get("/docs/permissions").text
    events = anonymous.get("/docs/events").text

    assert all(f'<tr id="{each}">' in permissions for each in Permission)
    assert all(f'<tr id="{each}">' in events for each in EventType)
