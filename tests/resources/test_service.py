"""The first page says where the others are."""

import pytest

from gateway.resources.service import LINKS
from tests.world import World


def test_whoever_comes_without_a_token_learns_where_to_go_on(shared_world: World) -> None:
    answer = shared_world.personas["anonymous"].get("/")
    assert answer.status_code == 200
    assert answer.json["name"] == "spe-gateway"
    assert "version" not in answer.text


@pytest.mark.parametrize("name", LINKS)
def test_every_link_leads_somewhere(shared_world: World, name: str) -> None:
    assert shared_world.served.client().get(LINKS[name]).status_code == 200
