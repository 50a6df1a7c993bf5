from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from gateway.broker.placement import Placement, Wish
from gateway.errors import DeploymentUnreachable, NoPlacement, ReplyInvalid
from gateway.model import Deployment, InstanceStatus, Reseller, now
from gateway.spe.command import Command
from gateway.storage import deployments, instances, resellers
from gateway.storage.tables import deployments as deployment_table
from gateway.storage.tables import instances as instance_table
from tests.core import Core

HOST = {"serverName": "host1", "baseDirectory": "D:\\Data"}
IDS = ("dep_1", "dep_2", "dep_3")
LABELS = st.dictionaries(st.sampled_from(["tier", "city"]), st.sampled_from(["a", "b"]))
STATES = st.sampled_from(InstanceStatus)


class Hosts:
    """A reader of deployments that all have the same hosts."""

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = list(rows)

    def rows(self, deployment: str, command: Command) -> list[dict[str, Any]]:
        """Return the hosts."""
        assert deployment
        assert command.name == "GetInstanceHosts"
        return self._rows


def deployment(opaque: str, **values: Any) -> Deployment:  # noqa: ANN401 - columns
    whole: dict[str, Any] = {
        "name": opaque,
        "host": "127.0.0.1",
        "port": int(opaque[-1]),
        "user_name": "admin",
        "pin": None,
        "labels": {},
        "capacity": None,
        "instance_base_directory": None,
        "instance_url": None,
        "cordoned": False,
        "version": None,
        "commands": {},
        "last_contact_time": None,
        "revision": 1,
        "create_time": now(),
        "update_time": now(),
    }
    return Deployment(opaque, **(whole | values))


@st.composite
def registries(draw: st.DrawFn) -> dict[str, tuple[Deployment, list[InstanceStatus]]]:
    """Draw deployments, each with the states of the instances on it."""
    found = {}
    for opaque in IDS:
        drawn = deployment(
            opaque,
            labels=draw(LABELS),
            capacity=draw(st.none() | st.integers(0, 3)),
            cordoned=draw(st.booleans()),
        )
        found[opaque] = (drawn, draw(st.lists(STATES, max_size=4)))
    return found


def plant(core: Core, registry: dict[str, tuple[Deployment, list[InstanceStatus]]]) -> None:
    with core.database.write() as connection:
        connection.execute(delete(instance_table))
        connection.execute(delete(deployment_table))
        for drawn, states in registry.values():
            deployments.add(connection, drawn, "sealed")
            for number, state in enumerate(states):
                made = core.new_instance(f"x{number}")
                values = vars(made) | {"deployment": drawn.id, "status": state}
                instances.add(connection, type(made)(**values))


def load(states: list[InstanceStatus]) -> int:
    return sum(state not in {InstanceStatus.PURGED, InstanceStatus.FAILED} for state in states)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    registries(),
    LABELS,
    st.none() | st.sampled_from(IDS),
    st.none() | st.sets(st.sampled_from(IDS)),
)
def test_the_place_is_open_fits_the_wish_and_is_the_emptiest(
    core: Core,
    registry: dict[str, tuple[Deployment, list[InstanceStatus]]],
    labels: dict[str, str],
    wished: str | None,
    allowed: set[str] | None,
) -> None:
    core.__dict__["deployment"] = "dep_1"
    plant(core, registry)
    open_to = None if allowed is None else sorted(allowed)
    with core.database.write() as connection:
        resellers.change(connection, core.root.id, {"deployments": open_to})
    fitting = {
        opaque: (load(states) / drawn.capacity if drawn.capacity else 0.0, load(states))
        for opaque, (drawn, states) in registry.items()
        if not drawn.cordoned
        and (drawn.capacity is None or load(states) < drawn.capacity)
        and (allowed is None or opaque in allowed)
        and wished in {None, opaque}
        and labels.items() <= drawn.labels.items()
    }
    placement = Placement(core.database, Hosts(HOST))  # type: ignore[arg-type] # reads hosts only
    wish = Wish(wished, labels)
    if fitting:
        chosen = placement.choose(core.root, wish).deployment.id
        assert fitting[chosen] == min(fitting.values())
    else:
        with pytest.raises(NoPlacement):
            placement.choose(core.root, wish)


def placed(core: Core, *hosts: dict[str, Any], owner: Reseller | None = None) -> Any:  # noqa: ANN401 - whatever placement returns
    placement = Placement(core.database, Hosts(*hosts))  # type: ignore[arg-type] # as above
    return placement.choose(owner or core.root, Wish())


def test_a_reseller_cannot_open_what_is_closed_to_the_one_above(core: Core) -> None:
    above = core.reseller("Above", deployments=("dep_other",))
    below = core.reseller("Below", above, deployments=None)
    beside = core.reseller("Beside", above, deployments=(core.deployment,))
    for owner in (above, below, beside):
        with pytest.raises(NoPlacement):
            placed(core, HOST, owner=owner)
    assert placed(core, HOST).deployment.id == core.deployment


def test_a_host_without_a_base_directory_takes_nothing(core: Core) -> None:
    bare = {"serverName": "bare", "baseDirectory": None}
    with pytest.raises(NoPlacement, match="instanceBaseDirectory"):
        placed(core, bare)
    assert placed(core, bare, HOST).host == "host1"
    with core.database.write() as connection:
        deployments.change(connection, core.deployment, {"instance_base_directory": "E:\\All"})
    assert placed(core, bare).base_directory == "E:\\All"


def test_the_emptier_host_is_taken_and_what_is_gone_takes_no_room(core: Core) -> None:
    hosts = [HOST, {"serverName": "host2", "baseDirectory": "D:\\Data"}]
    states = {"host1": InstanceStatus.PURGED, "host2": InstanceStatus.ACTIVE}
    with core.database.write() as connection:
        for number, (host, state) in enumerate(states.items()):
            made = core.new_instance(f"acme-{number}")
            values = vars(made) | {"instance_host": host, "status": state}
            instances.add(connection, type(made)(**values))
    assert placed(core, *hosts).host == "host1"


def test_a_host_without_a_name_is_none(core: Core) -> None:
    with pytest.raises(NoPlacement):
        placed(core, {"baseDirectory": "D:\\Data"})


def test_a_deployment_that_is_down_is_passed_over(core: Core) -> None:
    first, second = core.deployment, deployment("dep_2")
    with core.database.write() as connection:
        deployments.add(connection, second, "sealed")

    class Down(Hosts):
        def rows(self, deployment: str, command: Command) -> list[dict[str, Any]]:
            if deployment == first:
                raise DeploymentUnreachable(deployment=deployment)
            return super().rows(deployment, command)

    placement = Placement(core.database, Down(HOST))  # type: ignore[arg-type] # as above
    assert placement.choose(core.root, Wish()).deployment.id == "dep_2"
    with pytest.raises(DeploymentUnreachable):
        placement.choose(core.root, Wish(first))


def test_a_deployment_that_answers_no_list_is_not_believed(core: Core) -> None:
    class Spoilt(Hosts):
        def rows(self, deployment: str, command: Command) -> list[dict[str, Any]]:
            raise ReplyInvalid(f"{deployment} {command.name}")

    with pytest.raises(ReplyInvalid):
        Placement(core.database, Spoilt()).choose(core.root, Wish())  # type: ignore[arg-type] # as above
