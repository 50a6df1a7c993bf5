"""A deployment that is down, slow, lying or flapping while instances are listed (F24).

What it holds is shown as it was seen last, and is named as such; nobody else waits for it.
"""

from collections.abc import Iterator, Mapping
from time import monotonic

import pytest

from gateway import factory
from tests.answers import JSON
from tests.core import HASTE, HastyConnections
from tests.faults.cases import SPOILT, envelope, garbage
from tests.served import assert_problem
from tests.world import World, world

DOWN: Mapping[str, JSON] = {
    **SPOILT,
    "reset": {"kind": "reset", "size": 0},
    "slow": {"kind": "delay", "seconds": 5 * HASTE},
    "dripping": {"kind": "drip", "seconds": HASTE},
    "lying": garbage(envelope("succeeded", "CANARY-of-the-deployment")),
    "empty": garbage(envelope("succeeded", [])),
    "foreign": garbage(envelope("succeeded", [{"instanceID": "*"}, {"instanceID": None}])),
    "failed": {"kind": "failed", "text": "CANARY-of-the-deployment"},
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two deployments with an instance each, and a gateway that waits a moment only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, "Connections", HastyConnections)
        with world(tmp_path_factory.mktemp("gateway"), executor_threads=8) as made:
            made.new_instance("A")
            made.new_instance("B")
            yield made


@pytest.fixture(autouse=True)
def _well(stage: World) -> Iterator[None]:
    yield
    for site in stage.sites.values():
        site.control.clear_faults()
        site.control.advance(60)


def listed(stage: World, query: str) -> tuple[JSON, Mapping[str, JSON]]:
    """List instances; return the whole and its items by their deployments."""
    whole = stage.call("GET", f"/instances?{query}")
    names = {site.id: name for name, site in stage.sites.items()}
    return whole, {names[item["deployment"]]: item for item in whole["items"]}


@pytest.mark.parametrize("down", DOWN)
def test_a_live_list_names_who_is_down_and_shows_it_as_it_was(stage: World, down: str) -> None:
    before, old = listed(stage, "consistency=live")
    assert before["unreachable"] == []
    lost, kept = stage.sites["alpha"], stage.sites["beta"]
    lost.control.fault(command="GetInstances", count=None, **DOWN[down])

    began = monotonic()
    whole, items = listed(stage, "consistency=live")
    cached, _ = listed(stage, "consistency=cached")
    answer = stage.operator.get("/instances?consistency=live&require=complete")

    assert monotonic() - began < 40 * HASTE
    assert whole["unreachable"] == [lost.id]
    assert len(whole["items"]) == len(before["items"])
    assert items["alpha"] == old["alpha"]
    assert whole["asOf"][lost.id] == before["asOf"][lost.id]
    assert whole["asOf"][kept.id] >= before["asOf"][kept.id]
    assert len(cached["items"]) == len(before["items"])
    assert cached["asOf"][lost.id] == before["asOf"][lost.id]
    assert_problem(answer, 503, "LIST_INCOMPLETE")
    assert "CANARY-of-the-deployment" not in str(whole) + answer.text


def test_a_deployment_that_flaps_is_asked_anew_each_time(stage: World) -> None:
    site = stage.sites["alpha"]
    for _ in range(3):
        site.control.fault("drop-before", "GetInstances", count=2)  # a read is sent twice
        assert listed(stage, "consistency=live")[0]["unreachable"] == [site.id]
        assert listed(stage, "consistency=live")[0]["unreachable"] == []


def test_who_is_down_hides_nothing_from_a_reseller_and_is_named_by_its_id_alone(
    stage: World,
) -> None:
    site = stage.sites["alpha"]
    site.control.fault("status", "GetInstances", count=None, status=500)
    found = stage.personas["a_admin"].get("/instances?consistency=live").get_json()
    other = stage.personas["b_admin"].get("/instances?consistency=live").get_json()

    assert found["unreachable"] == [site.id]
    assert len(found["items"]) == 2
    assert other["unreachable"] == []
    assert {item["status"] for item in other["items"]} == {"running"}


def test_a_change_where_nothing_is_down_does_not_wait_for_who_is(stage: World) -> None:
    alpha, beta = stage.sites.values()
    alpha.control.fault("hang", count=None)
    [one] = [i for i in stage.call("GET", "/instances")["items"] if i["deployment"] == beta.id]
    began = monotonic()

    stage.call("POST", f"/instances/{one['id']}/restart")

    assert monotonic() - began < 10 * HASTE


def test_lists_that_nobody_waits_for_leave_the_threads_to_the_others(stage: World) -> None:
    alpha, beta = stage.sites.values()
    alpha.control.fault("hang", "GetInstances", count=None)
    impatient = {"Prefer": "wait=0"}

    for _ in range(2 * stage.served.settings.executor_threads):
        whole = stage.operator.get("/instances?consistency=live", headers=impatient).get_json()
        assert alpha.id in whole["unreachable"]

    of_beta, _ = listed(stage, f"consistency=live&deployment={beta.id}")
    assert of_beta["unreachable"] == []
