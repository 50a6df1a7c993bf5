"""What is listed corrects what counts, and never at the cost of what was admitted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from gateway.broker.admission import SKEW, Observations, QuotaExceeded
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.reader import Reader
from gateway.broker.instance_reads import InstanceReads
from gateway.model import Reseller, now
from gateway.spe.command import Command
from gateway.spe.commands.stores import GET_STORES
from gateway.spe.commands.users import GET_USERS
from tests.broker.quota_scene import call, limit, opened_by, planted, store, used, user
from tests.core import Core
from tests.simulated import Control
from tests.statements import counted

EACH = pytest.mark.parametrize(
    ("command", "resource"), [(GET_USERS, "users"), (GET_STORES, "stores")], ids=["users", "stores"]
)


@EACH
def test_a_whole_list_is_believed(
    core: Core, control: Control, owner: Reseller, command: Command, resource: str
) -> None:
    """The user of service provider access is SPE's own, and not counted."""
    acme = planted(core, control, owner)
    assert used(core, owner, resource) == 0
    call(core, acme, Invocation(command))
    assert used(core, owner, resource) == 1


def test_a_list_that_may_be_older_than_a_change_is_not_believed(
    core: Core, control: Control, owner: Reseller
) -> None:
    acme = planted(core, control, owner)
    call(core, acme, user("joe"))
    call(core, acme, Invocation(GET_USERS))
    assert used(core, owner, "users") == 1
    with time_machine.travel(now() + SKEW + timedelta(seconds=1), tick=True):
        call(core, acme, Invocation(GET_USERS))
    assert used(core, owner, "users") == 2


def test_a_list_beside_a_change_is_not_believed(
    core: Core, control: Control, owner: Reseller
) -> None:
    acme = planted(core, control, owner)
    opened_by(core, acme, user("joe"))
    with time_machine.travel(now() + SKEW * 2, tick=True):
        call(core, acme, Invocation(GET_USERS))
    assert used(core, owner, "users") == 1  # joe is admitted; jane was not seen


def test_beside_a_change_a_second_list_of_the_same_moment_tries_nothing(
    core: Core, control: Control, owner: Reseller
) -> None:
    """A verification may run for hours: each read of its instance would write otherwise."""
    acme = planted(core, control, owner)
    opened_by(core, acme, user("joe"))
    listed = call(core, acme, Invocation(GET_USERS))
    observations = Observations(core.database)
    observations.add(listed)
    with counted(core.database.engine) as statements:
        observations.add(listed)
        assert statements == []
        observations.add(replace(listed, create_time=listed.create_time + timedelta(seconds=1)))
        assert statements != []


def test_a_create_that_lists_afterwards_is_believed(
    core: Core, control: Control, owner: Reseller
) -> None:
    acme = planted(core, control, owner)
    call(core, acme, store("More"), Invocation(GET_STORES))
    assert used(core, owner, "stores") == 2


@EACH
def test_a_list_of_the_gateways_own_is_believed(
    core: Core, control: Control, owner: Reseller, command: Command, resource: str
) -> None:
    acme = planted(core, control, owner)
    InstanceReads(Reader(core.connections), core.database).read(acme, command, {})
    assert used(core, owner, resource) == 1


def test_a_list_of_the_gateways_own_takes_nothing_from_what_was_admitted_meanwhile(
    core: Core, control: Control, owner: Reseller
) -> None:
    """They were made after the deployment had listed, and long before the list was there."""
    acme = planted(core, control, owner)
    limit(core, owner, users=2)

    class Slow(Reader):
        def read(self, *asked: Any, **more: Any) -> Any:  # noqa: ANN401 - as Reader has it
            found = super().read(*asked, **more)
            call(core, acme, user("joe"), user("jim"))
            clock.shift(SKEW * 2)
            return found

    with time_machine.travel(now(), tick=True) as clock:
        InstanceReads(Slow(core.connections), core.database).read(acme, GET_USERS, {})
        assert used(core, owner, "users") == 2  # not one: jane was listed without them
        with pytest.raises(QuotaExceeded):
            call(core, acme, user("jon"))
