"""Who was shut out from above is let in from above."""

import pytest

from tests.answers import JSON
from tests.personas.oauth import post, sign_in
from tests.served import assert_problem
from tests.world import World


@pytest.fixture
def made(own_world: World) -> JSON:
    """A client of A1's."""
    return own_world.new_client("A1", roles=["read-only"])


def switch(world: World, who: str, client: JSON, *, disabled: bool) -> JSON:
    """Disable or enable a client as a persona, and return the client."""
    answer = world.personas[who].patch(f"/clients/{client['id']}", json={"disabled": disabled})
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


@pytest.mark.parametrize("who", ["operator", "a_admin"])
def test_who_is_disabled_from_above_is_not_enabled_from_below(
    own_world: World, made: JSON, who: str
) -> None:
    assert switch(own_world, who, made, disabled=True)["disabledAbove"] is True
    path = f"/clients/{made['id']}"
    refused = own_world.personas["a1_admin"].patch(path, json={"disabled": False})
    assert_problem(refused, 409, "CONFLICT")
    form = {"grant_type": "client_credentials", **sign_in(made)}
    assert post(own_world, "/oauth/token", form).status_code == 401
    renamed = own_world.personas["a1_admin"].patch(path, json={"name": "Other"})
    assert (renamed.json["disabled"], renamed.json["disabledAbove"]) == (True, True)
    enabled = switch(own_world, who, made, disabled=False)
    assert (enabled["disabled"], enabled["disabledAbove"]) == (False, False)
    assert post(own_world, "/oauth/token", form).status_code == 200


def test_who_is_disabled_by_its_own_is_enabled_by_its_own(own_world: World, made: JSON) -> None:
    assert switch(own_world, "a1_admin", made, disabled=True)["disabledAbove"] is False
    assert switch(own_world, "a1_admin", made, disabled=False)["disabled"] is False


def test_an_ancestor_of_who_disabled_it_enables_it(own_world: World, made: JSON) -> None:
    switch(own_world, "a_admin", made, disabled=True)
    assert switch(own_world, "operator", made, disabled=False)["disabled"] is False


def test_disabling_once_more_from_below_takes_nothing_over(own_world: World, made: JSON) -> None:
    switch(own_world, "operator", made, disabled=True)
    assert switch(own_world, "a1_admin", made, disabled=True)["disabledAbove"] is True
    refused = own_world.personas["a1_admin"].patch(
        f"/clients/{made['id']}", json={"disabled": False}
    )
    assert_problem(refused, 409, "CONFLICT")


def test_disabling_once_more_from_above_does(own_world: World, made: JSON) -> None:
    switch(own_world, "a1_admin", made, disabled=True)
    assert switch(own_world, "operator", made, disabled=True)["disabledAbove"] is True
    refused = own_world.personas["a_admin"].patch(
        f"/clients/{made['id']}", json={"disabled": False}
    )
    assert_problem(refused, 409, "CONFLICT")
