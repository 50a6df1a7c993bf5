"""Cursors are opaque, authenticated, and good for one caller and one list."""

import pytest
from cryptography.fernet import Fernet, MultiFernet
from flask.testing import FlaskClient

from gateway.errors import MalformedRequest
from gateway.web.paging import Cursors
from tests.web.toy import INSTANCE, SHELVES


@pytest.fixture
def cursors() -> Cursors:
    return Cursors(MultiFernet([Fernet(Fernet.generate_key())]))


def next_cursor(client: FlaskClient, query: str = "limit=2") -> str:
    return str(client.get(f"{SHELVES}?{query}").json["nextCursor"])


def test_a_cursor_leads_to_the_next_page(client: FlaskClient) -> None:
    first = client.get(f"{SHELVES}?limit=400").json
    last = client.get(f"{SHELVES}?limit=400&cursor={first['nextCursor']}").json
    assert last["items"][0]["displayName"] == "ins 400"
    assert last["nextCursor"] is None


def test_the_link_leads_there_without_naming_a_host(client: FlaskClient) -> None:
    answer = client.get(f"{SHELVES}?limit=2&wood=oak", base_url="http://evil.example")
    link = answer.headers["Link"]
    assert link.endswith('>; rel="next"')
    query = link.removeprefix("<").removesuffix('>; rel="next"')
    assert query.startswith("?limit=2&wood=oak&cursor=")
    assert client.get(f"{SHELVES}{query}").json["items"][0]["displayName"] == "ins 2"


def test_the_last_page_links_nowhere(client: FlaskClient) -> None:
    cursor = next_cursor(client, "limit=500")
    answer = client.get(f"{SHELVES}?limit=500&cursor={cursor}")
    assert "Link" not in answer.headers


def test_the_limit_may_change_from_page_to_page(client: FlaskClient) -> None:
    assert client.get(f"{SHELVES}?limit=7&cursor={next_cursor(client)}").status_code == 200


def test_anothers_cursor_is_refused(client: FlaskClient, reseller_client: FlaskClient) -> None:
    answer = reseller_client.get(f"{SHELVES}?limit=2&cursor={next_cursor(client)}")
    assert (answer.status_code, answer.json["code"]) == (400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    "path",
    [
        f"{SHELVES}?wood=oak&limit=2&",
        f"/instances/{INSTANCE[:-1]}0/shelves?",
    ],
)
def test_a_cursor_of_another_list_is_refused(client: FlaskClient, path: str) -> None:
    assert client.get(f"{path}cursor={next_cursor(client)}").status_code == 400


@pytest.mark.parametrize("cursor", ["x", "0", "%00", "gAAAAA", "%C3%BC", "a" * 2048, "..", "%2A"])
def test_what_is_no_cursor_is_refused(client: FlaskClient, cursor: str) -> None:
    assert client.get(f"{SHELVES}?cursor={cursor}").status_code in {400, 422}


def test_every_altered_character_is_noticed(cursors: Cursors) -> None:
    cursor = cursors.seal(5, ["cli_1"])
    assert cursors.open(cursor, ["cli_1"]) == 5
    for index in range(0, len(cursor) - 3, 7):
        other = "A" if cursor[index] != "A" else "B"
        with pytest.raises(MalformedRequest):
            cursors.open(cursor[:index] + other + cursor[index + 1 :], ["cli_1"])


def test_a_position_cannot_be_read_from_its_cursor(cursors: Cursors) -> None:
    assert "canary" not in cursors.seal("canary", ["cli_1"])


def test_a_cursor_survives_the_rotation_of_its_key() -> None:
    old, new = Fernet(Fernet.generate_key()), Fernet(Fernet.generate_key())
    cursor = Cursors(MultiFernet([old])).seal(["a", 1], ["x"])
    assert Cursors(MultiFernet([new, old])).open(cursor, ["x"]) == ["a", 1]
    with pytest.raises(MalformedRequest):
        Cursors(MultiFernet([new])).open(cursor, ["x"])
