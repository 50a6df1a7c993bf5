"""What is asked again and again of tables that grow, an index answers.

Every statement of a used gateway is noted, with its chores and sweeps, and SQLite is asked how it
would find the rows. PostgreSQL has the same indexes, and chooses among them by its statistics.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import event

from gateway.storage.database import Database
from gateway.worker.tracking import BATCH
from tests.world import World, world

GROWING: Final = frozenset(
    {
        "audit_log",
        "closed_days",
        "deliveries",
        "delivery_attempts",
        "events",
        "facts",
        "figures",
        "holdings",
        "idempotency_keys",
        "instances",
        "names",
        "operations",
        "raws",
        "readings",
        "statement_entries",
        "statement_lines",
        "usage_days",
        "usage_events",
        "watches",
    }
)
"""Tables that have more rows each day, or for each instance."""

SEEN_WHOLE: Final[Mapping[str, str]] = {
    "count(*) AS number, sum(CASE": "placement where no deployment is named counts on each",
    "AND NOT (EXISTS (SELECT * \nFROM watches": "every five minutes: who is not watched yet",
}
"""What looks at everything all the same, by a part of it, and why it may."""

LISTS: Final = (
    "/audit-log",
    "/events",
    "/instances",
    "/instances?deployment={deployment}",
    "/instances?externalId=x",
    "/instances?label=owner:x",
    "/instances?q=x",
    "/instances?reseller={reseller}",
    "/instances?status=running",
    "/operations",
    "/operations?instance={instance}",
    "/operations?status=running",
    "/statements",
    "/usage",
)
PLAIN: Final = re.compile(r"\b(SELECT|UPDATE|DELETE|WITH)\b")
SCAN: Final = re.compile(r"SCAN (\w+)")


@dataclass(frozen=True)
class Asked:
    """A statement with the values that it came with."""

    statement: str
    values: Any

    @property
    def may_see_everything(self) -> bool:
        """Whether there is a reason for it."""
        return any(part in self.statement for part in SEEN_WHOLE)

    def scans(self, database: Database) -> Iterator[str]:
        """Yield where SQLite would look at all rows of a table that grows."""
        with database.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            plan = raw.execute(f"EXPLAIN QUERY PLAN {self.statement}", self.values).fetchall()
        for *_, step in plan:
            found = SCAN.match(step)
            if found and self._table(found[1]) in GROWING:
                yield step

    def _table(self, name: str) -> str:
        """Return the table that a name of the plan stands for."""
        alias = re.search(rf"(\w+) AS \"?{name}\"?\b", self.statement)
        return alias[1] if alias else name


@contextmanager
def asked(database: Database) -> Iterator[dict[str, Asked]]:
    """Note what is asked of a database while the block runs."""
    found: dict[str, Asked] = {}

    def note(*said: Any) -> None:  # noqa: ANN401 # SQLAlchemy's signature
        _, _, statement, values, _, many = said
        if PLAIN.match(statement):
            found.setdefault(statement, Asked(statement, values[0] if many else values))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, str]]]:
    """A world in which everybody has something."""
    home = tmp_path_factory.mktemp("plans")
    with world(home, watch_seconds=86_400, inventory_seconds=300) as made:
        instance = made.new_instance("A")
        places = {
            "deployment": instance["deployment"],
            "instance": instance["id"],
            "reseller": made.resellers["A"],
        }
        yield made, places


def scanned(used: World, do: Callable[[], object]) -> dict[str, str]:
    """Return what is looked at as a whole while something is done, and by which statement."""
    database = used.served.gateway.services.database
    with asked(database) as found:
        do()
    assert found
    judged = [each for each in found.values() if not each.may_see_everything]
    return {step: each.statement for each in judged for step in each.scans(database)}


@pytest.mark.parametrize("who", ["a_admin", "a_portal"])
def test_no_list_of_a_reseller_walks_past_the_rows_of_others(
    used: tuple[World, dict[str, str]], who: str
) -> None:
    made, places = used

    def read() -> None:
        for path in LISTS:
            made.personas[who].get(path.format(**places))

    assert scanned(made, read) == {}


def test_the_operators_lists_walk_in_the_order_of_an_index_and_no_further_than_a_page(
    used: tuple[World, dict[str, str]],
) -> None:
    made, places = used

    def read() -> None:
        for path in LISTS:
            made.operator.get(path.format(**places))

    walks = scanned(made, read)
    assert all(" USING INDEX " in step and "LIMIT" in walks[step] for step in walks), walks


def test_no_chore_and_no_sweep_looks_at_all_of_a_table_that_grows(
    used: tuple[World, dict[str, str]],
) -> None:
    made, _ = used
    gateway = made.served.gateway

    def work() -> None:
        for chore in gateway.chores:
            chore.run()
        gateway.services.broker.ledger.tidy()
        gateway.services.broker.ledger.due(BATCH)

    assert scanned(made, work) == {}


def test_no_change_looks_at_all_of_a_table_that_grows(
    used: tuple[World, dict[str, str]],
) -> None:
    made, _ = used
    reseller = made.resellers["A"]

    def change() -> None:
        made.call("PUT", f"/resellers/{reseller}/quotas", {"limits": {"instances": 100}})
        instance = made.new_instance("A")
        made.call("POST", f"/instances/{instance['id']}/stop")
        made.call("DELETE", f"/instances/{instance['id']}")

    assert scanned(made, change) == {}


def test_a_table_without_an_index_would_be_found(tmp_path: Path, home: Path) -> None:
    database = Database(f"sqlite:///{home / 'gateway.db'}")
    question = Asked("SELECT id FROM operations AS mine WHERE mine.log = ?", ("x",))
    assert list(question.scans(database)) == ["SCAN mine"]
    assert tmp_path == home
    database.close()
