"""What a list does to our rows, and what it never does."""

from collections.abc import Callable
from threading import Event, Thread

import pytest
from sqlalchemy import Connection

from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.preparations import CONSENT
from gateway.errors import DeploymentUnreachable, UpstreamTimeout
from gateway.model import Deployment, InstanceStatus, now
from gateway.spe.commands.instances import STOP_INSTANCES
from gateway.storage import deployments, hosts, instances
from tests.broker.inventory.scene import Scene, row, row_of
from tests.core import add_instance

UNJUDGED = [InstanceStatus.PROVISIONING, InstanceStatus.FAILED, InstanceStatus.PURGED]


def test_what_is_listed_is_seen_and_how_old_that_is_is_known(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.lists(acme)
    before = now()
    state = scene.refresh()
    assert scene.status(acme) == "running"
    assert scene.now(acme).drift is None
    assert state == scene.state()
    assert state.as_of is not None
    assert before <= state.as_of <= now()
    assert (state.try_time, state.problem, state.doubt, state.number) == (
        state.as_of,
        None,
        None,
        1,
    )


def test_what_we_know_of_service_provider_access_is_kept(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.change(acme, observed={CONSENT: True})
    scene.lists(acme)
    scene.refresh()
    assert scene.now(acme).observed[CONSENT] is True
    assert scene.status(acme) == "running"


def test_one_that_is_not_listed_is_missing_since_then_and_comes_back(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(acme, globex)
    scene.refresh()
    scene.lists(globex)
    first = scene.refresh()
    since = scene.now(acme).drift
    scene.refresh()
    assert first.as_of is not None
    assert since == {"missing": {"since": first.as_of.isoformat()}}
    assert scene.now(acme).drift == since
    assert scene.status(acme) == "missing"
    assert (scene.drifts().missing, scene.drifts().changed) == (1, 0)
    scene.lists(acme, globex)
    scene.refresh()
    assert scene.now(acme).drift is None
    assert scene.status(acme) == "running"


def test_what_was_changed_behind_our_back_is_drift_and_stays_ours(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.lists(row_of(acme, displayName="Other", instanceHost="alpha-host2"))
    scene.refresh()
    found = scene.now(acme)
    assert found.drift == {
        "instanceHost": {"known": "alpha-host1", "found": "alpha-host2"},
        "displayName": {"known": "acme", "found": "Other"},
    }
    assert (found.display_name, found.instance_host) == ("acme", "alpha-host1")
    assert (scene.drifts().missing, scene.drifts().changed) == (0, 1)


def test_a_deleted_instance_that_was_started_again_is_drift(scene: Scene) -> None:
    acme = scene.owned("acme", InstanceStatus.DELETED)
    scene.lists(row_of(acme, status="stopped", startMode="disabled"))
    scene.refresh()
    assert scene.now(acme).drift is None
    scene.lists(acme)
    scene.refresh()
    assert scene.now(acme).drift == {
        "startMode": {"known": "disabled", "found": "automatic"},
        "status": {"known": "stopped", "found": "running"},
    }


@pytest.mark.parametrize("status", UNJUDGED)
def test_one_that_is_not_to_be_there_is_not_missing(scene: Scene, status: InstanceStatus) -> None:
    acme = scene.owned("acme", status)
    scene.refresh()
    assert scene.now(acme) == acme


def test_an_instance_that_was_renamed_says_where_it_is_and_stays_whose_it_was(
    scene: Scene,
) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(globex, row("acme-new"), row("alien"))
    scene.lister.directories = {
        "acme-new": acme.base_directory.upper(),
        "alien": "D:\\Elsewhere",
    }
    scene.refresh()
    found = scene.now(acme)
    assert (found.drift or {})["missing"]["renamedTo"] == "acme-new"
    assert (found.instance_id, found.reseller, found.status) == (
        "acme",
        acme.reseller,
        InstanceStatus.ACTIVE,
    )
    assert set(scene.strangers()) == {"acme-new", "alien"}
    scene.lister.asked.clear()
    scene.refresh()
    assert scene.lister.asked == [scene.deployment], "a directory is asked for once"
    assert (scene.now(acme).drift or {})["missing"]["renamedTo"] == "acme-new"


def test_a_likeness_of_names_proves_nothing(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(globex, row("acme2", displayName="acme"))
    scene.refresh()
    assert (scene.now(acme).drift or {})["missing"].keys() == {"since"}


def test_unknown_instances_are_asked_for_nothing_while_ours_are_all_there(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.lists(acme, row("alien"))
    scene.refresh()
    assert scene.lister.asked == [scene.deployment]


# newer knowledge


def test_a_row_that_was_written_while_the_deployment_was_asked_stays(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(acme, globex)
    newer = {"observed": {"status": "stopped"}, "observe_time": now(), "update_time": now()}
    scene.lister.meanwhile = lambda: scene.change(acme, **newer)
    scene.refresh()
    assert scene.status(acme) == "stopped"
    assert scene.status(globex) == "running"


def test_it_stays_even_if_the_clock_of_the_host_that_wrote_it_is_slow(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.lists(acme)
    slow = {"observed": {"status": "stopped"}, "observe_time": acme.create_time}
    scene.lister.meanwhile = lambda: scene.change(acme, **slow)
    scene.refresh()
    assert scene.status(acme) == "stopped"


def test_an_instance_that_an_operation_changes_is_left_alone(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(acme, globex)
    scene.refresh()
    scene.core.opened(acme, Invocation(STOP_INSTANCES))
    scene.lists(row_of(globex, status="stopped"))
    scene.refresh()
    assert scene.status(acme) == "running"
    assert scene.status(globex) == "stopped"


def test_one_whose_change_ended_while_the_deployment_was_asked_is_left_alone(
    scene: Scene,
) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    operation = scene.core.opened(acme, Invocation(STOP_INSTANCES))
    scene.lists(acme, globex)

    def end() -> None:
        operation.status = type(operation.status).SUCCEEDED
        scene.core.ledger.save(operation)

    scene.lister.meanwhile = end
    scene.refresh()
    assert scene.now(acme).observed == {}
    assert scene.status(globex) == "running"


def test_what_was_purged_while_the_deployment_was_asked_is_no_stranger(scene: Scene) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(acme, globex)
    purged = {"status": InstanceStatus.PURGED, "update_time": now()}
    scene.lister.meanwhile = lambda: scene.change(acme, **purged)
    scene.refresh()
    assert scene.strangers() == {}


def test_what_was_made_while_the_deployment_was_asked_is_no_stranger(scene: Scene) -> None:
    scene.lists(row("acme"))
    scene.lister.meanwhile = lambda: void(scene.owned("acme", InstanceStatus.PROVISIONING))
    scene.refresh()
    assert scene.strangers() == {}


def at_the_last_moment(monkeypatch: pytest.MonkeyPatch, act: Callable[[Connection], None]) -> None:
    """Let something be written after the list was judged, and before what follows is."""
    hold = deployments.hold

    def late(connection: Connection, deployment: str) -> Deployment | None:
        act(connection)
        return hold(connection, deployment)

    monkeypatch.setattr(deployments, "hold", late)


def test_a_row_that_is_written_after_the_list_was_judged_stays(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme, globex = scene.owned("acme"), scene.owned("globex")
    scene.lists(acme, globex)
    newer = {"observed": {"status": "stopped"}, "update_time": now()}
    at_the_last_moment(monkeypatch, lambda each: instances.change(each, acme.id, newer))
    scene.refresh()
    assert (scene.status(acme), scene.status(globex)) == ("stopped", "running")


def test_what_becomes_ours_after_the_list_was_judged_is_no_stranger(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = scene.core.new_instance("alien")
    scene.lists(row("alien"), row("other"))
    at_the_last_moment(monkeypatch, lambda each: add_instance(each, made))
    scene.refresh()
    assert set(scene.strangers()) == {"other"}


def void(_made: object) -> None:
    """Make something for its effect."""


# problems


def test_a_deployment_that_cannot_be_asked_has_a_problem_and_nothing_else_changes(
    scene: Scene,
) -> None:
    acme = scene.owned("acme")
    scene.lists(acme)
    before = scene.refresh()
    seen = scene.now(acme)
    scene.lister.problem = UpstreamTimeout("Too slow.")
    with pytest.raises(UpstreamTimeout):
        scene.refresh()
    state = scene.state()
    assert state is not None
    assert (state.as_of, state.number, state.problem) == (before.as_of, 1, UpstreamTimeout.code)
    assert state.try_time > before.try_time
    assert scene.now(acme) == seen
    scene.lister.problem = None
    assert scene.refresh().problem is None


def test_a_deployment_that_was_never_reached_has_no_age(scene: Scene) -> None:
    scene.lister.problem = UpstreamTimeout("Too slow.")
    with pytest.raises(UpstreamTimeout):
        scene.refresh()
    state = scene.state()
    assert state is not None
    assert (state.as_of, state.problem) == (None, UpstreamTimeout.code)


@pytest.mark.parametrize("rounds", [0, 3], ids=["new", "settled"])
def test_of_a_registration_that_was_removed_meanwhile_nothing_is_kept(
    scene: Scene, rounds: int
) -> None:
    for _ in range(rounds):
        scene.refresh()

    def remove() -> None:
        with scene.core.database.write() as connection:
            deployments.remove(connection, scene.deployment)

    scene.lister.meanwhile = remove
    with pytest.raises(DeploymentUnreachable):
        scene.refresh()
    assert scene.state() is None


# hosts


def test_the_hosts_are_mirrored_and_a_cordon_outlives_them(scene: Scene) -> None:
    with scene.core.database.write() as connection:
        hosts.cordon(connection, scene.deployment, "alpha-host2", cordoned=True)
    two = {"serverName": "alpha-host2", "port": 8472}
    scene.lister.hosts.append(two)
    scene.refresh()
    assert [(host.server_name, host.cordoned) for host in scene.hosts()] == [
        ("alpha-host1", False),
        ("alpha-host2", True),
    ]
    assert scene.hosts()[1].observed == two
    scene.lister.hosts = []
    scene.refresh()
    (kept,) = scene.hosts()
    assert (kept.server_name, kept.observed, kept.observe_time) == ("alpha-host2", {}, None)


# several at once


def test_who_asks_while_a_list_is_under_way_gets_a_newer_one(scene: Scene) -> None:
    acme = scene.owned("acme")
    scene.lists(acme)
    begun, go = Event(), Event()

    def hold() -> None:
        begun.set()
        assert go.wait(30)

    scene.lister.meanwhile = hold
    first, second = Thread(target=scene.refresh), Thread(target=scene.refresh)
    first.start()
    assert begun.wait(30)
    scene.lister.meanwhile = lambda: None
    scene.lists(row_of(acme, status="stopped"))
    second.start()
    go.set()
    first.join()
    second.join()
    assert scene.status(acme) == "stopped"
