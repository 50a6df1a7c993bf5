"""The lines of docs/authentication.md are carried out as they are written."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from gateway.cli.init import initialise
from gateway.settings import Settings
from gateway.simulator.server import Simulator
from tests.cli.program import environment, running
from tests.docs.reader import carried_out, documents_in
from tests.world import registration

PAGE = "docs/authentication.md"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[list[Any]]]:
    """Run all blocks in one shell, and return the JSON that each printed."""
    folder = tmp_path_factory.mktemp("authentication")
    operator = initialise(Settings(home=folder / "home"))
    arguments = ["serve", "--bind", "127.0.0.1:0", "--json", "--lifeline"]
    with (
        Simulator("alpha") as simulator,
        running(arguments, environment(folder / "home"), folder / "gateway.log") as process,
    ):
        known = {
            "GATEWAY": process.first_line()["url"],
            "CLIENT": operator.client_id,
            "SECRET": operator.client_secret,
        }
        known["INSTANCE"] = made_instance(known, simulator)
        said = carried_out(PAGE, folder, known=known)
        yield [list(documents_in(text)) if "{" in text else [text.strip()] for text in said]


def made_instance(known: dict[str, str], simulator: Simulator) -> str:
    """Make an instance for the reader."""
    form = {
        "grant_type": "client_credentials",
        "client_id": known["CLIENT"],
        "client_secret": known["SECRET"],
    }
    url = known["GATEWAY"]
    token = requests.post(f"{url}/oauth/token", data=form, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Prefer": "wait=20"}
    body = registration(simulator, "alpha")
    made = requests.post(f"{url}/deployments", json=body, headers=headers, timeout=30)
    assert made.status_code == 201, made.text
    body = {"instanceID": "acme", "displayName": "Acme"}
    made = requests.post(f"{url}/instances", json=body, headers=headers, timeout=30)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def test_the_client_is_known(outputs: list[list[Any]]) -> None:
    assert outputs[0][0]["isOperator"]


def test_a_token_is_narrowed(outputs: list[list[Any]]) -> None:
    (narrow,) = outputs[1]
    assert narrow["scope"] == "instances:read stores:read"
    assert len(narrow["authorization_details"][0]["instances"]) == 1


def test_the_portals_token_shows_the_instance(outputs: list[list[Any]]) -> None:
    assert outputs[2][0] == outputs[1][0]["authorization_details"][0]["instances"][0]


def test_a_revoked_token_takes_the_portals_along(outputs: list[list[Any]]) -> None:
    before, revoked, after = outputs[3]
    assert (before["active"], before["scope"]) == (True, "instances:read")
    assert (revoked, after) == ({}, {"active": False})


def test_the_assertion_gave_a_token(outputs: list[list[Any]]) -> None:
    (token,) = outputs[4]
    assert token["scope"] == "instances:read resellers:read statements:read usage:read"
