"""A list is read until it says that there is no more of it."""

import pytest

from gateway.cli.account import Account
from gateway.cli.api_client import Api, Call
from gateway.cli.nouns import reading
from gateway.cli.watching import Views

PAGES = (
    {"items": [], "nextCursor": "c1"},
    {"items": ["a"], "nextCursor": "c2"},
    {"items": [], "nextCursor": "c3"},
    {"items": ["b"], "nextCursor": None},
)
NOBODY = Account(Api("http://127.0.0.1:1"), "", "")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the pages in turn; note what is asked for."""
    paths: list[str] = []

    def ended(_: Account, call: Call, __: Views) -> dict[str, object]:
        paths.append(call.path)
        return {"status": "succeeded", "result": PAGES[len(paths) - 1]}

    monkeypatch.setattr(reading, "ended", ended)
    return paths


def test_an_empty_page_is_not_the_end_of_a_list(asked: list[str]) -> None:
    assert reading.every(NOBODY, "/instances", {"q": "x"}) == ["a", "b"]
    cursors = ["", "&cursor=c1", "&cursor=c2", "&cursor=c3"]
    assert asked == [f"/instances?q=x&limit=500{cursor}" for cursor in cursors]


def test_so_many_as_are_wanted_are_looked_for_behind_an_empty_page(asked: list[str]) -> None:
    found = reading.read_all(NOBODY, "/instances", {}, limit=1)

    assert found == {"items": ["a"], "nextCursor": "c2"}
    assert len(asked) == 2
