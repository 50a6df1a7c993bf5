"""One reseller's patience leaves threads to the others."""

from pathlib import Path

import pytest
from flask import Flask, request

from gateway.web.preferences import DEFAULT_WAIT_SECONDS
from gateway.web.waits import Waits, patience
from tests.served import served


def test_a_reseller_has_half_of_the_threads_and_all_together_three_quarters() -> None:
    waits = Waits(8)
    assert [waits.take("res_a") for _ in range(5)] == [True] * 4 + [False]
    assert [waits.take("res_b") for _ in range(3)] == [True] * 2 + [False]
    waits.give_back("res_a")
    assert waits.take("res_b")


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    with served(tmp_path, http_threads=2) as made:
        return made.app


def test_beyond_the_bound_the_usual_wait_counts(app: Flask) -> None:
    long, short = {"Prefer": "wait=30"}, {"Prefer": "wait=0"}
    with app.test_request_context("/me", headers=long):
        assert patience("res_a", request.headers) == 30
        with app.test_request_context("/me", headers=long):
            assert patience("res_a", request.headers) == DEFAULT_WAIT_SECONDS
        with app.test_request_context("/me", headers=short):
            assert patience("res_a", request.headers) == 0
        with app.test_request_context("/me"):
            assert patience("res_a", request.headers) == DEFAULT_WAIT_SECONDS


def test_a_request_gives_its_place_back_even_if_it_is_refused(tmp_path: Path) -> None:
    with served(tmp_path, http_threads=2) as made:
        operator = made.log_in(made.operator.client_id, made.operator.client_secret)
        waits = made.gateway.waits
        for _ in range(3):
            operator.get(f"/operations/op_{'0' * 32}", headers={"Prefer": "wait=30"})
        assert waits.take("anybody")
        waits.give_back("anybody")
