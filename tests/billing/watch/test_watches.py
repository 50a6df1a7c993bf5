"""The looks into instances, from the turn to what is written."""

import base64
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Connection

from gateway.billing.watch import timetable
from gateway.billing.watch.watches import UNDER_WAY, Watches
from gateway.model import Measure, Resource, now
from gateway.storage import deployments, quotas, readings, watches
from tests.billing.watch.lookout import COMMANDS, DAY, SECONDS, Lookout
from tests.core import Core
from tests.simulated import Control

HOURS = timedelta(hours=1)
MADE_INSIDE = (Resource.USERS, Resource.STORES)


def envelope(result: object) -> str:
    """Return an answer of SPE's with a result, for a fault."""
    whole = dict.fromkeys(["error", "token", "percentProgress", "statusText", "logOutput"])
    said = {**whole, "statusVersion": 2, "statusCode": "succeeded", "result": result}
    return base64.b64encode(json.dumps(said).encode()).decode()


# who is due


def test_a_new_instance_gets_a_time_within_the_period(lookout: Lookout) -> None:
    lookout.planted()
    lookout.watches.run()
    lookout.watches.enrol()

    assert now() < lookout.next_time < now() + DAY + 2 * HOURS
    assert lookout.control.commands() == []


def test_an_instance_keeps_its_time(lookout: Lookout, other: Core) -> None:
    lookout.planted()
    lookout.watches.enrol()
    first = lookout.row
    Lookout(other, lookout.control).watches.enrol()

    assert lookout.row == first


def test_many_instances_are_enrolled(core: Core, lookout: Lookout) -> None:
    for number in range(3):
        core.planted(lookout.control, f"inst-{number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.billing.watch.watches.BATCH", 2)
        lookout.watches.enrol()

    with core.database.read() as connection:
        assert watches.lacking(connection, "", 10) == []


def test_who_is_new_is_looked_for_from_the_last_one_on(core: Core, lookout: Lookout) -> None:
    made = sorted(core.planted(lookout.control, f"inst-{number}").id for number in range(3))
    asked = []

    def lacking(connection: Connection, after: str, limit: int) -> Sequence[tuple[str, str]]:
        asked.append(after)
        return found(connection, after, limit)

    found = watches.lacking
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.billing.watch.watches.BATCH", 2)
        patch.setattr(watches, "lacking", lacking)
        lookout.watches.enrol()

    assert asked == ["", made[1], made[2]]


def test_an_instance_that_is_gone_is_watched_no_longer(lookout: Lookout) -> None:
    gone = lookout.planted()
    lookout.watches.enrol()
    lookout.end(gone)
    lookout.look()
    lookout.watches.enrol()

    with lookout.core.database.read() as connection:
        assert watches.waiting(connection) == []
    assert (lookout.readings(), lookout.control.commands()) == ([], [])


def test_zero_seconds_mean_that_nobody_looks(lookout: Lookout, core: Core) -> None:
    never = Watches(core.database, lambda *_: None, lookout.upstream, 0)

    assert never.chores == ()
    assert len(lookout.watches.chores) == 2


def test_only_a_few_of_a_deployment_are_under_way(core: Core, control: Control) -> None:
    waiting = []

    def later(deployment: str, task: Callable[[], None]) -> None:
        assert deployment == core.deployment
        waiting.append(task)

    lookout = Lookout(core, control)
    held = Watches(core.database, later, lookout.upstream, SECONDS)
    for number in range(UNDER_WAY + 2):
        core.planted(control, f"inst-{number}")
    held.enrol()
    with time_machine.travel(now() + DAY * 1.1, tick=True):
        held.run()
        held.run()
        assert len(waiting) == UNDER_WAY
        waiting[0]()
        held.run()
        assert len(waiting) == UNDER_WAY + 1


# what is written


def test_a_look_writes_readings_and_figures(lookout: Lookout) -> None:
    instance = lookout.planted()
    lookout.look()

    read = lookout.readings()
    assert [reading.command for reading in read] == COMMANDS
    assert {reading.instance for reading in read} == {instance.id}
    assert lookout.problems() == dict.fromkeys(COMMANDS)
    values = {measure: lookout.figure(instance, measure) for measure in Measure}
    assert {name: found and found.value for name, found in values.items()} == {
        Measure.LICENCES: None,
        Measure.USERS: 2,
        Measure.MESSAGES: 10,
        Measure.BYTES: 768_000,
    }
    assert {found.reseller for found in values.values() if found} == {instance.reseller}
    with lookout.core.database.read() as connection:
        said = readings.answer_of(connection, read[1].raw or "")
    assert {"$archiveadmin", "jane", "john"} == {user["userName"] for user in said}
    assert lookout.events() == []


def test_a_look_corrects_what_counts_against_quotas(lookout: Lookout, core: Core) -> None:
    """What was made past the gateway, and is not listed by anybody else."""
    instance = lookout.planted()
    lookout.look()

    with core.database.read() as connection:
        held = [quotas.used(connection, instance.reseller_path, each) for each in MADE_INSIDE]
    assert held == [2, 1]


def test_the_next_look_is_a_day_later(lookout: Lookout) -> None:
    lookout.planted()
    lookout.watches.enrol()
    first = lookout.next_time
    lookout.look()

    assert abs(lookout.next_time - first - DAY) < timedelta(seconds=1)


def test_equal_answers_are_kept_once(lookout: Lookout) -> None:
    lookout.planted()
    lookout.look()
    lookout.look()

    assert len(lookout.readings()) == 6
    assert len({reading.raw for reading in lookout.readings()}) == 3


def test_a_drained_deployment_is_looked_into(lookout: Lookout, core: Core) -> None:
    lookout.planted()
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, {"drained": True})
    lookout.look()

    assert lookout.problems() == dict.fromkeys(COMMANDS)


# what goes wrong


def test_an_instance_that_is_known_to_stand_is_not_asked(lookout: Lookout) -> None:
    instance = lookout.planted(status="stopped")
    lookout.watches.enrol()
    due = lookout.next_time
    lookout.change(instance, observed={"status": "stopped"}, observe_time=due)
    lookout.look()

    assert lookout.control.commands() == []
    assert lookout.problems() == dict.fromkeys(COMMANDS, "INSTANCE_NOT_RUNNING")


def test_what_was_seen_long_ago_is_not_believed(lookout: Lookout) -> None:
    instance = lookout.planted()
    lookout.watches.enrol()
    before = lookout.next_time - 2 * HOURS
    lookout.change(instance, observed={"status": "stopped"}, observe_time=before)
    lookout.look()

    assert lookout.problems() == dict.fromkeys(COMMANDS)


def test_an_instance_that_is_found_to_stand_is_asked_once(lookout: Lookout) -> None:
    lookout.planted(status="stopped")
    lookout.look()

    assert lookout.problems() == dict.fromkeys(COMMANDS, "INSTANCE_NOT_RUNNING")
    assert lookout.control.commands() == ["GetInstanceStatistics", "GetInstances"]


def test_without_service_provider_access_only_users_are_missing(lookout: Lookout) -> None:
    instance = lookout.planted(archiveAdminEnabled=False)
    lookout.watches.enrol()
    first = lookout.next_time
    lookout.look()

    wrong = {"GetUsers": "SERVICE_PROVIDER_ACCESS_OFF"}
    assert lookout.problems() == dict.fromkeys(COMMANDS) | wrong
    assert lookout.figure(instance, Measure.USERS) is None
    assert lookout.figure(instance, Measure.MESSAGES) is not None
    assert lookout.next_time > first + DAY / 2


def test_an_instance_that_the_deployment_has_lost_is_named_so(lookout: Lookout) -> None:
    lookout.planted()
    lookout.control.reset()
    lookout.look()

    assert lookout.problems() == dict.fromkeys(COMMANDS, "INSTANCE_MISSING")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "result",
    [
        None,
        "all is well",
        {"numberOfMessages": -5},
        {"numberOfMessages": 10**30},
        [{"userName": 7}],
        [{"id": 1, "requestedState": "normal", "searchIndexesNeedRebuild": "maybe"}],
        [[[]]],
    ],
    ids=lambda result: json.dumps(result)[:20],
)
def test_a_hostile_answer_changes_nothing_but_its_own_reading(
    lookout: Lookout, command: str, result: object
) -> None:
    instance = lookout.planted()
    lookout.look()
    state = dict(lookout.row.state)
    before = {measure: lookout.figure(instance, measure) for measure in Measure}
    lookout.control.fault("garbage", command, body=envelope(result))
    lookout.look()

    wrong = {command: "UPSTREAM_REPLY_INVALID"}
    assert lookout.problems() == dict.fromkeys(COMMANDS) | wrong
    assert {measure: lookout.figure(instance, measure) for measure in Measure} == before
    assert lookout.events() == []
    assert lookout.row.state["tries"] == 1
    assert lookout.row.state.keys() == state.keys() | {"tries"}


@pytest.mark.parametrize(
    "result",
    ["no", [{"id": "x"}], [{"id": 1, "result": 5, "completeTime": "now"}], [{"id": 1}]],
    ids=lambda result: json.dumps(result)[:20],
)
def test_hostile_worker_results_spoil_nothing_else(lookout: Lookout, result: object) -> None:
    lookout.planted()
    lookout.control.fault("garbage", "GetWorkerResults", body=envelope(result))
    lookout.look()

    assert lookout.problems() == dict.fromkeys(COMMANDS)
    assert "runEnd" not in lookout.row.state


def test_a_deployment_that_is_down_is_tried_again_later_and_later(lookout: Lookout) -> None:
    lookout.planted()
    lookout.watches.enrol()
    lookout.control.enter("down")
    try:
        pauses = []
        for _ in range(timetable.RETRIES + 1):
            before = lookout.next_time
            lookout.look()
            pauses.append(lookout.next_time - before)
    finally:
        lookout.control.enter("up")

    assert lookout.problems() == dict.fromkeys(COMMANDS, "DEPLOYMENT_UNREACHABLE")
    assert pauses[0] < HOURS / 2
    assert pauses[:-1] == sorted(pauses[:-1])
    assert sum(pauses, timedelta()) <= DAY + HOURS
    lookout.look()
    assert lookout.problems() == dict.fromkeys(COMMANDS)
    assert "tries" not in lookout.row.state or lookout.row.state["tries"] == 0


def test_nothing_is_sent_to_a_deployment_in_quarantine(lookout: Lookout, core: Core) -> None:
    lookout.planted()
    with core.database.write() as connection:
        found = {"sha1": "AB", "sha256": "CD"}
        deployments.change(connection, core.deployment, {"quarantine": found})
    lookout.look()

    assert lookout.problems() == dict.fromkeys(COMMANDS, "DEPLOYMENT_QUARANTINED")
    assert lookout.control.commands() == []
