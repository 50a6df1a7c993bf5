"""A live list waits longer than usual, on a place of its own, unless its caller wishes less."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from gateway.access.principal import Principal
from gateway.model import Reach
from gateway.tenancy.caller import Caller
from gateway.web.http_errors import RateLimited
from gateway.web.preferences import DEFAULT_WAIT_SECONDS
from gateway.web.waits import longer_patience, require_place
from tests.served import served

CALLER = Caller(
    Principal("cli_a", "res_a", Reach("/res_a/"), frozenset(), is_operator=False),
    "listInstances",
    None,
    "request",
)


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    with served(tmp_path, http_threads=2) as made:
        return made.app


def test_who_wishes_for_nothing_waits_as_long_as_a_list_may(app: Flask) -> None:
    with app.test_request_context("/instances"):
        assert longer_patience(CALLER, 10) == 10


def test_without_a_free_place_a_list_waits_as_long_as_any_call(app: Flask) -> None:
    with app.test_request_context("/instances"):
        assert longer_patience(CALLER, 10) == 10
        with app.test_request_context("/instances"):
            assert longer_patience(CALLER, 10) == DEFAULT_WAIT_SECONDS
    with app.test_request_context("/instances"):
        assert longer_patience(CALLER, 10) == 10


@pytest.mark.parametrize(("wished", "patience"), [(0, 0), (3, 3), (30, 10)])
def test_a_wish_may_make_it_shorter_only(app: Flask, wished: int, patience: int) -> None:
    caller = replace(CALLER, wait_seconds=wished)
    with app.test_request_context("/instances", headers={"Prefer": f"wait={wished}"}):
        assert longer_patience(caller, 10) == patience


def test_who_needs_a_place_and_finds_none_is_refused(app: Flask) -> None:
    with app.test_request_context("/webhooks"):
        require_place(CALLER)
        require_place(CALLER)  # once for a request
    waits = app.extensions["spe-gateway"].waits
    assert waits.take("res_a")
    with app.test_request_context("/webhooks"), pytest.raises(RateLimited):
        require_place(CALLER)
    waits.give_back("res_a")
    with app.test_request_context("/webhooks"):
        require_place(CALLER)
