"""What somebody else changes of rows that were compared to no effect is compared again."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.broker.inventory.drift import is_missing
from gateway.model import Deployment, Instance, InstanceStatus
from gateway.storage import deployments, unowned
from tests.broker.inventory.scene import HOST, Scene, row, row_of

Change = Callable[[Scene, Instance], None]


def see_otherwise(elsewhere: Scene, acme: Instance) -> None:
    """See another state of an instance."""
    elsewhere.lists(row_of(acme, status="stopped"), row("alien"))


def see_a_stranger(elsewhere: Scene, acme: Instance) -> None:
    """See one more instance."""
    elsewhere.lists(acme, row("alien"), row("other"))


def see_fewer(elsewhere: Scene, acme: Instance) -> None:
    """See one instance less."""
    elsewhere.lists(acme)


def see_another_host(elsewhere: Scene, acme: Instance) -> None:
    """See one more host."""
    elsewhere.lists(acme, row("alien"))
    elsewhere.lister.hosts = [HOST, {**HOST, "serverName": "alpha-host2"}]


SIGHTS = [see_otherwise, see_a_stranger, see_fewer, see_another_host]


@pytest.mark.parametrize("see", SIGHTS)
def test_what_another_process_has_seen_is_put_right(
    scene: Scene, elsewhere: Scene, acme: Instance, see: Change
) -> None:
    before = known(scene, acme)
    see(elsewhere, acme)
    elsewhere.refresh()
    assert known(scene, acme) != before
    scene.refresh()
    assert known(scene, acme) == before


@pytest.mark.parametrize("see", SIGHTS)
def test_what_another_process_sees_meanwhile_is_put_right_as_far_as_nothing_newer_is_lost(
    scene: Scene, elsewhere: Scene, acme: Instance, see: Change
) -> None:
    before = known(scene, acme)
    see(elsewhere, acme)
    scene.lister.meanwhile = lambda: void(elsewhere.refresh())
    scene.refresh()
    if see is see_otherwise:  # its row was written meanwhile, so it stays up to the next list
        assert scene.status(acme) == "stopped"
        scene.lister.meanwhile = lambda: None
        scene.refresh()
    assert known(scene, acme) == before


def test_what_another_process_wrote_meanwhile_is_no_proof_of_what_was_before(
    scene: Scene, elsewhere: Scene
) -> None:
    acme = scene.owned("acme")
    for each in (scene, elsewhere):
        each.lists(acme)
        each.refresh()
        each.refresh()
    both = acme, row("alien")
    scene.lists(*both)
    elsewhere.lists(*both)
    scene.lister.meanwhile = lambda: void(elsewhere.refresh())
    scene.refresh()  # finds the stranger written, which it was not when it asked
    elsewhere.lists(acme)
    elsewhere.refresh()
    assert scene.strangers() == {}
    scene.lister.meanwhile = lambda: None
    scene.refresh()
    assert set(scene.strangers()) == {"alien"}


def test_rows_that_came_and_went_meanwhile_are_no_proof_either(
    scene: Scene, elsewhere: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = scene.owned("acme")
    scene.lists(acme)
    scene.refresh()
    scene.refresh()
    hold = deployments.hold

    def late(connection: Connection, deployment: str) -> Deployment | None:
        unowned.remove(
            connection, *(each.id for each in unowned.of(connection, deployment).values())
        )
        return hold(connection, deployment)

    scene.lists(acme, row("alien"))
    elsewhere.lists(acme, row("alien"))

    def see() -> None:
        elsewhere.refresh()
        monkeypatch.setattr(deployments, "hold", late)

    scene.lister.meanwhile = see
    scene.refresh()
    monkeypatch.undo()
    assert scene.strangers() == {}
    scene.lister.meanwhile = lambda: None
    scene.refresh()
    assert set(scene.strangers()) == {"alien"}


@pytest.mark.parametrize("see", [see_a_stranger, see_another_host])
def test_what_was_written_once_is_written_again_if_another_process_takes_it_back(
    scene: Scene, elsewhere: Scene, acme: Instance, see: Change
) -> None:
    see(scene, acme)
    scene.refresh()
    seen = known(scene, acme)
    elsewhere.lists(acme, row("alien"))
    elsewhere.refresh()
    assert known(scene, acme) != seen
    scene.refresh()
    assert known(scene, acme) == seen


def known(scene: Scene, acme: Instance) -> object:
    """Return what is known of the deployment, without times."""
    seen = scene.now(acme)
    strangers = {name: each.observed for name, each in scene.strangers().items()}
    return seen.observed, seen.drift, strangers, {h.server_name: h.observed for h in scene.hosts()}


def void(_made: object) -> None:
    """Make something for its effect."""


@pytest.mark.parametrize(
    "values",
    [
        {"base_directory": "E:\\Elsewhere"},
        {"instance_host": "alpha-host9"},
        {"display_name": "Other"},
        {"alias": "other"},
        {"status": InstanceStatus.DELETED},
    ],
    ids=lambda each: next(iter(each)),
)
def test_another_row_is_compared_again_whatever_its_times_say(
    scene: Scene, acme: Instance, values: dict[str, Any]
) -> None:
    scene.lists(row_of(acme, baseDirectory=acme.base_directory), row("alien"))
    for _ in range(3):
        scene.refresh()
    assert scene.now(acme).drift is None
    scene.change(acme, **values)
    scene.refresh()
    assert scene.now(acme).drift is not None


def test_what_is_made_while_a_list_goes_on_is_neither_missing_nor_a_stranger(
    scene: Scene, acme: Instance
) -> None:
    assert not is_missing(acme)
    made: list[Instance] = []
    scene.lister.meanwhile = lambda: made.append(scene.owned("globex"))
    scene.refresh()
    (globex,) = made
    assert scene.now(globex) == globex
    scene.lister.meanwhile = lambda: None
    scene.lists(acme, globex, row("alien"))
    scene.refresh()
    assert scene.status(globex) == "running"
    assert set(scene.strangers()) == {"alien"}
