"""Two processes that look at once, and one that dies: each instance is looked into once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from gateway.billing.watch import timetable
from gateway.billing.watch.upstream import Upstream
from gateway.model import OF_INSTANCES, Instance, Measure, Prefix, Transfer, new_id, now
from gateway.simulator.server import Simulator
from gateway.spe.command import Command
from gateway.storage import transfers, watches
from tests.billing.watch.lookout import COMMANDS, DAY, Lookout
from tests.core import Core, make_home
from tests.simulated import Control


class Crash(BaseException):
    """The end of a process, which no code of ours may catch."""


@dataclass
class Meanwhile:
    """Reads as another does, and lets something happen before the last answer is used."""

    upstream: Upstream
    happens: Callable[[], None]

    def read(self, instance: Instance, command: Command, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Ask."""
        return self.upstream.read(instance, command, arguments)

    def worker_results(
        self, instance: Instance, since: datetime, until: datetime
    ) -> list[dict[str, Any]]:
        """Ask, and let it happen."""
        found = self.upstream.worker_results(instance, since, until)
        self.happens()
        return found


def test_two_processes_look_once(lookout: Lookout, other: Core) -> None:
    lookout.planted()
    second = Lookout(other, lookout.control)
    late = Meanwhile(lookout.upstream, second.watches.run)
    lookout.look(lookout.watching(late))

    assert len(lookout.readings()) == 3
    assert lookout.control.commands().count("GetUsers") == 1


def test_a_look_that_lasts_longer_than_its_claim_is_the_other_ones(
    lookout: Lookout, other: Core
) -> None:
    lookout.planted(stores=[{"name": "Mail", "error": "Disk full."}])
    second = Lookout(other, lookout.control)

    def overtake() -> None:
        with time_machine.travel(now() + timetable.CLAIM * 1.1, tick=True):
            second.watches.run()

    lookout.look(lookout.watching(Meanwhile(lookout.upstream, overtake)))

    assert len(lookout.readings()) == 3
    assert lookout.told() == ["store.failed"]


def test_a_death_before_the_commit_leaves_nothing_and_another_looks(
    lookout: Lookout, other: Core
) -> None:
    lookout.planted(stores=[{"name": "Mail", "error": "Disk full."}])

    def die() -> None:
        raise Crash

    with pytest.raises(Crash):
        lookout.look(lookout.watching(Meanwhile(lookout.upstream, die)))
    assert (lookout.readings(), lookout.events()) == ([], [])

    after = Lookout(other, lookout.control)
    with time_machine.travel(lookout.next_time - timedelta(minutes=1), tick=True):
        after.watches.run()
        assert lookout.readings() == []
    after.look()
    assert len(lookout.readings()) == 3
    assert lookout.told() == ["store.failed"]


def test_a_restart_tells_nothing_again(lookout: Lookout, other: Core) -> None:
    lookout.planted(stores=[{"name": "Mail", "error": "Disk full."}])
    lookout.look()
    Lookout(other, lookout.control).look()

    assert lookout.told() == ["store.failed"]


def test_a_new_owner_hears_what_was_found_meanwhile(lookout: Lookout, core: Core) -> None:
    instance = lookout.planted(stores=[{"name": "Mail", "error": "Disk full."}])
    buyer = core.reseller("Buyer")

    def transfer() -> None:
        lookout.change(instance, reseller=buyer.id)

    lookout.look(lookout.watching(Meanwhile(lookout.upstream, transfer)))

    assert [event["path"] for event in lookout.events()] == [buyer.path]
    found = lookout.figure(instance, Measure.USERS)
    assert found is not None
    assert found.reseller == buyer.id


def test_what_was_read_before_a_transfer_counts_for_who_owned_it_then(
    lookout: Lookout, core: Core
) -> None:
    instance, buyer = lookout.planted(), core.reseller("Buyer")

    def transfer() -> None:
        moved = Transfer(
            new_id(Prefix.TRANSFER),
            instance.id,
            instance.reseller,
            buyer.id,
            "cli_1",
            "req",
            now() + timedelta(minutes=1),
        )
        lookout.change(instance, reseller=buyer.id)
        with core.database.write() as connection:
            transfers.add(connection, moved)

    lookout.look(lookout.watching(Meanwhile(lookout.upstream, transfer)))

    owners = [lookout.figure(instance, measure) for measure in OF_INSTANCES]
    assert {found and found.reseller for found in owners} == {instance.reseller}


def test_an_instance_that_goes_meanwhile_leaves_nothing(lookout: Lookout) -> None:
    instance = lookout.planted(stores=[{"name": "Mail", "error": "Disk full."}])
    lookout.look(lookout.watching(Meanwhile(lookout.upstream, lambda: lookout.end(instance))))

    assert (lookout.readings(), lookout.events()) == ([], [])


def test_on_postgresql_each_is_taken_once(
    tmp_path: Path, postgresql_url: str, simulator: Simulator, control: Control
) -> None:
    core = Core(make_home(tmp_path, simulator, postgresql_url), url=postgresql_url)
    try:
        lookout = Lookout(core, control)
        lookout.planted()
        lookout.watches.enrol()
        long_ago = now() - DAY
        with core.database.write() as connection:
            taken = watches.take(connection, core.deployment, 5, timetable.CLAIM)
            assert taken == []
            assert watches.settle(connection, lookout.row, long_ago, {})
        with core.database.write() as first, core.database.write() as second:
            taken = watches.take(first, core.deployment, 5, timetable.CLAIM)
            assert len(taken) == 1
            assert watches.take(second, core.deployment, 5, timetable.CLAIM) == []
        lookout.watches.visit(taken[0])
        lookout.watches.visit(taken[0])
        assert len(lookout.readings()) == 3
        assert lookout.problems() == dict.fromkeys(COMMANDS)
    finally:
        core.close()
