"""Entity tags are strong, and If-Match means it."""

import pytest
from flask.testing import FlaskClient

from gateway.web.etags import etag_of
from tests.web.toy import SHELVES

CURRENT = etag_of({"n": 1})
OTHER = etag_of({"n": 2})


def test_a_tag_depends_on_the_fields_and_not_on_their_order() -> None:
    assert etag_of({"a": 1, "b": "ü"}) == etag_of({"b": "ü", "a": 1})
    assert etag_of({"a": 1}) != etag_of({"a": "1"})
    assert etag_of({"a": None}) != etag_of({})
    assert len(CURRENT) == 66
    assert CURRENT.startswith('"')


def test_a_resource_carries_its_tag(client: FlaskClient) -> None:
    assert client.get(f"{SHELVES}/1").headers["ETag"] == CURRENT


@pytest.mark.parametrize(
    ("shelf", "if_match", "status"),
    [
        (1, None, 200),
        (1, CURRENT, 200),
        (1, f"{OTHER}, {CURRENT}", 200),
        (1, f'"a,b",{CURRENT}', 200),
        (1, "*", 200),
        (1, OTHER, 412),
        (1, f"W/{CURRENT}", 412),
        (1, '""', 412),
        (100, "*", 412),
        (100, CURRENT, 412),
        (100, None, 200),
        (1, "", 400),
        (1, CURRENT.strip('"'), 400),
        (1, f"{CURRENT} {OTHER}", 400),
        (1, f"{CURRENT},", 400),
        (1, f"*, {CURRENT}", 400),
        (1, '"abc', 400),
        (1, f"w/{CURRENT}", 400),
    ],
)
def test_a_change_needs_the_version_that_it_names(
    client: FlaskClient, shelf: int, if_match: str | None, status: int
) -> None:
    headers = {} if if_match is None else {"If-Match": if_match}
    answer = client.patch(f"{SHELVES}/{shelf}", json={"wood": "oak"}, headers=headers)
    assert answer.status_code == status
    if status == 412:
        assert answer.json["code"] == "PRECONDITION_FAILED"


@pytest.mark.timeout(5)
def test_a_long_if_match_is_read_quickly(client: FlaskClient) -> None:
    for hostile in ('"a",' * 10_000, '"' * 20_001, " " * 20_000 + '"', '"a" ' * 5_000):
        headers = {"If-Match": hostile}
        assert client.patch(f"{SHELVES}/1", json={}, headers=headers).status_code in {400, 412}
