"""What counts against which limit: held against a recount in plain Python, on each engine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from gateway.broker import admission
from gateway.broker.admission import QuotaExceeded
from gateway.broker.endings import ENDINGS
from gateway.broker.ledger import Ledger
from gateway.model import Instance, Operation, OperationStatus, Resource, Step, StepStatus
from gateway.storage import instances, quotas, resellers
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.tree import Tree, plant, planted_instance, planted_operation, trees

CREATION = "createInstance"
MAKES = {"CreateUser": "users", "CreateStore": "stores", "AttachStore": "stores"}
REMOVES = {"DeleteUser": "users", "DetachStore": "stores"}
LIMITS = st.dictionaries(st.sampled_from(list(Resource)), st.none() | st.integers(0, 4), max_size=3)
QUICK = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Archive:
    """An instance as the model has it."""

    owner: int
    counts: bool = True
    holds: Counter[str] = field(default_factory=Counter)
    busy: bool = False


@dataclass
class Model:
    """The whole tree, counted anew for every question."""

    tree: Tree
    archives: dict[str, Archive] = field(default_factory=dict)
    running: dict[str, int] = field(default_factory=dict)
    limits: dict[int, dict[str, int | None]] = field(default_factory=dict)

    def line(self, number: int) -> Iterator[int]:
        """Yield a reseller and those above it, the root last."""
        yield number
        if number:
            yield from self.line(self.tree.parents[number])

    def bounds(self, owner: int, resource: str) -> Iterator[tuple[int, int]]:
        """Yield who limits an owner, and how much: up to where the limits above are lifted."""
        for number in self.line(owner):
            limit = self.limits.get(number, {}).get(resource, -1)
            if limit is None:
                return
            if limit >= 0:
                yield number, limit

    def is_counted(self, owner: int, top: int, resource: str) -> bool:
        """Whether what an owner has counts at a reseller above it."""
        for number in self.line(owner):
            if number == top:
                return True
            if self.limits.get(number, {}).get(resource, 0) is None:
                return False
        return False

    def used(self, top: int, resource: str) -> int:
        """Count one thing after the other."""
        if resource == "concurrentOperations":
            return sum(self.is_counted(owner, top, resource) for owner in self.running.values())
        return sum(
            1 if resource == "instances" else archive.holds[resource]
            for archive in self.archives.values()
            if archive.counts and self.is_counted(archive.owner, top, resource)
        )

    def allows(
        self, owner: int, needs: Counter[str], besides: frozenset[int] = frozenset()
    ) -> bool:
        """Whether every limit has room."""
        return all(
            self.used(number, resource) + need <= limit
            for resource, need in needs.items()
            if need
            for number, limit in self.bounds(owner, resource)
            if number not in besides
        )

    def transferable(self, archive: Archive, owner: int) -> bool:
        """Whether the limits that do not count it already have room for all that it holds."""
        needs = Counter({"instances": 1}) + archive.holds
        return all(
            self.allows(
                owner,
                Counter({resource: need}),
                frozenset(number for number, _ in self.bounds(archive.owner, resource)),
            )
            for resource, need in needs.items()
        )


@dataclass
class Run:
    """The gateway and the model, taken through the same steps."""

    database: Database
    ledger: Ledger
    vault: Vault
    model: Model
    opened: dict[str, Operation] = field(default_factory=dict)
    numbers: int = 0

    def name(self) -> str:
        """Return a name that nothing has."""
        self.numbers += 1
        return f"new{self.numbers}"

    def owner(self, number: int) -> str:
        """Return the id of a reseller."""
        return f"res_{self.model.tree.names[number]}"

    # what happens

    def create(self, owner: int, commands: Sequence[str]) -> None:
        """Make an instance with something inside."""
        made = self.fresh(owner)
        operation = self.operation(owner, made.id, ["CreateInstance", *commands], CREATION)
        needs = Counter({"instances": 1, "concurrentOperations": 1})
        needs.update(MAKES[command] for command in commands)
        allowed = self.model.allows(owner, needs)
        assert self.open(operation, partial(_add, made)) == allowed
        if allowed:
            holds = Counter(MAKES[command] for command in commands)
            self.model.archives[made.id] = Archive(owner, holds=holds, busy=True)
            self.model.running[operation.id] = owner

    def work(self, instance: str, command: str) -> None:
        """Make or remove something inside an instance."""
        archive = self.model.archives[instance]
        operation = self.operation(archive.owner, instance, [command], "work")
        needs = Counter({"concurrentOperations": 1})
        needs.update([MAKES[command]] if command in MAKES else [])
        allowed = self.model.allows(archive.owner, needs)
        assert self.open(operation) == allowed
        if allowed:
            archive.holds.update([MAKES[command]] if command in MAKES else [])
            archive.busy = True
            self.model.running[operation.id] = archive.owner

    def end(self, opened: str, done: int, status: OperationStatus) -> None:
        """End an operation after some of its steps."""
        operation = self.opened.pop(opened)
        archive = self.model.archives[str(operation.instance)]
        done = len(operation.steps) if status is OperationStatus.SUCCEEDED else done
        for step in operation.steps[:done]:
            step.status = StepStatus.SUCCEEDED
        operation.status = status
        for step in operation.steps[done : done + 1]:
            step.status = StepStatus(status)
        kept = done + (status is OperationStatus.UNKNOWN)
        archive.holds.subtract(
            MAKES[step.command] for step in operation.steps[kept:] if step.command in MAKES
        )
        gone = [REMOVES[s.command] for s in operation.steps[:done] if s.command in REMOVES]
        archive.holds.subtract(each for each in gone if archive.holds[each])
        if operation.kind == CREATION and not kept:
            archive.counts = False
        archive.busy = archive.counts and operation.kind == CREATION and kept and not done
        del self.model.running[opened]
        self.ledger.save(operation)

    def limit(self, owner: int, limits: dict[Resource, int | None]) -> None:
        """Set the limits of a reseller."""
        with self.database.write() as connection:
            resellers.hold(connection, self.owner(owner))
            quotas.replace(connection, self.owner(owner), limits)
        self.model.limits[owner] = {str(each): limit for each, limit in limits.items()}

    def transfer(self, instance: str, owner: int) -> None:
        """Give an instance to another reseller."""
        archive = self.model.archives[instance]
        allowed = self.model.transferable(archive, owner)
        moved = False
        with suppress(QuotaExceeded), self.database.write() as connection:
            found = instances.tracked(connection, instance)
            taker = resellers.lineage(connection, self.owner(owner))[-1]
            assert found is not None
            admission.admit_transfer(connection, found, taker)
            instances.change(connection, instance, {"reseller": taker.id})
            moved = True
        assert moved == allowed
        archive.owner = owner if moved else archive.owner

    # how

    def fresh(self, owner: int) -> Instance:
        """Make an instance without a row."""
        with self.database.read() as connection:
            found = resellers.lineage(connection, self.owner(owner))[-1]
        return replace(planted_instance(self.name(), found), status="provisioning")

    def operation(self, owner: int, instance: str, commands: Sequence[str], kind: str) -> Operation:
        """Make an operation without a row."""
        with self.database.read() as connection:
            found = resellers.lineage(connection, self.owner(owner))[-1]
        made = planted_operation(self.name(), found)
        made.instance, made.kind = instance, kind
        made.steps = [Step(command, {}) for command in commands]
        return made

    def open(self, operation: Operation, *preparations: object) -> bool:
        """Commit an intent as the broker does; False when a limit refuses it."""
        try:
            self.ledger.open(
                operation,
                partial(admission.admit, operation),
                *preparations,  # type: ignore[arg-type] # functions of a connection
                partial(admission.book, operation),
            )
        except QuotaExceeded:
            return False
        self.opened[operation.id] = operation
        return True

    def check(self) -> None:
        """Every figure is that of the recount."""
        with self.database.read() as connection:
            for number in range(len(self.model.tree.names)):
                for resource in Resource:
                    path = self.model.tree.path(number)
                    found = quotas.used(connection, path, resource)
                    assert found == self.model.used(number, resource), (number, resource)


def _add(instance: Instance, connection: Connection) -> None:
    instances.add(connection, instance)


def begun(database: Database, vault: Vault, tree: Tree) -> Run:
    """Plant a tree: each reseller has an instance, and an operation that runs for ever."""
    with database.write() as connection:
        plant(connection, tree, vault)
    model = Model(tree)
    for number, name in enumerate(tree.names):
        model.archives[f"ins_{name}"] = Archive(number)
        model.running[f"op_{name}"] = number
    return Run(database, Ledger(database, vault, ENDINGS), vault, model)


def act(run: Run, data: st.DataObject) -> None:
    """Do one thing, drawn."""
    owners = st.integers(0, len(run.model.tree.names) - 1)
    idle = sorted(key for key, each in run.model.archives.items() if each.counts and not each.busy)
    kinds = ["create", "limit", *(["work", "transfer"] if idle else [])]
    kinds += ["end"] * 4 if run.opened else []
    kind = data.draw(st.sampled_from(kinds))
    if kind == "create":
        inside = data.draw(st.lists(st.sampled_from(sorted(MAKES)), max_size=3))
        run.create(data.draw(owners), inside)
    if kind == "limit" and len(run.model.tree.names) > 1:
        run.limit(data.draw(owners.filter(bool)), data.draw(LIMITS))
    if kind == "work":
        run.work(data.draw(st.sampled_from(idle)), data.draw(st.sampled_from([*MAKES, *REMOVES])))
    if kind == "transfer":
        run.transfer(data.draw(st.sampled_from(idle)), data.draw(owners))
    if kind == "end":
        opened = data.draw(st.sampled_from(sorted(run.opened)))
        steps = len(run.opened[opened].steps)
        final = st.sampled_from(["succeeded", "failed", "cancelled", "unknown"])
        run.end(opened, data.draw(st.integers(0, steps - 1)), OperationStatus(data.draw(final)))


@QUICK
@given(st.data())
def test_who_is_admitted_and_what_is_used_are_those_of_a_recount(
    database: Database, vault: Vault, data: st.DataObject
) -> None:
    run = begun(database, vault, data.draw(trees()))
    for _ in range(data.draw(st.integers(6, 20))):
        act(run, data)
    run.check()
