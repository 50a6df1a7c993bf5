"""A month of three deployments: what the statements say is what the servers held."""

import json
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.storage.tables import raws
from tests.answers import JSON
from tests.billing.month.oracle import Expected
from tests.billing.month.stage import Month, month

START = datetime(2026, 9, 29, 6, tzinfo=UTC)
FIRST, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
LATEST = END + timedelta(days=3)
SITES = ("alpha", "beta", "gamma")
OWNERS = ("North", "South")
DOWN = "beta"
OUTAGE = datetime(2026, 10, 12, 9, 30, tzinfo=UTC), datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
TRANSFER = datetime(2026, 10, 17, 15, 10, tzinfo=UTC)
PURGE = datetime(2026, 10, 23, 11, 40, tzinfo=UTC)
CHANGES = 120
"""Users that come or go."""

NEAR = timedelta(seconds=30)
"""The time of an answer lies a moment before that of a look at the server."""


@dataclass
class Life:
    """What happens in the month, by a seeded chance.

    Attributes:
        month: where.
        instances: what the gateway answered, by deployment and owner.
        users: who is in each instance, by its opaque id.
    """

    month: Month
    chance: random.Random
    instances: dict[tuple[str, str], JSON] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def begin(self) -> None:
        """Make two resellers and an instance of each on each deployment."""
        for name in OWNERS:
            made = self.month.call("POST", "/resellers", {"name": name}, 201)
            self.month.resellers[name] = made["id"]
        for site in SITES:
            for owner in OWNERS:
                self._make(site, owner)

    def _make(self, site: str, owner: str) -> None:
        body = {
            "instanceID": f"{owner}-{site}".lower(),
            "displayName": f"{owner} at {site}",
            "reseller": self.month.resellers[owner],
            "deployment": self.month.sites[site].id,
            "archiveAdmin": True,
        }
        made = self.month.call("POST", "/instances", body, 201)
        self.instances[site, owner] = made
        self.users[made["id"]] = []
        self.note(made, self.month.resellers[owner])
        for _ in range(self.chance.randint(1, 4)):
            self.come(made)

    def note(self, instance: JSON, owner: str | None) -> None:
        """Tell the oracle whose an instance is from now on."""
        site, name = instance["deployment"], instance["instanceID"]
        self.month.oracle.own(site, name, datetime.now(UTC), owner)

    def come(self, instance: JSON) -> None:
        """Let a user come."""
        name = f"user{next(self.numbers)}"
        self.month.call("POST", f"/instances/{instance['id']}/users", {"userName": name}, 201)
        self.users[instance["id"]].append(name)

    def go(self, instance: JSON) -> None:
        """Let a user go."""
        name = self.users[instance["id"]].pop()
        self.month.call("DELETE", f"/instances/{instance['id']}/users/{name}", status=204)

    def change(self) -> None:
        """Let a user come or go somewhere."""
        down = OUTAGE[0] <= datetime.now(UTC) < OUTAGE[1] + timedelta(hours=1)
        open_ = [each for (site, _), each in self.instances.items() if not down or site != DOWN]
        instance = self.chance.choice(open_)
        if self.users[instance["id"]] and self.chance.random() < 0.4:
            self.go(instance)
        else:
            self.come(instance)

    def transfer(self) -> None:
        """Give an instance to the other reseller."""
        moved, owner = self.instances["gamma", "North"], self.month.resellers["South"]
        self.month.call("POST", f"/instances/{moved['id']}/transfer", {"reseller": owner})
        self.note(moved, owner)

    def purge(self) -> None:
        """Remove an instance for good."""
        gone = self.instances.pop(("alpha", "South"))
        self.month.call("DELETE", f"/instances/{gone['id']}")
        sure = {"instanceID": gone["instanceID"], "legalHoldChecked": True}
        self.month.call("POST", f"/instances/{gone['id']}/purge", sure)
        self.note(gone, None)

    def plan(self) -> dict[datetime, list[object]]:
        """Return what happens when."""
        hours = int((END - START).total_seconds() // 3600) - 12
        times = [START + timedelta(hours=self.chance.randint(6, hours)) for _ in range(CHANGES)]
        server = self.month.sites[DOWN].control
        return {
            **dict.fromkeys(sorted(times), self.change),
            OUTAGE[0]: lambda: server.enter("down"),
            OUTAGE[1]: lambda: server.enter("up"),
            TRANSFER: self.transfer,
            PURGE: self.purge,
        }

    def live(self) -> None:
        """Let the month pass."""
        for time, happens in sorted(self.plan().items()):
            self.month.until(time)
            happens()
        self.month.until(END)
        while datetime.now(UTC) < LATEST and not self.all_closed():
            self.month.tick()

    def all_closed(self) -> bool:
        """Whether the statements of October are closed."""
        found = self.month.call("GET", "/statements?month=2026-10")["items"]
        return len(found) >= len(OWNERS) and all(each["status"] == "closed" for each in found)

    def statement(self, owner: str) -> JSON:
        """Return the statement of a reseller, with its decimals as they were written."""
        found = self.month.call(
            "GET", f"/statements?month=2026-10&reseller={self.month.resellers[owner]}"
        )
        (one,) = found["items"]
        answer = self.month.client().get(f"/statements/{one['id']}")
        return json.loads(answer.data, parse_float=Decimal)


@pytest.mark.timeout(900)
def test_a_month_comes_to_what_the_servers_held(tmp_path: Path) -> None:
    """One test, since its month takes a minute; each step says what it looks at."""
    with month(tmp_path / "home", START, SITES) as made:
        life = Life(made, random.Random(20261001))  # noqa: S311 # a seed, no secret
        life.begin()
        life.live()

        for owner in OWNERS:
            _every_line_is_right_to_the_last_licence(life, owner)
            _the_sums_are_those_of_the_lines(life, owner)
            _the_gap_is_named_and_no_other(life, owner)
        _the_instance_that_moved_is_on_both_statements(life)
        _closing_again_changes_nothing(life)
        _an_altered_answer_is_found(made)


def _every_line_is_right_to_the_last_licence(life: Life, owner: str) -> None:
    expected = life.month.oracle.expected(life.month.resellers[owner], FIRST, END)
    said = {
        (line["deployment"], line["instanceID"]): _said(line["measures"]["licences"])
        for line in life.statement(owner)["lines"]
    }

    assert said == expected
    assert len(said) >= len(SITES)


def _the_sums_are_those_of_the_lines(life: Life, owner: str) -> None:
    expected = life.month.oracle.expected(life.month.resellers[owner], FIRST, END).values()
    total = _said(life.statement(owner)["figures"]["licences"])

    assert total.peak == sum(each.peak for each in expected)
    assert total.latest == sum(each.latest for each in expected)
    assert total.average == sum(each.average for each in expected)


def _the_gap_is_named_and_no_other(life: Life, owner: str) -> None:
    ((deployment, since, until),) = life.month.oracle.gaps(FIRST, END)
    (gap,) = life.statement(owner)["completeness"]["gaps"]

    assert gap["deployment"] == deployment == life.month.sites[DOWN].id
    assert abs(datetime.fromisoformat(gap["from"]) - since) < NEAR
    assert abs(datetime.fromisoformat(gap["to"]) - until) < NEAR
    assert until - since > timedelta(days=2)


def _the_instance_that_moved_is_on_both_statements(life: Life) -> None:
    readings = [
        line["measures"]["licences"]["readings"]
        for owner in OWNERS
        for line in life.statement(owner)["lines"]
        if line["instanceID"] == "north-gamma"
    ]
    looks = life.month.oracle.observed[life.month.sites["gamma"].id]

    assert len(readings) == len(OWNERS)
    assert all(number > 300 for number in readings)
    assert sum(readings) == len([look for look in looks if FIRST <= look.time < END])


def _closing_again_changes_nothing(life: Life) -> None:
    before = [life.statement(owner) for owner in OWNERS]
    life.month.until(datetime.now(UTC) + timedelta(hours=3))

    assert [life.statement(owner) for owner in OWNERS] == before
    assert life.month.findings() == []


def _an_altered_answer_is_found(made: Month) -> None:
    with made.served.gateway.services.database.write() as connection:
        raw = connection.execute(select(raws).order_by(raws.c.create_time).limit(1)).one()
        altered = zlib.compress(zlib.decompress(raw.content).replace(b"1", b"2"))
        connection.execute(update(raws).where(raws.c.digest == raw.digest).values(content=altered))

    assert made.findings() != []


def _said(figure: JSON) -> Expected:
    average = Decimal(figure["average"]).quantize(Decimal("0.0001"))
    return Expected(figure["readings"], figure["latest"], figure["peak"], average)
