"""The gateway is broken on purpose, in one place at a time, and the model notices."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, delete, true

from gateway.access import bounds
from gateway.access.bounds import Lineage
from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.access.scope import Allowed, Covers, Holds, Verdict
from gateway.broker import principals
from gateway.broker.engine.connections import Connections
from gateway.model import Client, Reach
from gateway.spe.client import Client as SpeClient
from gateway.storage import clients, instances, names, operations, resellers, tables
from tests.model.episode import Difference, episode
from tests.model.test_model import CALLS, SEEDS

EVERYBODY = Reach("/")
Break = Callable[[pytest.MonkeyPatch], None]


def instances_are_found_by_anybody(patch: pytest.MonkeyPatch) -> None:
    find = instances.find
    patch.setattr(instances, "find", lambda connection, _, i: find(connection, EVERYBODY, i))


def lists_hold_everybodys_instances(patch: pytest.MonkeyPatch) -> None:
    page = instances.page
    patch.setattr(
        instances, "page", lambda connection, _, *rest: page(connection, EVERYBODY, *rest)
    )


def operations_are_everybodys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(operations, "tenant", lambda _: true())


def the_path_is_compared_without_its_last_name(patch: pytest.MonkeyPatch) -> None:
    def beside(reach: Reach) -> Any:  # noqa: ANN401 # a condition
        above = reach.path.rstrip("/").rpartition("/")[0] + "/"
        return tables.resellers.c.path.startswith(above)

    for module in (resellers, instances, clients):
        patch.setattr(module, "reached", beside)


def the_restriction_of_a_client_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Client, "reach", property(lambda client: Reach(client.reseller_path)))


def a_restricted_client_sees_all_clients(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(clients, "_is_shown", lambda *_: True)


def the_scope_of_a_token_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(principals, "narrowed", lambda permissions, _: permissions)


def a_disabled_client_goes_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(principals, "is_usable", lambda _: True)


def a_suspended_reseller_goes_on(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lineage, "is_suspended", property(lambda _: False))


def bounds_of_resellers_are_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bounds, "bound_of", lambda _: bounds.KNOWN)


def everybody_may_operate(patch: pytest.MonkeyPatch) -> None:
    verify = Holds.verify

    def lenient(rule: Holds, principal: Principal) -> Verdict:
        operates = rule.permission is Permission.INSTANCES_OPERATE
        return Allowed() if operates else verify(rule, principal)

    patch.setattr(Holds, "verify", lenient)


def anybody_grants_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Covers, "verify", lambda *_: Allowed())


def tombstones_are_free(patch: pytest.MonkeyPatch) -> None:
    reserve = names.reserve

    def forgetful(connection: Connection, deployment: str, name: str, **who: Any) -> None:  # noqa: ANN401 # as the original
        table = tables.names
        mine = (table.c.deployment == deployment, table.c.name == name, table.c.tombstone)
        connection.execute(delete(table).where(*mine))
        reserve(connection, deployment, name, **who)

    patch.setattr(names, "reserve", forgetful)


def names_stay_with_the_former_owner(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(names, "transfer", lambda *_: None)


def a_name_asked_for_in_vain_is_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(names, "give_back", lambda *_: None)


def deployments_are_mixed_up(patch: pytest.MonkeyPatch) -> None:
    client, first = Connections.client, list[str]()

    def mixed(connections: Connections, deployment: str) -> SpeClient:
        first.append(deployment)
        return client(connections, first[0])

    patch.setattr(Connections, "client", mixed)


def places_closed_to_a_reseller_are_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resellers, "deployments_of", lambda *_: None)


BREAKS: Mapping[str, Break] = {
    each.__name__: each
    for each in (
        instances_are_found_by_anybody,
        lists_hold_everybodys_instances,
        operations_are_everybodys,
        the_path_is_compared_without_its_last_name,
        the_restriction_of_a_client_is_ignored,
        a_restricted_client_sees_all_clients,
        the_scope_of_a_token_is_ignored,
        a_disabled_client_goes_on,
        a_suspended_reseller_goes_on,
        bounds_of_resellers_are_ignored,
        everybody_may_operate,
        anybody_grants_anything,
        tombstones_are_free,
        names_stay_with_the_former_owner,
        a_name_asked_for_in_vain_is_kept,
        deployments_are_mixed_up,
        places_closed_to_a_reseller_are_open,
    )
}


SOON: Mapping[str, int] = {
    "a_restricted_client_sees_all_clients": 2,
    "the_scope_of_a_token_is_ignored": 2,
    "a_disabled_client_goes_on": 4,
    "tombstones_are_free": 5,
    "bounds_of_resellers_are_ignored": 11,
    "a_name_asked_for_in_vain_is_kept": 16,
    "places_closed_to_a_reseller_are_open": 22,
}
"""The seed that shows it soon; the others follow, so that this only saves time."""


def is_noticed(first: int) -> bool:
    """Whether the calls that everybody runs show a difference."""
    for seed in sorted(SEEDS, key=lambda each: (each < first, each)):
        try:
            episode(seed, CALLS)
        except Difference:
            return True
    return False


@pytest.mark.parametrize("name", BREAKS)
def test_it_is_noticed_when(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKS[name](monkeypatch)
    assert is_noticed(SOON.get(name, 1))
