"""One of several processes that fill the quotas of one tree in PostgreSQL.

``python -m tests.broker.racer URL KEY WORK`` says ``ready``, waits for a line, does its work with
many threads, and prints how each attempt ended, as JSON.
"""

import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from gateway.broker import admission, ownership
from gateway.broker.admission import QuotaExceeded
from gateway.broker.endings import ENDINGS
from gateway.broker.ledger import Ledger
from gateway.errors import Conflict, GatewayError
from gateway.model import (
    Instance,
    InstanceStatus,
    Operation,
    OperationStatus,
    Prefix,
    Reach,
    Reseller,
    Step,
    StepStatus,
    new_id,
)
from gateway.storage import instances, quotas, resellers
from gateway.storage.database import Database
from gateway.storage.vault import Vault
from tests.storage.tree import planted_instance, planted_operation

THREADS = 10
ATTEMPTS = 25
LEAF, BESIDE = "res_leaf", "res_beside"


Preparation = Callable[[Connection], None]


def _nothing(connection: Connection) -> None:
    del connection


@dataclass
class Racer:
    """A process of the gateway that only admits."""

    database: Database
    vault: Vault

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.database, self.vault, ENDINGS)

    def owner(self, name: str) -> Reseller:
        """Return a reseller."""
        with self.database.read() as connection:
            return resellers.lineage(connection, name)[-1]

    def create(self, owner: str = LEAF) -> str:
        """Begin an instance with a user, and let it begin."""
        found = self.owner(owner)
        made = replace(
            planted_instance(new_id(Prefix.INSTANCE), found), status=InstanceStatus.PROVISIONING
        )
        operation = _operation(found, made, "CreateInstance", "CreateUser")
        self.open(operation, add=partial(_add, made))
        return self.end(operation)

    def open(
        self, operation: Operation, *, judge: Preparation = _nothing, add: Preparation = _nothing
    ) -> None:
        """Commit an intent in the order of the broker."""
        admit, book = partial(admission.admit, operation), partial(admission.book, operation)
        self.ledger.open(operation, judge, admit, add, book)

    def end(self, operation: Operation) -> str:
        """End what was begun with success."""
        for step in operation.steps:
            step.status = StepStatus.SUCCEEDED
        operation.status = OperationStatus.SUCCEEDED
        self.ledger.save(operation)
        return "admitted"

    def add_user(self) -> str:
        """Make a user in some instance."""
        found = self.any_instance()
        operation = _operation(self.owner(found.reseller), found, "CreateUser")
        self.open(operation, judge=partial(_require_owner, found))
        return self.end(operation)

    def transfer(self) -> str:
        """Give some instance to the other one."""
        taker = self.owner(random.choice([LEAF, BESIDE]))  # noqa: S311 - not for secrets
        chosen = self.any_instance().id
        with self.database.write() as connection:
            instances.hold(connection, chosen)
            found = instances.tracked(connection, chosen)
            assert found is not None
            admission.admit_transfer(connection, found, taker)
            instances.change(connection, found.id, {"reseller": taker.id})
            ownership.note(connection, found.id)
        return "transferred"

    def limit(self) -> str:
        """Set the limits of one anew, as they were."""
        name = random.choice([LEAF, BESIDE])  # noqa: S311 - not for secrets
        with self.database.write() as connection:
            resellers.hold(connection, name)
            before = quotas.of(connection, [name])[name]
            quotas.replace(connection, name, before)
        return "limited"

    def mixed(self) -> str:
        """Do one thing of many."""
        work = [self.create, partial(self.create, BESIDE), self.add_user, self.transfer, self.limit]
        return random.choice(work)()  # noqa: S311 - not for secrets

    def any_instance(self) -> Instance:
        """Return some instance of the two."""
        with self.database.read() as connection:
            found = instances.page(connection, Reach("/res_root/"), {}, "", 500).rows
        owned = [each for each in found if each.reseller in {LEAF, BESIDE}]
        return random.choice(owned)  # noqa: S311 - not for secrets

    def attempt(self, work: str, number: int) -> str:
        """Try once, and say how it ended."""
        del number
        try:
            done: str = getattr(self, work)()
        except (Conflict, QuotaExceeded) as error:
            return error.code
        except GatewayError as error:
            return f"{error.code}: {error.__cause__}"
        return done


def _operation(owner: Reseller, instance: Instance, *commands: str) -> Operation:
    made = planted_operation(new_id(Prefix.OPERATION), owner)
    made.instance = instance.id
    made.kind = "createInstance" if "CreateInstance" in commands else "createUser"
    made.steps = [Step(command, {}) for command in commands]
    return made


def _add(instance: Instance, connection: Connection) -> None:
    instances.add(connection, instance)
    ownership.note(connection, instance.id)


def _require_owner(instance: Instance, connection: Connection) -> None:
    instances.hold(connection, instance.id)
    found = instances.tracked(connection, instance.id)
    if found is None or found.reseller != instance.reseller:
        raise Conflict


def main(url: str, key: str, work: str) -> None:
    """Race."""
    with closing(Database(url)) as database, ThreadPoolExecutor(THREADS) as threads:
        racer = Racer(database, Vault([key]))
        database.check()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        ended = Counter(threads.map(partial(racer.attempt, work), range(ATTEMPTS)))
        sys.stdout.write(json.dumps(ended) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
