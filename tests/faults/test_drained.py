"""A drained deployment: no operation that changes anything reaches it, and reads go on."""

from collections.abc import Callable, Iterator

import pytest

from gateway.spe.catalogue import COMMANDS
from tests.personas.oracle import HELD
from tests.personas.table import TABLE, Row
from tests.personas.targets import Target, fresh
from tests.served import assert_problem
from tests.world import World

CHANGING = [
    row for row in TABLE.values() if row.sends in COMMANDS and COMMANDS[row.sends].effect.changes
]
"""Every operation whose success brings a changing command to a deployment."""

PLACED = {"createInstance"}
"""Without a deployment in the call, none that is drained is chosen."""

IN_PARTS = {"instanceActions"}
"""Refused part by part."""

Drain = Callable[[], None]


@pytest.fixture
def drain(own_world: World) -> Iterator[Drain]:
    """Drain every deployment, until the test has ended."""

    def drain_all() -> None:
        for site in own_world.sites.values():
            own_world.call("POST", f"/deployments/{site.id}/drain")
        own_world.forget()

    yield drain_all
    for site in own_world.sites.values():
        own_world.call("POST", f"/deployments/{site.id}/uncordon")


def owned(world: World, row: Row) -> Target:
    target = fresh(world, row, "A")
    if row.state in HELD:
        world.release()
    return target


def test_there_are_changes_of_every_kind() -> None:
    effects = {COMMANDS[row.sends].effect for row in CHANGING}
    assert len(CHANGING) > 60
    assert effects == {each.effect for each in COMMANDS.values() if each.effect.changes}


@pytest.mark.parametrize("row", CHANGING, ids=lambda row: row.name)
def test_no_change_reaches_it(own_world: World, drain: Drain, row: Row) -> None:
    target = owned(own_world, row)
    drain()
    response = own_world.operator.open(
        row.path.format(**target), method=row.method, json=row.body(target)
    )
    assert own_world.changes() == []
    if row.name in IN_PARTS:
        (part,) = own_world.call("GET", f"/operations?parent={response.get_json()['id']}")["items"]
        assert part["problem"]["code"] == "DEPLOYMENT_DRAINED"
    else:
        code = "NO_PLACEMENT" if row.name in PLACED else "DEPLOYMENT_DRAINED"
        assert_problem(response, 409, code)


def test_nothing_is_left_of_a_refused_change(own_world: World, drain: Drain) -> None:
    made = own_world.new_instance("A")
    drain()
    before = own_world.call("GET", "/operations?limit=1")["items"]
    for _ in range(2):  # nor a lock, nor a place in a quota
        response = own_world.operator.post(f"/instances/{made['id']}/stop", json={})
        assert_problem(response, 409, "DEPLOYMENT_DRAINED", retryable=False)
    assert own_world.call("GET", "/operations?limit=1")["items"] == before


def test_it_is_known_before_a_rehearsal_has_sent_anything(own_world: World, drain: Drain) -> None:
    made = own_world.new_instance("A")
    drain()
    response = own_world.operator.post(f"/instances/{made['id']}/stop?validateOnly=true", json={})
    assert_problem(response, 409, "DEPLOYMENT_DRAINED")
    assert own_world.journal() == []


def test_a_raw_command_that_reads_goes_on_and_one_that_changes_does_not(
    own_world: World, drain: Drain
) -> None:
    path = f"/deployments/{own_world.sites['alpha'].id}/commands"
    drain()
    read = own_world.operator.post(f"{path}/GetServiceStatus", json={"arguments": {}})
    name = "ReloadBranding"
    change = own_world.operator.post(
        f"{path}/{name}", json={"arguments": {}}, headers={"Confirm": name}
    )
    assert read.status_code == 200
    assert_problem(change, 409, "DEPLOYMENT_DRAINED")
    assert own_world.sent() == ["GetServiceStatus"]


def test_reads_and_our_own_rows_go_on(own_world: World, drain: Drain) -> None:
    made = own_world.new_archive("A")
    path = f"/instances/{made['id']}"
    drain()
    assert own_world.call("GET", f"{path}/stores")["items"]
    assert own_world.call("PATCH", path, {"labels": {"a": "b"}})["labels"]["a"] == "b"
    assert own_world.changes() == []


def test_what_is_under_way_goes_on_to_its_end(own_world: World, drain: Drain) -> None:
    made = own_world.new_archive("A")
    control = own_world.sites["alpha"].control
    control.pause()
    begun = own_world.operator.post(
        f"/instances/{made['id']}/stores/verify", json={}, headers={"Prefer": "wait=0"}
    )
    control.await_command("VerifyStores")
    drain()
    control.resume()
    ended = own_world.call("GET", begun.headers["Location"])
    assert ended["status"] == "succeeded"


def test_uncordon_ends_both_and_cordon_alone_takes_changes(own_world: World, drain: Drain) -> None:
    made = own_world.new_instance("A")
    alpha = own_world.sites["alpha"].id
    drain()
    drained = own_world.call("GET", f"/deployments/{alpha}")
    again = own_world.call("POST", f"/deployments/{alpha}/uncordon")
    cordoned = own_world.call("POST", f"/deployments/{alpha}/cordon")
    flags = [(each["cordoned"], each["drained"]) for each in (drained, again, cordoned)]
    assert flags == [(True, True), (False, False), (True, False)]
    own_world.call("POST", f"/instances/{made['id']}/restart", {})
