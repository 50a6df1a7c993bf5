"""What the database knows is told as it is, and asked for no more often than is good."""

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection, update

from gateway.broker.engine.plan import Invocation
from gateway.errors import StorageUnavailable
from gateway.exposition import facts
from gateway.exposition.facts import Facts
from gateway.model import EventType, Happening, OperationStatus, now
from gateway.spe.commands.environment import PING
from gateway.storage import event_log, standing
from gateway.storage.tables import operations
from tests.core import Core


def pages(core: Core) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Facts(core.database))
    return registry


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    found = registry.get_sample_value(f"spe_gateway_{name}", labels)
    return None if found is None else float(found)


@pytest.fixture(autouse=True)
def always_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "KEPT_SECONDS", 0.0)


def test_operations_are_told_by_state_and_age(core: Core) -> None:
    begun = core.opened(None, Invocation(PING), kind="verifyStore")
    registry = pages(core)
    kind = {"kind": "verifyStore", "status": "queued"}
    assert value(registry, "operations_unfinished", **kind) == 1
    assert value(registry, "operations_unknown") == value(registry, "queue_operations") == 0

    core.ledger.release(begun)
    with core.late(hours=72):
        assert value(registry, "operations_overdue") == 1
        assert value(registry, "operations_oldest_age_seconds", **kind) == pytest.approx(
            72 * 3600, rel=0.1
        )
        assert value(registry, "queue_operations") == 1

    with core.database.write() as connection:
        ended = update(operations).values(status=OperationStatus.UNKNOWN, next_poll_time=None)
        connection.execute(ended)
    assert value(registry, "operations_unknown") == 1
    assert value(registry, "operations_unfinished", **kind) is None


def test_a_sequencer_that_stands_still_is_seen(core: Core) -> None:
    registry = pages(core)
    before = value(registry, "outbox_rows", topic="event") or 0
    happening = Happening(EventType.DEPLOYMENT_UP, core.deployment, None, core.deployment, {})
    with core.database.write() as connection:
        event_log.tell(connection, core.root.path, happening)

    with core.late(hours=1):
        assert value(registry, "outbox_rows", topic="event") == before + 1
        assert (value(registry, "sequencer_lag_seconds", topic="event") or 0) >= 3500


def test_a_deployment_is_told_with_the_age_of_its_inventory(core: Core) -> None:
    registry = pages(core)

    assert value(registry, "deployment_up", deployment=core.deployment) == 1
    assert value(registry, "deployment_quarantined", deployment=core.deployment) == 0
    with core.late(hours=2):
        age = value(registry, "inventory_age_seconds", deployment=core.deployment)
    assert (age or 0) >= 7000


def test_months_are_closed_as_far_as_they_are_over(core: Core) -> None:
    registry = pages(core)

    assert (value(registry, "statements_unclosed_month_end_timestamp_seconds") or 0) > (
        now().timestamp()
    )


def test_a_database_that_does_not_answer_is_one_fact(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = pages(core)

    def away(_database: object) -> Connection:
        raise StorageUnavailable

    monkeypatch.setattr(standing, "bounded", away)

    assert value(registry, "facts_up") == 0
    assert value(registry, "operations_unknown") is None


def test_many_scrapes_are_one_reading(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "KEPT_SECONDS", 60.0)
    read: list[Connection] = []
    whole = standing.unfinished
    monkeypatch.setattr(standing, "unfinished", lambda at: (read.append(at), whole(at))[1])
    registry = pages(core)
    read.clear()  # registering asks once for the names

    for _ in range(5):
        assert value(registry, "facts_up") == 1

    assert len(read) <= 1
