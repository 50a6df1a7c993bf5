"""An old backup comes back while the deployments have moved on: nobody's instance changes hands.

What was made since is nobody's until its owner has it back, what is gone is missing, and who was
let go stays away (check 110, F30).
"""

from collections.abc import Iterator

import pytest

from gateway.spe.commands.stores import RENAME_STORE
from gateway.storage import backup
from tests.answers import JSON
from tests.behind import Console, look, strange
from tests.faults.drill import Drill, empty_place, go_on, prepare, unseen
from tests.served import CheckedClient, Served, assert_problem
from tests.world import world

STRANGER = "stranger"


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """An hour of changes after a backup, through the gateway and past it."""
    with world(tmp_path_factory.mktemp("drill")) as made:
        found = Drill(made, tmp_path_factory.mktemp("backups") / "gateway.zip")
        prepare(found)
        alpha = made.sites["alpha"]
        for fate in ("released", "vanished"):
            found.instances[fate] = made.new_instance("A")
        opaque = strange(made, alpha, STRANGER)
        services = made.served.gateway.services
        backup.write(services.database, services.broker.ledger.vault, found.archive, unseen)

        go_on(found)
        let_go = found.instances["released"]
        body = {"instanceID": let_go["instanceID"]}
        made.call("POST", f"/inventory/{let_go['id']}/release", body)
        adopter = {"reseller": made.resellers["B"]}
        found.instances["adopted"] = made.call("POST", f"/inventory/{opaque}/adopt", adopter, 201)
        Console(alpha.simulator).delete(found.instances["vanished"]["instanceID"])
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def restored(
    request: pytest.FixtureRequest, drill: Drill, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The gateway of the backup, after it has looked at what there is."""
    home = tmp_path_factory.mktemp("restored")
    with empty_place(request, request.param, drill, home) as place:
        place.restore()
        with place.serving() as served:
            drill.world.forget()
            for site in drill.world.sites.values():
                look(served.gateway, site.id)
            sent = {entry["command"] for entry in drill.world.changes()}
            assert sent - {RENAME_STORE.name} == set()  # which the first gateway had begun
            yield served


@pytest.fixture(scope="module")
def operator(restored: Served) -> CheckedClient:
    return restored.log_in(restored.operator.client_id, restored.operator.client_secret)


@pytest.fixture(scope="module")
def strangers(operator: CheckedClient) -> dict[str, JSON]:
    """What nobody owns after the restore, by the names that SPE knows."""
    page = operator.get("/inventory/unowned?limit=500").json
    return {each["instanceID"]: each for each in page["items"]}


def test_what_was_made_or_let_go_since_is_nobodys_and_only_its_owner_can_have_it(
    drill: Drill, strangers: dict[str, JSON]
) -> None:
    last = {"newcomer": "A", "released": "A", "adopted": "B"}
    expected = {
        drill.instances[fate]["instanceID"]: drill.world.resellers[owner]
        for fate, owner in last.items()
    }
    assert {name: row["formerReseller"] for name, row in strangers.items()} == expected


def test_what_was_adopted_since_has_the_id_under_which_it_was_found(
    drill: Drill, strangers: dict[str, JSON]
) -> None:
    assert strangers[STRANGER]["id"] == drill.instances["adopted"]["id"]


def test_what_is_gone_by_now_is_missing_and_still_its_owners(
    drill: Drill, operator: CheckedClient
) -> None:
    vanished = drill.instances["vanished"]
    items = operator.get("/instances?limit=500").json["items"]
    missing = {each["id"] for each in items if each["drift"] and "missing" in each["drift"]}
    assert missing == {vanished["id"]}
    assert operator.get(f"/instances/{vanished['id']}").json["reseller"] == vanished["reseller"]


def test_every_instance_is_its_last_owners(drill: Drill, operator: CheckedClient) -> None:
    items = operator.get("/instances?limit=500").json["items"]
    owners = {each["id"]: each["reseller"] for each in items}
    resellers = drill.world.resellers
    last = {"moved": drill.instances["moved"]["reseller"], "lost": resellers["B"]}
    last |= dict.fromkeys(("kept", "removed", "vanished"), resellers["A"])
    assert {fate: owners.get(drill.instances[fate]["id"]) for fate in last} == last
    for fate in ("purged", "released", "newcomer", "adopted"):
        assert drill.instances[fate]["id"] not in owners


def test_whoever_was_let_go_stays_away(restored: Served, drill: Drill) -> None:
    for fate in ("deleted", "rotated", "narrowed"):
        client = drill.clients[fate]
        form = {
            "grant_type": "client_credentials",
            "client_id": client["clientId"],
            "client_secret": client["clientSecret"],
        }
        assert restored.client().post("/oauth/token", data=form).status_code == 401
    for token in drill.tokens.values():
        assert restored.client(token).get("/me").status_code == 401


@pytest.mark.parametrize("fate", ["newcomer", "released", "adopted"])
def test_it_goes_to_nobody_else_and_back_to_its_owner(
    drill: Drill, operator: CheckedClient, strangers: dict[str, JSON], fate: str
) -> None:
    row = strangers[drill.instances[fate]["instanceID"]]
    path, owner = f"/inventory/{row['id']}/adopt", row["formerReseller"]
    others = {drill.world.resellers[name] for name in ("A", "A1", "B")} - {owner}
    for other in sorted(others):
        assert_problem(operator.post(path, json={"reseller": other}), 409, "NAME_TAKEN")
    back = operator.post(path, json={"reseller": owner})
    assert back.status_code == 201, back.text
    assert back.json["instanceID"] == drill.instances[fate]["instanceID"]
