"""What a fault strikes, what stands beside it, and what must hold when the fault is over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from gateway.broker.engine.plan import Invocation, Place, operation_for
from gateway.model import Instance, Operation, OperationStatus, Resource, derived_directory
from gateway.simulator.server import Simulator
from gateway.spe.commands.stores import RENAME_STORE
from gateway.storage import quotas
from tests.core import BASE, Core, add_instance, registration, sent
from tests.faults.cases import CASES, Case
from tests.simulated import Control

ONE_OF_EACH = (
    "CreateInstance",
    "CreateStore",
    "DeleteInstances",
    "SetArchiveAdminEnabled",
    "CreateUser",
    "StopInstances",
    "VerifyStore",
)
"""For each effect a command at least: our name, their number, destroy, write, run."""

EFFECTS = [case for case in CASES if case.command.name in ONE_OF_EACH]


@dataclass(frozen=True)
class Bystander:
    """Another deployment of the same gateway, which no fault strikes.

    Attributes:
        core: the gateway.
        control: of the other deployment.
        instance: lies there.
    """

    core: Core
    control: Control
    instance: Instance

    def assert_served(self, name: str) -> None:
        """Change something there, which must succeed at once."""
        place = Place(
            self.instance.deployment, self.core.root.id, self.core.root.path, self.instance
        )
        wish = Invocation(RENAME_STORE, {"id": 1, "name": name})
        operation = operation_for(self.core.caller(), place, [wish])
        self.core.ledger.open(operation)

        assert self.core.drive(operation).status is OperationStatus.SUCCEEDED
        assert [entry["command"] for entry in self.control.journal()] == ["RenameStore"]
        self.control.forget_journal()


@pytest.fixture(scope="session")
def beta() -> Iterator[Simulator]:
    """Another deployment for all tests."""
    with Simulator("beta") as running:
        yield running


@pytest.fixture
def bystander(core: Core, beta: Simulator) -> Bystander:
    """The other deployment, with one instance."""
    control = Control(beta.control_url)
    control.reset()
    assert core.deployment  # is looked up while there is one
    second = core.deployments.register(core.caller(), registration(beta, name="beta"))
    made = core.new_instance("beside")
    directory = derived_directory(BASE, made.id)
    placed = {"deployment": second.id, "instance_host": "beta-host1", "base_directory": directory}
    instance = replace(made, **placed)
    with core.database.write() as connection:
        add_instance(connection, instance)
    seed = {
        "instanceID": "beside",
        "instanceHost": "beta-host1",
        "baseDirectory": directory,
        "archiveAdminEnabled": True,
        "stores": [{"name": "Mail"}],
    }
    control.seed(instances=[seed])
    control.forget_journal()
    return Bystander(core, control, instance)


def assert_settled(core: Core, control: Control, case: Case, instance: Instance) -> None:
    """Assert that what can be found out was: exactly one effect, and evidence of it."""
    ended = _only(core, instance)
    assert_one_effect(control, case, instance, ended)
    assert_ended_well(core, ended)


def assert_one_effect(control: Control, case: Case, instance: Instance, ended: Operation) -> None:
    """Assert that a command took effect once and is known to have, or was not sent again."""
    tries = sent(control, case.command.name)
    if case.settles:
        assert ended.status is OperationStatus.SUCCEEDED, ended.problem
        assert case.done(control.state(), instance)
        assert sum(entry["changed"] for entry in tries) == 1
    else:
        assert ended.status is OperationStatus.UNKNOWN
        assert len(tries) == 1
    assert len(tries) <= 2


def assert_undone(core: Core, control: Control, case: Case, instance: Instance) -> None:
    """Assert that a command has failed without any effect."""
    ended = _only(core, instance)
    assert ended.status is OperationStatus.FAILED
    assert not any(entry["changed"] for entry in sent(control, case.command.name))
    assert_ended_well(core, ended)


def _only(core: Core, instance: Instance) -> Operation:
    [ended] = [each for each in core.operations() if each.instance == instance.id]
    return ended


def assert_ended_well(core: Core, ended: Operation) -> None:
    """Assert what holds after every end: in time, audited once, nothing kept that was held."""
    assert ended.status.is_final
    assert ended.end_time is not None
    assert ended.end_time <= ended.deadline
    assert core.phases(ended.id) == ["intent", "outcome"]
    assert core.audit(ended.id)[-1]["status"] == ended.status
    assert ended.lock is None
    assert all(step.arguments == {} and step.before is None for step in ended.steps)
    if ended.status is OperationStatus.SUCCEEDED:
        assert {step.evidence for step in ended.steps} <= {"answer", "read"}
    with core.database.read() as connection:
        under_way = quotas.used(connection, core.root.path, Resource.CONCURRENT_OPERATIONS)
    assert under_way == 0


def instances_counted(core: Core) -> int:
    """Return how many instances count to the quotas of everybody together."""
    with core.database.read() as connection:
        return quotas.used(connection, core.root.path, Resource.INSTANCES)


def polled(core: Core, operation: str) -> Operation:
    """Make the next poll of an operation now."""
    claimed = core.claim(operation)
    assert claimed is not None
    return core.drive(claimed)
