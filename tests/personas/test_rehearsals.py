"""``validateOnly``: whatever takes it judges all, sends nothing that changes, and keeps nothing."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from gateway.storage.tables import (
    idempotency_keys,
    instances,
    operations,
    statement_entries,
    statement_lines,
)
from tests.personas.table import TABLE, Kind, Row
from tests.personas.targets import fresh
from tests.world import World

STORES = [
    "compactStore",
    "mergeStore",
    "recoverStore",
    "recreateRecoveryRecords",
    "repairStore",
    "unlockStore",
    "upgradeStore",
    "verifyStore",
    "maintainStores",
    "refreshStoreStatistics",
    "retryOpenStores",
    "transferStores",
    "upgradeStores",
    "verifyStores",
]
TAKING = {
    "createInstance",
    "instanceActions",
    "startInstance",
    "stopInstance",
    "restartInstance",
    "freezeInstance",
    "thawInstance",
    "suspendInstance",
    "resumeInstance",
    "undeleteInstance",
    "purgeInstance",
    "transferInstance",
    "adoptInstance",
    "releaseInstance",
    "acknowledgeStatement",
    "correctStatement",
    "createStore",
    "attachStore",
    "createUser",
    "createJob",
    "createProfile",
    "runProfile",
    "runTemporaryProfile",
    "createCredential",
    *STORES,
}
KEPT = (operations, instances, idempotency_keys, statement_entries, statement_lines)
OK, NO_CONTENT, FORBIDDEN, NOT_FOUND = 200, 204, 403, 404
EXPLAINED = {"createInstance"}
"""Those that are told what was found out."""


def taking(world: World) -> Iterator[str]:
    """Yield the operationIds of what takes ``validateOnly``."""
    for item in world.served.contract.document["paths"].values():
        for operation in (each for each in item.values() if isinstance(each, dict)):
            if "validateOnly" in {each.get("name") for each in operation.get("parameters", ())}:
                yield operation["operationId"]


def rows(world: World) -> list[int]:
    """Return how many rows there are of what a call could leave."""
    with world.served.gateway.services.database.read() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in KEPT
        ]


def test_these_calls_can_be_rehearsed(own_world: World) -> None:
    assert set(taking(own_world)) == TAKING


@pytest.mark.parametrize("row", [TABLE[name] for name in sorted(TAKING)], ids=lambda row: row.name)
def test_a_rehearsal_tells_and_leaves_nothing(own_world: World, row: Row) -> None:
    target = fresh(own_world, row, "A")
    path = f"{row.path.format(**target)}?validateOnly=true"
    own_world.forget()
    before = rows(own_world)

    good = own_world.operator.open(
        path, method="POST", json=row.body(target), headers={"Idempotency-Key": "rehearsed"}
    )
    assert good.status_code == (OK if row.name in EXPLAINED else NO_CONTENT), good.text
    assert own_world.changes() == []
    assert rows(own_world) == before

    refused = own_world.personas["a_reader"].open(path, method="POST", json=row.body(target))
    told = NOT_FOUND if row.kind is Kind.DEPLOYMENT else FORBIDDEN
    assert refused.status_code == told, refused.text
    assert own_world.changes() == []
