"""What a deployment can do, against the catalogue and against the other deployments."""

from dataclasses import replace

from gateway.broker.capabilities import Difference, Missing, Unknown, comparison
from gateway.spe.catalogue import COMMANDS
from gateway.storage import deployments
from tests.world import World


def test_a_deployment_is_asked_anew_and_remembered(inner_world: World) -> None:
    site = inner_world.sites["alpha"]
    database = inner_world.served.gateway.services.database
    with database.write() as connection:
        deployments.observe(connection, site.id, {"commands": {"Ping": []}})
    found = inner_world.call("GET", f"/deployments/{site.id}/capabilities")
    assert "get-metadata" in inner_world.sent()
    assert {"Ping", "GetInstances"} <= set(found["supported"])
    listed = set(found["supported"]) | {one["command"] for one in found["missing"]}
    assert listed == set(COMMANDS)
    with database.read() as connection:
        kept = deployments.find(connection, site.id)
    assert kept is not None
    assert set(kept.commands) >= set(found["supported"])


def test_every_kind_of_difference_is_told(inner_world: World) -> None:
    database = inner_world.served.gateway.services.database
    with database.read() as connection:
        alpha, beta = (
            deployments.find(connection, inner_world.sites[name].id) for name in ("alpha", "beta")
        )
    assert alpha is not None
    assert beta is not None
    commands = {name: [param.name for param in one.params] for name, one in COMMANDS.items()}
    del commands["TransferStores"]
    commands["GetStores"] = ["instanceID", "novel"]
    commands["Novel"] = ["one", "two"]
    found = comparison(replace(alpha, commands=commands), [beta])
    has = (beta.id,) if "TransferStores" in beta.commands else ()
    assert found.missing == (Missing("TransferStores", has),)
    assert found.unknown == (Unknown("Novel", ("one", "two")),)
    assert found.differing == (Difference("GetStores", ("includeSize",), ("novel",)),)
