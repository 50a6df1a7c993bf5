"""Every bad token is refused, in every place alike, and nothing of it reaches a deployment."""

import pytest

from tests.personas.bad_tokens import BAD
from tests.personas.forging import Forger
from tests.served import assert_problem
from tests.world import World


def test_there_are_more_than_150_and_no_two_are_the_same(shared_world: World) -> None:
    made = {make(Forger(shared_world)) for make in BAD.values()}

    assert len(made) == len(BAD) > 150


def test_but_for_what_is_wrong_a_token_is_let_in(shared_world: World) -> None:
    """Else each of them might be refused for a reason of no interest."""
    forger = Forger(shared_world)
    for token in (
        forger.with_claims(),
        forger.with_claims(scope="", role="operator"),
        forger.with_claims(nbf=forger.claims()["iat"]),
        forger.with_claims(instances=[shared_world.home["id"]], origin="x"),
    ):
        assert shared_world.served.client(token).get("/me").status_code == 200


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_is_refused(shared_world: World, kind: str) -> None:
    token = BAD[kind](Forger(shared_world))
    shared_world.forget()
    client = shared_world.served.client(token)
    home = f"/instances/{shared_world.home['id']}"
    for response in (client.get("/me"), client.get(home), client.post(f"{home}/stop")):
        problem = assert_problem(response, 401, "UNAUTHENTICATED")
        assert problem["detail"] in {
            "The access token is not valid.",
            "A valid access token is needed",
        }
    assert shared_world.journal() == []


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_is_not_active(shared_world: World, kind: str) -> None:
    form = {
        "token": BAD[kind](Forger(shared_world)),
        "client_id": shared_world.served.operator.client_id,
        "client_secret": shared_world.served.operator.client_secret,
    }
    large = len(form["token"]) > 16_000
    answer = shared_world.served.client().post("/oauth/introspect", data=form)

    assert answer.status_code == (413 if large else 200)
    assert large or answer.get_json() == {"active": False}


def test_what_a_token_claims_beyond_its_client_is_not_granted(shared_world: World) -> None:
    forger, portal = Forger(shared_world), shared_world.clients["a_portal"]
    foreign = shared_world.new_instance("B")["id"]
    whose = {"sub": portal, "client_id": portal, "reseller": shared_world.resellers["A"]}
    wide = forger.with_claims(**whose, scope="instances:read clients:delete deployments:read")
    client = shared_world.served.client(wide)
    assert client.get("/me").get_json()["permissions"] == ["instances:read"]
    claimed = forger.with_claims(**whose, instances=[foreign, shared_world.home["id"]])
    client = shared_world.served.client(claimed)
    assert client.get("/me").get_json()["instances"] == [shared_world.home["id"]]
    assert_problem(client.get(f"/instances/{foreign}"), 404, "NOT_FOUND")
    only_foreign = forger.with_claims(**whose, instances=[foreign])
    client = shared_world.served.client(only_foreign)
    assert client.get("/instances").get_json()["items"] == []
