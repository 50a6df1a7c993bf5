"""Where a new instance goes, over REST: chosen, explained, refused, and told to whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.answers import JSON
from tests.served import CheckedClient, assert_problem
from tests.world import World, registration

OK = 200


def wish(world: World, **body: Any) -> JSON:  # noqa: ANN401 - JSON
    """Return the body of a call for an instance of reseller A."""
    name = f"placed-{next(world.numbers)}"
    return {"instanceID": name, "displayName": name, "reseller": world.resellers["A"], **body}


def rehearse(client: CheckedClient, body: JSON) -> JSON:
    """Ask where it would be, and why nowhere else."""
    response = client.post("/instances?validateOnly=true", json=body)
    assert response.status_code == OK, response.text
    found: JSON = response.get_json()
    return found


def reasons(of: JSON) -> dict[str, list[str]]:
    """Return the codes by the deployment."""
    return {each["deployment"]: [one["code"] for one in each["reasons"]] for each in of["notTaken"]}


@contextmanager
def changed(world: World, path: str, body: JSON, back: JSON) -> Iterator[None]:
    """Have something otherwise for a while."""
    world.call("PATCH", path, body)
    try:
        yield
    finally:
        world.call("PATCH", path, back)


@contextmanager
def cordoned(world: World, site: str) -> Iterator[str]:
    """Have a deployment cordoned for a while."""
    path = f"/deployments/{world.sites[site].id}"
    world.call("POST", f"{path}/cordon")
    try:
        yield world.sites[site].id
    finally:
        world.call("POST", f"{path}/uncordon")


@pytest.fixture
def site_ids(inner_world: World) -> tuple[str, str]:
    inner_world.forget()
    return inner_world.sites["alpha"].id, inner_world.sites["beta"].id


def test_a_rehearsal_tells_an_operator_everything(
    inner_world: World, site_ids: tuple[str, str]
) -> None:
    alpha, beta = site_ids
    with cordoned(inner_world, "alpha"):
        found = rehearse(inner_world.operator, wish(inner_world))
    assert (found["deployment"], found["instanceHost"]) == (beta, "beta-host1")
    assert found["deploymentName"] == "CANARY-root-beta"
    assert [each["instanceHost"] for each in found["hostsNotTaken"]] == ["beta-host2"]
    [other] = found["notTaken"]
    assert other["deployment"] == alpha
    assert other["deploymentName"] == "CANARY-root-alpha"
    assert other["reasons"] == [{"code": "CORDONED", "detail": "It is cordoned."}]
    assert inner_world.sent() == ["GetInstanceHosts"]


def test_a_rehearsal_tells_a_reseller_its_own_business(
    inner_world: World, site_ids: tuple[str, str]
) -> None:
    alpha, beta = site_ids
    with cordoned(inner_world, "alpha"):
        response = inner_world.personas["a_admin"].post(
            "/instances?validateOnly=true", json=wish(inner_world)
        )
    sentence = "It takes no new instances at present."
    unavailable = {"code": "UNAVAILABLE", "detail": sentence}
    assert response.get_json() == {
        "deployment": beta,
        "notTaken": [{"deployment": alpha, "reasons": [unavailable]}],
    }


def test_what_was_rehearsed_is_what_is_done(inner_world: World, site_ids: tuple[str, str]) -> None:
    body = wish(inner_world)
    found = rehearse(inner_world.operator, body)
    made = inner_world.call("POST", "/instances", body, 201)
    assert (made["deployment"], made["instanceHost"]) == (
        found["deployment"],
        found["instanceHost"],
    )
    assert found["deployment"] in site_ids


def test_when_nothing_fits_everybody_hears_why(
    inner_world: World, site_ids: tuple[str, str]
) -> None:
    alpha, beta = site_ids
    body = wish(inner_world, placement={"labels": {"tier": "gold"}})
    with (
        cordoned(inner_world, "alpha"),
        changed(inner_world, f"/deployments/{beta}", {"capacity": 0}, {"capacity": None}),
    ):
        answers = {
            name: client.post("/instances", json=body)
            for name, client in (
                ("operator", inner_world.operator),
                ("reseller", inner_world.personas["a_admin"]),
            )
        }
    for response in answers.values():
        assert_problem(response, 409, "NO_PLACEMENT")
    whole = {alpha: ["CORDONED", "LABELS_MISSING"], beta: ["FULL", "LABELS_MISSING"]}
    own = {alpha: ["LABELS_MISSING", "UNAVAILABLE"], beta: ["FULL", "LABELS_MISSING"]}
    assert reasons(answers["operator"].get_json()) == whole
    assert reasons(answers["reseller"].get_json()) == own
    assert "CANARY" not in answers["reseller"].text
    assert inner_world.sent() == []


@pytest.mark.parametrize("anti_affinity", ["required", "preferred"])
def test_instances_of_one_customer_are_kept_apart(
    inner_world: World, site_ids: tuple[str, str], anti_affinity: str
) -> None:
    label = {"customer": f"c-{anti_affinity}"}
    apart = {"label": "customer", "enforcement": anti_affinity}
    whole: JSON = {"labels": label, "placement": {"antiAffinity": apart}}
    places = {
        inner_world.call("POST", "/instances", wish(inner_world, **whole), 201)["deployment"]
        for _ in range(2)
    }
    assert places == set(site_ids)
    third = inner_world.operator.post("/instances", json=wish(inner_world, **whole))
    if anti_affinity == "required":
        assert_problem(third, 409, "NO_PLACEMENT")
        assert set(map(tuple, reasons(third.get_json()).values())) == {("ANTI_AFFINITY",)}
    else:
        assert third.status_code == 201, third.text


def test_the_label_that_keeps_apart_must_be_there(inner_world: World) -> None:
    body = wish(inner_world, placement={"antiAffinity": {"label": "customer"}})
    problem = assert_problem(inner_world.operator.post("/instances", json=body), 422)
    [fault] = problem["errors"]
    assert (fault["pointer"], fault["code"]) == ("/placement/antiAffinity/label", "LABEL_NEEDED")


@pytest.mark.parametrize(
    ("apart", "pointer"),
    [
        ({}, "/label"),
        ({"label": "a b"}, "/label"),
        ({"label": "a", "scope": "planet"}, "/scope"),
        ({"label": "a", "enforcement": "maybe"}, "/enforcement"),
        ({"label": "a", "why": 1}, "/why"),
    ],
    ids=["none", "form", "scope", "enforcement", "unknown"],
)
def test_a_malformed_wish_is_refused(inner_world: World, apart: JSON, pointer: str) -> None:
    body = wish(inner_world, labels={"a": "b"}, placement={"antiAffinity": apart})
    problem = assert_problem(inner_world.operator.post("/instances", json=body), 422)
    assert [each["pointer"] for each in problem["errors"]] == [f"/placement/antiAffinity{pointer}"]


def test_a_reseller_does_not_learn_of_what_it_may_not_use(
    inner_world: World, site_ids: tuple[str, str]
) -> None:
    """Byte for byte the same answers, whether the other deployments are registered or not."""
    alpha, beta = site_ids
    bound = f"/resellers/{inner_world.resellers['A']}"
    client = inner_world.personas["a_admin"]
    bodies = [
        wish(inner_world),
        wish(inner_world, placement={"labels": {"tier": "gold"}}),
        wish(inner_world, deployment=beta),
    ]
    body = registration(inner_world.sites["beta"].simulator, "CANARY-root-third", "localhost")
    with changed(inner_world, bound, {"deployments": [alpha]}, {"deployments": None}):
        before = [told(client, each) for each in bodies]
        third = inner_world.call("POST", "/deployments", body, 201)["id"]
        inner_world.call("PATCH", f"/deployments/{third}", {"labels": {"tier": "gold"}})
        bodies[2]["deployment"] = third
        after = [told(client, each) for each in bodies]
    inner_world.call("DELETE", f"/deployments/{third}", status=204)
    assert before == after
    assert not any(beta in text or third in text for text in after)
    assert [text.count("dep_") for text in after] == [1, 1, 1]


def told(client: CheckedClient, body: JSON) -> str:
    """Return an answer without what names the call."""
    response = client.post("/instances?validateOnly=true", json=body)
    return response.text.replace(response.headers["X-Request-Id"], "")


def test_one_that_is_down_is_passed_over(inner_world: World, site_ids: tuple[str, str]) -> None:
    alpha, beta = site_ids
    control = inner_world.sites["alpha"].control
    counted = {"capacity": 1000}
    with changed(inner_world, f"/deployments/{beta}", counted, {"capacity": None}):
        control.fault("drop-before", "GetInstanceHosts", count=10)
        try:
            found = rehearse(inner_world.operator, wish(inner_world))
        finally:
            control.clear_faults()
    assert found["deployment"] == beta
    assert reasons(found) == {alpha: ["UNREACHABLE"]}
