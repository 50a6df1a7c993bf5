"""Instance hosts: registered, changed, removed, and the directories on them."""

import json

import pytest

from tests.resources.calls import arguments, refused_here
from tests.served import assert_problem
from tests.simulated import JSON
from tests.world import World

THUMBPRINT = "6A1D0F3B5C7E9A2B4D6F8091A3B5C7D9E1F30527"
HOST: JSON = {
    "serverName": "host3.example.com",
    "port": 8472,
    "serverCertificate": {"thumbprint": THUMBPRINT},
    "baseDirectory": "E:\\MailStore\\Instances",
}


@pytest.fixture
def path(inner_world: World) -> str:
    inner_world.forget()
    return f"/deployments/{inner_world.sites['alpha'].id}/instance-hosts"


def test_a_host_is_registered_changed_and_removed(inner_world: World, path: str) -> None:
    assert inner_world.call("POST", path, HOST, 201) == {**HOST, "cordoned": False}
    first = json.loads(arguments(inner_world, "CreateInstanceHost")["config"])
    assert first == {name: HOST[name] for name in HOST if name != "baseDirectory"}
    assert json.loads(arguments(inner_world, "SetInstanceHostConfiguration")["config"]) == HOST
    one = f"{path}/{HOST['serverName']}"
    inner_world.forget()
    changed = inner_world.call("PATCH", one, {"port": 9000, "baseDirectory": "F:\\New"})
    whole = {**HOST, "port": 9000, "baseDirectory": "F:\\New"}
    assert changed == {**whole, "cordoned": False}
    assert json.loads(arguments(inner_world, "SetInstanceHostConfiguration")["config"]) == whole
    assert inner_world.call("GET", one) == changed
    assert inner_world.call("PATCH", one, {"baseDirectory": None})["baseDirectory"] is None
    inner_world.call("DELETE", one, status=204)
    assert_problem(inner_world.operator.get(one), 404, "NOT_FOUND")


def test_names_are_found_whatever_their_case(inner_world: World, path: str) -> None:
    found = inner_world.call("GET", f"{path}/ALPHA-HOST1")
    assert found["serverName"] == "alpha-host1"


def test_a_second_host_of_the_name_is_a_conflict(inner_world: World, path: str) -> None:
    body = {**HOST, "serverName": "alpha-host1"}
    del body["baseDirectory"]
    assert_problem(inner_world.operator.post(path, json=body), 409, "NAME_TAKEN")


def test_a_stale_writer_is_kept_out(inner_world: World, path: str) -> None:
    one = f"{path}/alpha-host2"
    for method, body in (("PATCH", {"port": 1}), ("DELETE", None)):
        response = inner_world.operator.open(
            one, method=method, json=body, headers={"If-Match": '"old"'}
        )
        assert_problem(response, 412, "PRECONDITION_FAILED")
    assert inner_world.changes() == []


def test_an_absent_host_is_a_404(inner_world: World, path: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"port": 1}), ("DELETE", None)):
        response = inner_world.operator.open(f"{path}/nohost", method=method, json=body)
        assert_problem(response, 404, "NOT_FOUND")
    assert_problem(inner_world.operator.get(f"{path}/nohost/directories"), 404, "NOT_FOUND")
    assert inner_world.changes() == []


def test_directories_are_made_and_listed(inner_world: World, path: str) -> None:
    url = f"{path}/alpha-host1/directories"
    made = "D:\\A & B = ü"
    assert inner_world.call("POST", url, {"path": made}, 201)["path"] == made
    assert arguments(inner_world, "CreateDirectoryOnInstanceHost") == {
        "serverName": "alpha-host1",
        "path": made,
    }
    listed = inner_world.operator.get(url, query_string={"path": "D:\\"}).get_json()["items"]
    assert made in [one["path"] for one in listed]
    assert inner_world.call("GET", url)["items"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**HOST, "port": 0},
        {**HOST, "port": "8472"},
        {**HOST, "serverName": "*"},
        {**HOST, "serverName": "a b"},
        {**HOST, "serverCertificate": {"thumbprint": "xyz"}},
        {**HOST, "serverCertificate": None},
        {**HOST, "baseDirectory": "\\\\evil\\share"},
        {**HOST, "baseDirectory": "D:\\..\\x"},
    ],
)
def test_bad_hosts_are_not_registered(inner_world: World, path: str, body: JSON) -> None:
    refused_here(inner_world, "POST", path, body)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_lost_answers_are_settled_by_the_list(inner_world: World, path: str, fault: str) -> None:
    control = inner_world.sites["alpha"].control
    body = {**HOST, "serverName": f"host-{fault}"}
    control.fault(fault, "CreateInstanceHost", count=1)
    inner_world.call("POST", path, body, 201)
    control.fault(fault, "DeleteInstanceHost", count=1)
    inner_world.call("DELETE", f"{path}/{body['serverName']}", status=204)


def test_nobody_but_an_operator_sees_a_host(inner_world: World, path: str) -> None:
    for persona in ("a_admin", "a_reader", "b_admin"):
        response = inner_world.personas[persona].get(f"{path}/alpha-host1")
        assert_problem(response, 404, "NOT_FOUND")
    assert inner_world.sent() == []


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_lost_answer_makes_one_directory(inner_world: World, path: str, fault: str) -> None:
    inner_world.sites["alpha"].control.fault(fault, "CreateDirectoryOnInstanceHost", count=1)
    body = {"path": f"D:\\{fault}"}
    inner_world.call("POST", f"{path}/alpha-host1/directories", body, 201)


def test_a_cordoned_host_gets_no_more_instances(inner_world: World, path: str) -> None:
    one, site = f"{path}/alpha-host1", inner_world.sites["alpha"]
    cordoned = inner_world.call("POST", f"{one}/cordon")
    assert (cordoned["serverName"], cordoned["cordoned"]) == ("alpha-host1", True)
    assert inner_world.call("GET", one)["cordoned"]
    listed = {
        each["serverName"]: each["cordoned"] for each in inner_world.call("GET", path)["items"]
    }
    assert (listed["alpha-host1"], listed["alpha-host2"]) == (True, False)
    assert {inner_world.new_instance("A")["instanceHost"] for _ in range(2)} == {"alpha-host2"}
    found = inner_world.call("POST", f"{one}/uncordon")
    assert not found["cordoned"]
    assert inner_world.new_instance("A", deployment=site.id)["instanceHost"] == "alpha-host1"


def test_a_host_is_cordoned_whatever_the_case_of_its_name(inner_world: World, path: str) -> None:
    assert inner_world.call("POST", f"{path}/ALPHA-HOST1/cordon")["serverName"] == "alpha-host1"
    assert not inner_world.call("POST", f"{path}/Alpha-Host1/uncordon")["cordoned"]
    assert inner_world.changes() == []


def test_a_host_that_is_known_can_be_cordoned_while_its_deployment_is_down(
    inner_world: World, path: str
) -> None:
    one, control = f"{path}/alpha-host2", inner_world.sites["alpha"].control
    inner_world.call("POST", f"{one}/cordon")
    control.fault("drop-before", count=10)
    try:
        assert not inner_world.call("POST", f"{one}/uncordon")["cordoned"]
    finally:
        control.clear_faults()
    assert_problem(inner_world.operator.post(f"{path}/nohost/cordon"), 404, "NOT_FOUND")


def test_a_repeated_cordon_is_answered_and_audited_once(inner_world: World, path: str) -> None:
    key = {"Idempotency-Key": "cordon-once"}
    first, second = (
        inner_world.operator.post(f"{path}/alpha-HOST2/cordon", headers=key) for _ in range(2)
    )
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotency-Replayed"] == "true"
    [sequence] = [
        chore for chore in inner_world.served.gateway.chores if chore.name == "audit.sequence"
    ]
    sequence.run()
    rows = inner_world.call("GET", "/audit-log?limit=500")["items"]
    assert [row["path"] for row in rows].count(f"{path}/alpha-HOST2/cordon") == 1
    inner_world.call("POST", f"{path}/alpha-host2/uncordon")
