"""F26: what an administrator does in SPE's own console, seen by a gateway that was not asked."""

from gateway.broker.engine.reader import Reader
from gateway.broker.inventory.synchronisation import Synchronisation
from gateway.model import Instance, Reach
from gateway.spe.commands.instances import DELETE_INSTANCES, STOP_INSTANCES
from gateway.storage import instances, unowned
from gateway.storage.inventories import Inventory
from gateway.storage.unowned import Unowned
from tests.core import Core
from tests.simulated import Control


def refreshed(core: Core) -> Inventory:
    """Synchronise with the simulated deployment."""
    reader = Reader(core.connections)
    return Synchronisation(core.database, reader).refresh(core.deployment)


def removed(core: Core, name: str) -> None:
    """Remove an instance as an administrator does."""
    client = core.connections.client(core.deployment)
    for command in (STOP_INSTANCES, DELETE_INSTANCES):
        assert client.invoke(command, {"instanceFilter": name}).succeeded


def strangers(core: Core) -> dict[str, Unowned]:
    """Return the unowned rows by the names of the instances."""
    with core.database.read() as connection:
        return unowned.of(connection, core.deployment)


def test_two_calls_bring_all_that_is_known_of_a_deployment(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme", displayName="acme")
    control.forget_journal()
    state = refreshed(core)
    assert control.commands() == ["GetInstances", "GetInstanceHosts"]
    assert (state.number, state.doubt) == (1, None)
    assert core.instance(acme.id).observed["status"] == "running"
    assert core.instance(acme.id).drift is None


def test_created_renamed_moved_and_removed(core: Core, control: Control) -> None:
    acme = core.planted(control, "acme", displayName="acme")
    globex = core.planted(control, "globex")
    initech = core.planted(control, "initech", displayName="initech")
    refreshed(core)
    removed(core, "acme")
    removed(core, "globex")
    control.seed(
        instances=[
            {"instanceID": "alien", "instanceHost": "alpha-host1"},
            {
                "instanceID": "globex-new",
                "instanceHost": "alpha-host1",
                "baseDirectory": globex.base_directory,
            },
            {
                "instanceID": "initech",
                "instanceHost": "alpha-host2",
                "baseDirectory": initech.base_directory,
                "displayName": "initech",
                "alias": "tech",
            },
        ]
    )
    refreshed(core)
    assert (core.instance(acme.id).drift or {})["missing"].keys() == {"since"}
    assert (core.instance(globex.id).drift or {})["missing"]["renamedTo"] == "globex-new"
    assert core.instance(initech.id).drift == {
        "instanceHost": {"known": "alpha-host1", "found": "alpha-host2"},
        "alias": {"known": None, "found": "tech"},
    }
    assert set(strangers(core)) == {"alien", "globex-new"}
    assert strangers(core)["globex-new"].observed["baseDirectory"] == globex.base_directory
    assert owners(core) == {one.id: core.root.id for one in (acme, globex, initech)}


def test_an_empty_answer_with_all_signs_of_success_changes_nothing(
    core: Core, control: Control
) -> None:
    made = [core.planted(control, f"acme-{number}") for number in range(3)]
    refreshed(core)
    before = [core.instance(one.id) for one in made]
    for one in made:
        removed(core, one.instance_id)
    state = refreshed(core)
    assert state.doubt is not None
    assert (state.doubt["known"], state.doubt["missing"], state.number) == (3, 3, 0)
    assert [core.instance(one.id) for one in made] == before


def owners(core: Core) -> dict[str, str]:
    """Return whose each instance is."""
    with core.database.read() as connection:
        found: list[Instance] = list(instances.page(connection, Reach("/"), {}, "", 100).rows)
    return {one.id: one.reseller for one in found}
