"""Each row names the request that it tells of, and so which user, store or folder was touched."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.answers import JSON
from tests.personas.model import ABSENT
from tests.personas.targets import absent
from tests.resources.test_audit_log import phases, rows
from tests.served import assert_problem
from tests.world import World


@pytest.fixture
def known(own_world: World) -> Iterator[World]:
    own_world.forget()
    return own_world


@pytest.fixture(scope="module")
def archive(own_world: World) -> JSON:
    """An archive of A's with the user jane."""
    return own_world.new_archive("A")


def requests(found: list[JSON]) -> set[tuple[Any, Any]]:
    """Return the requests that some rows name."""
    return {(row.get("method"), row.get("path")) for row in found}


def test_intent_and_outcome_name_the_user_that_was_deleted(known: World, archive: JSON) -> None:
    path = f"/instances/{archive['id']}/users/jane"
    known.call("DELETE", path, status=204)
    found = rows(known, "a_admin", object=archive["id"], action="deleteUser")
    assert phases(found) == ["intent", "outcome"]
    assert requests(found) == {("DELETE", path)}


def test_a_refused_row_names_what_was_meant(known: World, archive: JSON) -> None:
    path = f"/instances/{archive['id']}/stores/7"
    assert_problem(known.personas["b_admin"].delete(path), 404)
    found = rows(known, "b_admin", object=archive["id"], action="detachStore")
    assert (phases(found), requests(found)) == (["refused"], {("DELETE", path)})


def test_a_name_is_written_as_it_is_on_the_wire_and_the_query_is_not(
    known: World, archive: JSON
) -> None:
    name = "z%C3%B6e%20x"
    path = f"/instances/{archive['id']}/users/{name}"
    known.personas["a_reader"].delete(f"{path}?token=QUERY-SECRET")
    known.personas["a_reader"].delete(path)
    found = rows(known, "a_admin", object=archive["id"], action="deleteUser", phase="refused")
    assert ("DELETE", path) in requests(found)
    assert "QUERY-SECRET" not in str(found)


def test_a_change_of_our_own_state_names_its_request(known: World) -> None:
    made = known.new_client("A1")
    path = f"/clients/{made['id']}"
    known.call("PATCH", path, {"name": "Other"})
    [row] = rows(known, "a1_admin", object=made["id"], action="updateClient")
    assert requests([row]) == {("PATCH", path)}


def test_a_secret_is_noted_as_handed_out_when_a_client_gets_one(known: World) -> None:
    made = known.new_client("A1")
    again = known.call("POST", f"/clients/{made['id']}/rotate-secret")
    found = rows(known, "a1_admin", object=made["id"])
    assert [(row["action"], row["phase"]) for row in found] == [
        ("createClient", "done"),
        ("createClient", "disclosed"),
        ("rotateClientSecret", "done"),
        ("rotateClientSecret", "disclosed"),
    ]
    assert made["clientSecret"] not in str(found)
    assert again["clientSecret"] not in str(found)


def test_a_client_that_has_no_secret_is_handed_none(known: World) -> None:
    key = {"kid": "k", "kty": "EC", "crv": "P-256"}
    point = {
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }
    made = known.new_client("A1", publicKeys=[{**key, **point}])
    assert phases(rows(known, "a1_admin", object=made["id"])) == ["done"]


def _full(known: World) -> str:
    """Leave A1 no room for an instance."""
    quotas = f"/resellers/{known.resellers['A1']}/quotas"
    known.call("PUT", quotas, {"limits": {"instances": 0}})
    return "QUOTA_EXCEEDED"


def _nothing(known: World) -> str:
    del known
    return "PERMISSION_MISSING"


@pytest.mark.parametrize(("who", "spoil"), [("a1_admin", _full), ("a1_reader", _nothing)])
def test_a_refused_creation_is_told_of_the_reseller_that_it_was_for(
    known: World,
    who: str,
    spoil: Any,  # noqa: ANN401 - a function of above
) -> None:
    reader = known.new_client("A1", roles=["read-only"])
    client = known.served.log_in(reader["clientId"], reader["clientSecret"])
    known.personas["a1_reader"] = client
    code = spoil(known)
    body = {"instanceID": "refused-one", "displayName": "Refused"}
    assert_problem(known.personas[who].post("/instances", json=body), 403, code)
    known.call("PUT", f"/resellers/{known.resellers['A1']}/quotas", {"limits": {}})
    row = rows(known, "a1_admin", action="createInstance", phase="refused")[-1]
    assert (row["object"], row["problem"]) == (known.resellers["A1"], code)


def test_no_object_is_a_path(known: World) -> None:
    """Whatever is refused where no id is in the path."""
    nobody = absent(known)
    known.personas["a_reader"].post("/clients", json={"name": "x"})
    known.personas["a_reader"].post("/deployments", json={"registration": ABSENT})
    known.personas["a_admin"].post("/clients", json={"name": "x", "reseller": nobody["reseller"]})
    found = [row["object"] for row in rows(known) if "object" in row]
    assert found
    assert [each for each in found if "/" in each or each in {"clients", "deployments"}] == []
