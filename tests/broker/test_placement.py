"""Placement on the tables: what is counted, whom it asks, and what it does while others hang."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.broker.creation import NewInstance
from gateway.broker.placement.explanation import Choice, NoPlacement, PlacementUnreachable
from gateway.broker.placement.placement import Placement
from gateway.broker.placement.rules import Code
from gateway.broker.placement.survey import Survey
from gateway.broker.placement.wish import AntiAffinity, Scope, Wish
from gateway.errors import DeploymentUnreachable, InvalidInput, ReplyInvalid
from gateway.model import InstanceStatus, OperationStatus, Prefix, Reseller, new_id, now
from gateway.spe.command import Command
from gateway.storage import deployments, hosts, instances
from gateway.storage.tables import unowned
from gateway.tenancy.caller import Caller, Validated
from tests.broker.test_placement_rules import deployment
from tests.core import Core
from tests.simulated import JSON, Control

HOST = {"serverName": "host1", "baseDirectory": "D:\\Data"}
TWO = [HOST, {"serverName": "host2", "baseDirectory": "D:\\Data"}]
Rows = list[dict[str, Any]]


class Reader:
    """Answers for the deployments: rows, or what a call does instead."""

    def __init__(
        self, *rows: Mapping[str, Any], special: Mapping[str, Callable[[], Rows]] | None = None
    ) -> None:
        self._rows = [dict(row) for row in rows]
        self._special = special or {}
        self.asked: list[str] = []

    def rows(self, deployment: str, command: Command) -> Rows:
        """Return the hosts."""
        assert command.name == "GetInstanceHosts"
        self.asked.append(deployment)
        return self._special.get(deployment, lambda: self._rows)()


@contextmanager
def placement(
    core: Core, reader: Reader, patience: float = 30, most: float = 60
) -> Iterator[Placement]:
    """Make one that asks a reader."""
    survey = Survey(reader, patience, most)  # type: ignore[arg-type] # reads hosts only
    made = Placement(core.database, survey)
    yield made
    made.close()


def placed(
    core: Core, *rows: Mapping[str, Any], owner: Reseller | None = None, wish: Wish | None = None
) -> Choice:
    with placement(core, Reader(*rows)) as made:
        return made.choose(owner or core.root, wish or Wish())


def another(core: Core, opaque: str = "dep_2", **values: Any) -> str:  # noqa: ANN401 - columns
    """Register one more deployment, which nobody runs."""
    assert core.deployment != opaque  # it is looked up while it is alone
    made = deployment(opaque, port=9000 + int(opaque[-1]), **values)
    with core.database.write() as connection:
        deployments.add(connection, made, "sealed")
    return opaque


def plant(core: Core, name: str, owner: Reseller | None = None, **values: object) -> None:
    """Add the row of an instance, and nothing more."""
    made = core.new_instance(name, owner)
    with core.database.write() as connection:
        instances.add(connection, type(made)(**{**vars(made), **values}))


def change(core: Core, **values: object) -> None:
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, values)


def down() -> Rows:
    raise DeploymentUnreachable


def codes(choice: Choice) -> list[Code]:
    return [reason.code for verdict in choice.not_taken for reason in verdict.reasons]


def test_a_reseller_cannot_open_what_is_closed_to_the_one_above(core: Core) -> None:
    above = core.reseller("Above", deployments=("dep_other",))
    below = core.reseller("Below", above, deployments=None)
    beside = core.reseller("Beside", above, deployments=(core.deployment,))
    for owner in (above, below, beside):
        with pytest.raises(NoPlacement):
            placed(core, HOST, owner=owner)
    assert placed(core, HOST).spot.deployment.id == core.deployment


def test_the_base_directory_is_the_hosts_else_the_deployments(core: Core) -> None:
    bare = {"serverName": "bare", "baseDirectory": None}
    with pytest.raises(NoPlacement) as refusal:
        placed(core, bare)
    [verdict] = refusal.value.verdicts
    assert "instanceBaseDirectory" in verdict.reasons[0].detail
    assert placed(core, bare, HOST).spot.host == "host1"
    change(core, instance_base_directory="E:\\All")
    assert placed(core, bare).spot.base_directory == "E:\\All"


def test_the_emptier_host_is_taken_and_what_is_gone_takes_no_room(core: Core) -> None:
    plant(core, "gone", instance_host="host1", status=InstanceStatus.PURGED)
    plant(core, "here", instance_host="HOST2", status=InstanceStatus.ACTIVE)
    choice = placed(core, *TWO)
    assert choice.spot.host == "host1"
    assert [each.name for each in choice.hosts_not_taken] == ["host2"]


def test_hosts_without_a_name_are_none(core: Core) -> None:
    with pytest.raises(NoPlacement):
        placed(core, {"baseDirectory": "D:\\Data"}, {"serverName": 7}, {"serverName": ""})


def test_what_nobody_owns_takes_room_and_runs(core: Core) -> None:
    row = {"id": new_id(Prefix.INSTANCE), "deployment": core.deployment, "instance_id": "found"}
    seen = {"observed": {"status": "running"}, "observe_time": now(), "create_time": now()}
    with core.database.write() as connection:
        connection.execute(insert(unowned).values(**row, **seen))
    plant(core, "ours", observed={"status": "running"})
    plant(core, "stopped", observed={"status": "stopped"})
    found = placed(core, HOST).candidate
    assert (found.instances, found.running) == (3, 2)
    change(core, capacity=3)
    with pytest.raises(NoPlacement) as refusal:
        placed(core, HOST)
    assert [each.reasons[0].code for each in refusal.value.verdicts] == [Code.FULL]


def test_a_cordoned_host_is_left_alone_whatever_the_case_of_its_name(core: Core) -> None:
    with core.database.write() as connection:
        hosts.cordon(connection, core.deployment, "HOST1", True)  # noqa: FBT003 - a column's value
    assert placed(core, *TWO).spot.host == "host2"
    with pytest.raises(NoPlacement):
        placed(core, HOST)


# beside whom


def labelled(core: Core, owner: Reseller, name: str, value: str, host: str = "host1") -> None:
    plant(core, name, owner, labels={"customer": value}, instance_host=host)


def test_only_the_same_value_of_the_same_reseller_is_kept_apart(core: Core) -> None:
    mine, other = core.reseller("Mine"), core.reseller("Other")
    wish = Wish(anti_affinity=AntiAffinity("customer", "acme"))
    labelled(core, mine, "one", "umbrella")
    labelled(core, other, "two", "acme")
    assert placed(core, HOST, owner=mine, wish=wish).spot.host == "host1"
    labelled(core, mine, "three", "acme")
    with pytest.raises(NoPlacement):
        placed(core, HOST, owner=mine, wish=wish)
    another(core)
    assert placed(core, HOST, owner=mine, wish=wish).spot.deployment.id == "dep_2"


def test_hosts_are_kept_apart_on_one_deployment(core: Core) -> None:
    wish = Wish(anti_affinity=AntiAffinity("customer", "acme", Scope.HOST))
    labelled(core, core.root, "one", "acme")
    labelled(core, core.root, "two", "umbrella", "host2")
    labelled(core, core.root, "three", "umbrella", "host2")
    assert placed(core, *TWO, wish=wish).spot.host == "host2"


def test_the_instance_must_carry_the_label_that_keeps_it_apart(core: Core) -> None:
    new = NewInstance("acme", "Acme", wish=Wish(anti_affinity=AntiAffinity("customer", None)))
    with pytest.raises(InvalidInput) as refusal:
        core.instances.create(core.caller("createInstance"), new)
    [fault] = refusal.value.faults
    assert (fault.pointer, fault.code) == ("/placement/antiAffinity/label", "LABEL_NEEDED")


# who does not answer


def test_a_deployment_that_is_down_is_passed_over_and_named(core: Core) -> None:
    another(core)
    reader = Reader(HOST, special={core.deployment: down})
    with placement(core, reader) as made:
        choice = made.choose(core.root, Wish())
        assert choice.spot.deployment.id == "dep_2"
        assert codes(choice) == [Code.UNREACHABLE]
        with pytest.raises(DeploymentUnreachable):
            made.choose(core.root, Wish(core.deployment))


def test_when_all_are_down_the_call_may_be_repeated(core: Core) -> None:
    another(core)
    reader = Reader(special={core.deployment: down, "dep_2": down})
    with placement(core, reader) as made, pytest.raises(PlacementUnreachable) as refusal:
        made.choose(core.root, Wish())
    assert refusal.value.retryable
    assert len(refusal.value.verdicts) == 2


def test_a_deployment_that_answers_no_list_is_not_believed(core: Core) -> None:
    def spoilt() -> Rows:
        raise ReplyInvalid

    reader = Reader(special={core.deployment: spoilt})
    with placement(core, reader) as made, pytest.raises(ReplyInvalid):
        made.choose(core.root, Wish())


def test_one_that_hangs_is_passed_over_and_asked_once_whoever_waits(core: Core) -> None:
    another(core)
    release = Event()

    def hanging() -> Rows:
        assert release.wait(60)
        return [HOST]

    reader = Reader(HOST, special={core.deployment: hanging})
    with placement(core, reader, patience=0.05) as made:
        for _ in range(3):
            choice = made.choose(core.root, Wish())
            assert choice.spot.deployment.id == "dep_2"
            assert codes(choice) == [Code.NO_ANSWER]
        assert reader.asked.count(core.deployment) == 1
        release.set()
        assert made.choose(core.root, Wish(core.deployment)).spot.host == "host1"


def test_who_hangs_alone_is_not_waited_for_without_end(core: Core) -> None:
    release = Event()

    def hanging() -> Rows:
        assert release.wait(60)
        return []

    with placement(core, Reader(special={core.deployment: hanging}), most=0.05) as made:
        with pytest.raises(PlacementUnreachable):
            made.choose(core.root, Wish())
        release.set()


def test_who_answers_late_is_still_taken_before_nobody(core: Core) -> None:
    """The better one hangs, the other cannot: the answer that comes in the end counts."""
    another(core)
    asked = Event()

    def late() -> Rows:
        assert asked.wait(60)
        return [HOST]

    def useless() -> Rows:
        asked.set()
        return []

    reader = Reader(special={core.deployment: late, "dep_2": useless})
    with placement(core, reader, patience=0.05) as made:
        assert made.choose(core.root, Wish()).spot.deployment.id == core.deployment


# in the whole


def rehearsed(core: Core, new: NewInstance) -> Mapping[str, Any]:
    caller: Caller = core.caller("createInstance")
    caller.validate_only = True
    with pytest.raises(Validated) as end:
        core.instances.create(caller, new)
    assert end.value.found is not None
    return end.value.found


def test_a_rehearsal_explains_and_takes_nothing(core: Core, control: Control) -> None:
    found: JSON = dict(rehearsed(core, NewInstance("acme", "Acme")))
    assert (found["deployment"], found["instanceHost"]) == (core.deployment, "alpha-host1")
    assert [each["instanceHost"] for each in found["hostsNotTaken"]] == ["alpha-host2"]
    assert control.commands() == ["GetInstanceHosts"]
    assert core.rows() == 0


def test_a_deployment_whose_version_lacks_a_command_is_passed_over(
    core: Core, control: Control
) -> None:
    another(core, commands={"GetInstances": []})
    plant(core, "here")
    choice = core.instances.create(core.caller("createInstance"), NewInstance("acme", "Acme"))
    assert choice.status is OperationStatus.SUCCEEDED
    found = rehearsed(core, NewInstance("umbrella", "Umbrella"))
    [other] = found["notTaken"]
    assert other["reasons"][0]["code"] == "COMMANDS_MISSING"
    assert "acme" in control.state()["instances"]
