"""A reseller is deleted while something is given to it: nobody gets more than a 404."""

from collections.abc import Callable

import pytest

from gateway.broker.clients import Clients, NewClient
from gateway.broker.instances import Instances, NewInstance
from gateway.broker.quotas import Quotas
from gateway.broker.resellers import LEVELS, NewReseller, Resellers
from gateway.broker.transfers import Transfers
from gateway.errors import Conflict, NotFound
from gateway.model import Reseller
from gateway.storage import resellers
from tests.core import Core
from tests.simulated import Control

CALLS: dict[str, tuple[type, str, Callable[[Core, str], object]]] = {
    "a client": (
        Clients,
        "_owner",
        lambda core, gone: Clients(core.database).create(core.caller(), NewClient("made", gone)),
    ),
    "a reseller": (
        Resellers,
        "get",
        lambda core, gone: Resellers(core.database).create(core.caller(), NewReseller("n", gone)),
    ),
    "an instance": (
        Instances,
        "_owner",
        lambda core, gone: core.instances.create(
            core.caller("createInstance"), NewInstance("acme", "Acme", reseller=gone)
        ),
    ),
    "a limit": (
        Resellers,
        "below",
        lambda core, gone: Quotas(core.database, Resellers(core.database)).replace(
            core.caller(), gone, {}, lambda _: None
        ),
    ),
    "a suspension": (
        Resellers,
        "below",
        lambda core, gone: Resellers(core.database).suspend(core.caller(), gone),
    ),
    "a bound": (
        Resellers,
        "below",
        lambda core, gone: Resellers(core.database).change(core.caller(), gone, {"roles": []}),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_given_to_a_reseller_that_is_deleted_meanwhile_is_not_made(
    core: Core, control: Control, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    gone = core.reseller("Gone")
    kind, looked_up, call = CALLS[name]
    real = getattr(kind, looked_up)

    def meanwhile(*given: object) -> object:
        found = real(*given)
        with core.database.write() as connection:
            resellers.remove(connection, gone.id)
        return found

    monkeypatch.setattr(kind, looked_up, meanwhile)
    with pytest.raises(NotFound):
        call(core, gone.id)
    assert core.operations() == []
    assert "CreateInstance" not in control.commands()


def test_an_instance_is_not_given_to_a_reseller_that_is_deleted_meanwhile(
    core: Core, control: Control
) -> None:
    """Whoever admits it has waited for the deletion."""
    made, gone = core.planted(control, "acme"), core.reseller("Gone")
    transfers = Transfers(core.broker, lambda c, _, owner: resellers.remove(c, owner.id))
    with pytest.raises(NotFound):
        transfers.transfer(core.caller(), made.id, gone.id)
    assert core.instance(made.id).reseller == made.reseller


def test_the_tree_is_as_deep_as_its_paths_may_be_long(core: Core) -> None:
    tree, deep = Resellers(core.database), core.root
    for _ in range(LEVELS - 1):
        deep = made_below(core, tree, deep)
    with pytest.raises(Conflict, match="20 levels"):
        made_below(core, tree, deep)
    assert len(deep.path) < 1000


def made_below(core: Core, tree: Resellers, above: Reseller) -> Reseller:
    return tree.create(core.caller(), NewReseller("deep", above.id))
