"""A filter in our own database, or in a deployment's answer, is obeyed no more than a caller's."""

import base64
import json

import pytest
from sqlalchemy import update

from gateway.storage.tables import instances
from tests.answers import JSON
from tests.personas.payloads import FILTERS
from tests.personas.table import TABLE, Kind
from tests.personas.targets import absent
from tests.world import World

ROWS = [row for row in TABLE.values() if row.kind is Kind.INSTANCE]
REFUSED = {404, 409, 422, 502}


def plant(world: World, instance: str, **columns: str) -> None:
    """Write into an instance's row, past everything that checks."""
    with world.served.gateway.services.database.write() as connection:
        row = instances.c.id == instance
        connection.execute(update(instances).where(row).values(**columns))


def prove_planted_rows_are_refused(world: World, planted: str, status: str = "active") -> None:
    """Put a filter where the database keeps an instance id, and find that nothing obeys it."""
    made = world.new_archive("A")
    plant(world, made["id"], instance_id=planted, status=status)
    world.forget()
    for row in ROWS:
        target = {**absent(world), "instance": made["id"], "name": planted}
        path = row.path.format(**target)
        response = world.operator.open(path, method=row.method, json=row.body(target))
        ours = row.name == "listTransfers"  # reads our own table only
        kept = ours or (status == "deleted" and row.name == "getInstance")
        assert kept or response.status_code in REFUSED, (row.name, response.text)
        assert world.changes() == [], row.name
        assert planted not in [
            value for entry in world.journal() for _, value in entry["arguments"]
        ]


@pytest.mark.parametrize("planted", [*FILTERS, "tenant-1\n", "Tenant-1", "ab", ""])
def test_a_filter_planted_in_the_database_is_not_sent(own_world: World, planted: str) -> None:
    prove_planted_rows_are_refused(own_world, planted)


def test_a_filter_planted_in_a_deleted_instance_is_not_sent(own_world: World) -> None:
    prove_planted_rows_are_refused(own_world, "*", "deleted")


def answered_with(world: World, rows: list[JSON]) -> None:
    """Let alpha answer every GetInstances with some rows."""
    envelope = {
        "error": None,
        "token": None,
        "statusVersion": 1,
        "statusCode": "succeeded",
        "percentProgress": None,
        "statusText": None,
        "result": rows,
        "logOutput": "",
    }
    body = base64.b64encode(b"\xef\xbb\xbf" + json.dumps(envelope).encode()).decode()
    world.sites["alpha"].control.fault("garbage", "GetInstances", body=body, count=None)


@pytest.mark.parametrize("claimed", ["*", "* .running", "tenant-1", "another"])
@pytest.mark.parametrize("number", [1, 2])
def test_a_deployment_that_answers_with_other_ids_widens_nothing(
    own_world: World, claimed: str, number: int
) -> None:
    made = own_world.new_instance("A")
    bystander = own_world.new_instance("B", deployment=own_world.sites["alpha"].id)
    row = {"instanceID": claimed, "status": "running", "startMode": "automatic"}
    before = own_world.call("GET", "/instances?limit=500")["items"]
    answered_with(own_world, [row] * number)
    own_world.forget()
    try:
        path = f"/instances/{made['id']}"
        for method, verb in [("PATCH", "?restart=true"), ("DELETE", "")]:
            body = {"displayName": "x"} if method == "PATCH" else None
            response = own_world.operator.open(path + verb, method=method, json=body)
            assert response.status_code in REFUSED, response.text
        assert own_world.changes() == []
        listed = own_world.call("GET", "/instances?limit=500&consistency=live")["items"]
        assert {item["id"] for item in listed} == {item["id"] for item in before}
        assert {item["instanceID"] for item in listed} == {item["instanceID"] for item in before}
    finally:
        own_world.sites["alpha"].control.clear_faults()
    assert own_world.call("GET", f"/instances/{bystander['id']}")["status"] == "running"
