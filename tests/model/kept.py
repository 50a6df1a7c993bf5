"""Holds what deployments and tables have kept against the model."""

from typing import Any

from sqlalchemy import Table, select

from gateway.storage import tables
from tests.model.calls import Ref
from tests.model.model import Model
from tests.model.rules import Object, shown
from tests.model.stage import Stage

WORDS = {"running": "active", "stopped": "active", "safeMode": "active", "frozen": "active"}


def check_kept(stage: Stage, model: Model) -> None:
    """Check deployments and tables.

    Raises:
        AssertionError: one of them is not as the model has it.
    """
    for ref in stage.sites:
        found, wanted = held_by(stage, ref), {}
        for i in model.instances.values():
            if i["deployment"] == ref and i["status"] != "purged":
                wanted[i["instanceID"]] = _held(i)
        assert found == wanted, f"{ref} holds {found}, not {wanted}"
    _check_rows(stage, model)


def held_by(stage: Stage, ref: Ref) -> dict[str, Object]:
    """Return what a deployment holds."""
    deployment = stage.sites[ref].simulator.server.deployment
    with deployment.clock.monitor:
        return {
            name: {
                "displayName": one.display_name,
                "alias": one.alias or None,
                "startMode": one.start_mode,
                "status": one.status,
                "_access": one.archive_admin_enabled,
                "_stores": {store.id: store.name for store in deployment.archive(one).stores},
                "_users": {
                    u.user_name: u.full_name for u in deployment.archive(one).users.values()
                },
            }
            for name, one in deployment.state.instances.items()
        }


def _held(i: Object) -> Object:
    status = "stopped" if i["status"] == "deleted" else i["status"]
    names = ("displayName", "alias", "startMode", "_access", "_stores", "_users")
    return {name: i[name] for name in names} | {"status": status}


def _check_rows(stage: Stage, model: Model) -> None:
    for name in ("resellers", "clients", "instances", "operations"):
        found = {stage.read(row["id"]): row for row in _rows(stage, getattr(tables, name))}
        table = getattr(model, name)
        assert found.keys() == table.keys(), f"{name}: {sorted(found)}, not {sorted(table)}"
        for ref, one in table.items():
            _check_row(stage, one, found[ref])
    names = {
        (stage.read(row["deployment"]), row["name"]): (
            None if row["tombstone"] else stage.read(row["instance"]),
            stage.read(row["reseller"]),
        )
        for row in _rows(stage, tables.names)
    }
    wanted = {
        key: (None if held["_buried"] else held["id"], held["reseller"])
        for key, held in model.names.items()
    }
    assert names == wanted, f"names: {names}, not {wanted}"


def _check_row(stage: Stage, one: Object, row: Object) -> None:
    found = stage.read({COLUMNS.get(name, name): row[name] for name in row})
    wanted = shown(one)
    if one["id"].startswith("i"):
        wanted = {**wanted, "status": WORDS.get(one["status"], one["status"])}
    different = {n: found[n] for n in wanted.keys() & found.keys() if found[n] != wanted[n]}
    assert different == {}, f"{one['id']}: {different}, not {wanted}"


COLUMNS = {
    "client": "createdBy",
    "display_name": "displayName",
    "external_id": "externalId",
    "instance_id": "instanceID",
}


def _rows(stage: Stage, table: Table) -> list[dict[str, Any]]:
    with stage.served.gateway.services.database.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]
