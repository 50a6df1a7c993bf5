"""The drill: an old backup comes back, and nobody with it who was let go since.

The gateway goes on changing after the backup. Then the backup is restored elsewhere, beside the
witness, on each engine.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.errors import ConfigurationError
from gateway.factory import create_app
from gateway.model import Reach, now
from gateway.storage import backup, event_log, facts, instances, outbox, queues, schema
from gateway.storage.audit_verification import verify
from gateway.storage.backup import Archive
from gateway.storage.tables import names
from gateway.storage.tables import operations as ledger
from gateway.storage.witness import DatabaseBehind, Witness, WitnessBroken
from gateway.tenancy import audit
from tests.faults.drill import Drill, Place, empty_place, go_on, prepare, unseen
from tests.served import CheckedClient, Served
from tests.world import world

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    with world(tmp_path_factory.mktemp("drill")) as made:
        found = Drill(made, tmp_path_factory.mktemp("backups") / "gateway.zip")
        prepare(found)
        services = made.served.gateway.services
        backup.write(services.database, services.broker.ledger.vault, found.archive, unseen)
        go_on(found)
        yield found


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, drill: Drill, tmp_path: Path) -> Iterator[Place]:
    with empty_place(request, request.param, drill, tmp_path) as made:
        yield made


@pytest.fixture(scope="module", params=ENGINES)
def restored(
    request: pytest.FixtureRequest, drill: Drill, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """What was restored, for tests that leave it as it is."""
    home = tmp_path_factory.mktemp("restored")
    with empty_place(request, request.param, drill, home) as made:
        made.restore()
        with made.serving() as served:
            yield served


@pytest.fixture(scope="module")
def operator(restored: Served) -> CheckedClient:
    return restored.log_in(restored.operator.client_id, restored.operator.client_secret)


def test_the_report_says_what_was_done(place: Place, drill: Drill) -> None:
    report = place.restore()
    changed = {drill.clients[fate]["id"] for fate in ("narrowed", "rotated")}
    assert set(report.clients_disabled) == changed
    assert report.clients_deleted == [drill.clients["deleted"]["id"]]
    moved = {drill.instances[fate]["id"] for fate in ("moved", "lost")}
    assert set(report.instances_moved) == moved
    changed = {drill.instances[fate]["id"] for fate in ("purged", "removed", "unpaid")}
    assert set(report.instances_changed) == changed
    assert report.resellers_made == [drill.instances["moved"]["reseller"]]
    assert report.resellers_changed == [drill.reseller]
    limited = {*drill.limited.values(), drill.instances["moved"]["reseller"]}
    assert set(report.resellers_limited) == limited
    assert drill.operation in report.operations_ended
    assert report.tokens_revoked == 1
    assert report.operator is None


@pytest.mark.parametrize("fate", ["deleted", "narrowed", "rotated"])
def test_no_client_comes_back_that_changed_since(
    restored: Served, drill: Drill, operator: CheckedClient, fate: str
) -> None:
    client = drill.clients[fate]
    form = {
        "grant_type": "client_credentials",
        "client_id": client["clientId"],
        "client_secret": client["clientSecret"],
    }
    assert restored.client().post("/oauth/token", data=form).status_code == 401
    found = operator.get(f"/clients/{client['id']}")
    if fate == "deleted":
        assert found.status_code == 404
    else:
        assert found.json["disabled"] is True
        assert (found.json["secrets"] == []) is (fate == "rotated")


def test_no_token_is_accepted_that_was_issued_before(restored: Served, drill: Drill) -> None:
    for token in [*drill.tokens.values(), drill.world.operator.token]:
        assert restored.client(token).get("/me").status_code == 401
    same = drill.clients["same"]
    client = restored.log_in(same["clientId"], same["clientSecret"])
    assert client.get("/me").status_code == 200


def test_a_suspended_reseller_stays_suspended(drill: Drill, operator: CheckedClient) -> None:
    found = operator.get(f"/resellers/{drill.reseller}").json
    assert found["suspendTime"] is not None


def test_every_instance_has_the_owner_and_the_state_it_had_last(
    drill: Drill, operator: CheckedClient
) -> None:
    known = {fate: found["id"] for fate, found in drill.instances.items()}
    moved = operator.get(f"/instances/{known['moved']}").json
    assert moved["reseller"] == drill.instances["moved"]["reseller"]
    lost = operator.get(f"/instances/{known['lost']}").json
    assert lost["reseller"] == drill.world.resellers["B"]
    kept = operator.get(f"/instances/{known['kept']}").json
    assert kept["reseller"] == drill.world.resellers["A"]
    assert operator.get(f"/instances/{known['removed']}").json["status"] == "deleted"
    assert operator.get(f"/instances/{known['unpaid']}").json["status"] == "suspended"
    for absent in ("purged", "newcomer"):
        assert operator.get(f"/instances/{known[absent]}").status_code == 404


def test_what_was_suspended_since_is_resumed_as_the_backup_knows_it(
    drill: Drill, operator: CheckedClient
) -> None:
    back = operator.post(f"/instances/{drill.instances['unpaid']['id']}/resume").json
    assert (back["status"], back["startMode"]) == ("running", "automatic")


def test_an_owner_that_the_backup_does_not_know_is_there_and_suspended(
    drill: Drill, operator: CheckedClient
) -> None:
    owner = operator.get(f"/resellers/{drill.instances['moved']['reseller']}").json
    assert owner["suspendTime"] is not None
    assert owner["parent"] == drill.world.resellers["root"]


@pytest.mark.parametrize("fate", ["newcomer", "purged", "moved", "lost"])
def test_no_name_goes_to_another_reseller(drill: Drill, operator: CheckedClient, fate: str) -> None:
    body = {
        "instanceID": drill.instances[fate]["instanceID"],
        "displayName": "Theft",
        "reseller": drill.world.resellers["A1"],
        "deployment": drill.instances[fate]["deployment"],
    }
    drill.world.forget()
    answer = operator.post("/instances", json=body)
    assert (answer.status_code, answer.json["code"]) == (409, "NAME_TAKEN")
    assert drill.world.changes() == []


def test_the_name_of_a_newcomer_is_its_owners(restored: Served, drill: Drill) -> None:
    with restored.gateway.services.database.read() as connection:
        newcomer = drill.instances["newcomer"]["instanceID"]
        row = connection.execute(select(names).where(names.c.name == newcomer)).one()
    assert (row.reseller, row.tombstone) == (drill.world.resellers["A"], True)


def test_what_was_under_way_is_unknown_and_not_carried_on(
    restored: Served, drill: Drill, operator: CheckedClient
) -> None:
    found = operator.get(f"/operations/{drill.operation}").json
    assert (found["status"], found["problem"]["code"]) == ("unknown", "ANSWER_LOST")
    assert "restored" in found["problem"]["detail"]
    database = restored.gateway.services.database
    with database.read() as connection:
        assert list(queues.due(connection, now() + timedelta(days=9), 10)) == []
        locks = select(ledger.c.lock).where(ledger.c.lock.is_not(None))
        assert connection.execute(locks).all() == []


def test_the_audit_log_is_whole_and_tells_of_the_restore(
    restored: Served, drill: Drill, operator: CheckedClient
) -> None:
    gateway = restored.gateway
    for chore in gateway.chores:
        chore.run()
    witness = Witness(restored.settings.witness_file, gateway.services.database)
    witnessed = list(witness.read())
    with gateway.services.database.snapshot() as connection:
        verdict = verify(connection, witnessed, unseen)
    assert (verdict.findings, verdict.restores) == ([], 1)
    [row] = operator.get("/audit-log?action=restore").json["items"]
    assert row["actor"] == {}
    assert row["reseller"] == drill.world.resellers["root"]
    assert row["clientsDeleted"] == [drill.clients["deleted"]["id"]]
    changed = {drill.clients[fate]["id"] for fate in ("narrowed", "rotated")}
    assert set(row["clientsDisabled"]) == changed
    assert "clientsOmitted" not in row


def test_a_row_names_so_many_clients_and_counts_the_others(drill: Drill) -> None:
    database = drill.world.served.gateway.services.database
    with database.write() as connection:
        attempt = connection.begin_nested()
        ids = [f"cli_{number:032x}" for number in range(audit.NAMED + 2)]
        audit.restored(connection, drill.world.resellers["root"], {}, ids, ids[:1])
        [*_, row] = outbox.after(connection, "audit", 0, 100_000)
        attempt.rollback()
    assert row.payload["clientsDeleted"] == ids[: audit.NAMED]
    assert row.payload["clientsDisabled"] == ids[:1]
    assert row.payload["clientsOmitted"] == 2


def test_quotas_are_those_that_were_set_last(drill: Drill, operator: CheckedClient) -> None:
    """A limit that was lowered since the backup stays low, and a lifted one is not felt again."""
    lowered = operator.get(f"/resellers/{drill.limited['lowered']}/quotas").json["limits"]
    assert lowered == {"instances": 2, "stores": None}
    unlimited = operator.get(f"/resellers/{drill.limited['freed']}/quotas").json["limits"]
    assert unlimited == {}


def test_an_owner_that_is_made_again_has_its_quotas(drill: Drill, operator: CheckedClient) -> None:
    owner = drill.instances["moved"]["reseller"]
    assert operator.get(f"/resellers/{owner}/quotas").json["limits"] == {"instances": 3}


def test_a_client_that_a_restore_disabled_is_enabled_by_operators_only(
    place: Place, drill: Drill
) -> None:
    place.restore()
    client = f"/clients/{drill.clients['narrowed']['id']}"
    same = drill.clients["same"]
    with place.serving() as served:
        own = served.log_in(same["clientId"], same["clientSecret"])
        assert own.get(client).json["disabledAbove"] is True
        assert own.patch(client, json={"disabled": False}).status_code == 409
        found = served.log_in(served.operator.client_id, served.operator.client_secret)
        assert found.patch(client, json={"disabled": False}).json["disabledAbove"] is False


def test_the_second_restore_from_the_same_backup_does_the_same(place: Place, drill: Drill) -> None:
    first = place.restore()
    with place.recovery() as recovery:
        archive = Archive(drill.archive, recovery.vault, unseen)
        second = recovery.replace(archive, unseen, follow=True)
    assert second.counts() == first.counts()
    with place.serving() as served:
        assert served.client(drill.tokens["same"]).get("/me").status_code == 401


def test_a_database_that_is_not_empty_is_not_restored_into(place: Place) -> None:
    place.restore()
    with pytest.raises(ConfigurationError, match="--replace"):
        place.restore()


def test_without_a_witness_nothing_is_restored(place: Place) -> None:
    place.settings.witness_file.unlink()
    with pytest.raises(WitnessBroken, match="no witness"):
        place.restore()
    with place.recovery() as recovery:
        assert schema.is_empty(recovery.database)


def test_a_witness_that_does_not_reach_back_is_refused(place: Place) -> None:
    lines = place.settings.witness_file.read_bytes().splitlines(keepends=True)
    place.settings.witness_file.write_bytes(b"".join(lines[:2]))
    with pytest.raises(WitnessBroken, match="another"):
        place.restore()
    with place.recovery() as recovery:
        assert schema.is_empty(recovery.database)


def test_without_the_witness_only_a_new_operator_comes_in(place: Place, drill: Drill) -> None:
    place.settings.witness_file.write_text("nonsense\n")
    report = place.restore(follow=False)
    assert report.operator is not None
    assert report.witness_aside is not None
    assert report.witness_aside.read_text() == "nonsense\n"
    with place.serving() as served:
        made = served.log_in(report.operator.client_id, report.operator.client_secret)
        found = made.get("/clients?limit=500").json["items"]
        enabled = [client["id"] for client in found if not client["disabled"]]
        assert enabled == [report.operator.client_id]
        assert served.client(drill.tokens["same"]).get("/me").status_code == 401


def test_a_database_that_was_restored_by_other_means_is_not_served_before_it_is_reconciled(
    place: Place, drill: Drill
) -> None:
    with place.recovery() as recovery, recovery.database.write() as connection:
        Archive(drill.archive, recovery.vault, unseen).load(connection, unseen)
    with pytest.raises(DatabaseBehind, match="--reconcile"):
        create_app(place.settings)
    with place.recovery() as recovery:
        report = recovery.reconcile(follow=True)
    assert (len(report.clients_deleted), len(report.clients_disabled)) == (1, 2)
    with place.serving() as served:
        assert served.client(drill.tokens["same"]).get("/me").status_code == 401


def test_nothing_is_restored_of_a_backup_that_was_altered(place: Place, drill: Drill) -> None:
    place.restore()
    with place.recovery() as recovery:
        with recovery.database.read() as connection:
            before = facts.last(connection)
        broken = place.settings.home / "broken.zip"
        broken.write_bytes(drill.archive.read_bytes()[:-200])
        with pytest.raises(backup.BackupBroken):
            Archive(broken, recovery.vault, unseen)
        with recovery.database.read() as connection:
            assert facts.last(connection) == before


def test_a_restore_that_breaks_off_changes_nothing(
    place: Place, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.restore()
    with place.recovery() as recovery:
        with recovery.database.write() as connection:
            connection.execute(update(names).values(name=names.c.name + "-kept"))
        witnessed = place.settings.witness_file.read_bytes()
        archive = Archive(drill.archive, recovery.vault, unseen)

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("gateway.storage.restoration.keep_names", die)
        with pytest.raises(KeyboardInterrupt):
            recovery.replace(archive, unseen, follow=True)
        with recovery.database.read() as connection:
            found = connection.execute(select(names.c.name)).scalars().all()
            assert all(name.endswith("-kept") for name in found)
            assert instances.page(connection, Reach("/"), {}, "", 1).rows
    assert place.settings.witness_file.read_bytes() == witnessed


def test_who_has_read_events_up_to_a_number_asks_on_from_it(
    restored: Served, drill: Drill, operator: CheckedClient
) -> None:
    """Numbers are not given twice, and the reader is told why some are left out."""
    with drill.world.served.gateway.services.database.write() as connection:
        while event_log.sequence(connection, 500):
            pass
    with restored.gateway.services.database.write() as connection:
        while event_log.sequence(connection, 500):
            pass
    known = drill.world.call("GET", "/events?limit=1")["last"]
    found = operator.get(f"/events?after={known}&limit=1000").get_json()

    assert {each["number"] > event_log.LEAP for each in found["items"]} == {True}
    assert [each["type"] for each in found["items"]].count("gateway.restored") == 1
    numbers = [each["number"] for each in found["items"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    with restored.gateway.services.database.read() as connection:
        for reseller in drill.world.resellers.values():
            assert event_log.last(connection, reseller) >= event_log.LEAP
