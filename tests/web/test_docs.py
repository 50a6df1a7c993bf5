"""The reference page works offline, under a policy that forbids inline scripts."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.web import docs

STATIC = Path(docs.__file__).parent / "static"


def test_the_reference_page_asks_nobody_else(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/docs")
    assert answer.content_type == "text/html; charset=utf-8"
    sources = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert sources
    for source in sources:
        assert source == "data:," or re.fullmatch(r"[a-z./-]+", source), source
    assert "//" not in (STATIC / "reference.js").read_text()


def test_the_page_has_no_inline_script_or_style(anonymous: FlaskClient) -> None:
    for path in ("/docs", "/docs/problems"):
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
