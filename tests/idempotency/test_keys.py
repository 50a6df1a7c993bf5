"""What a key stands for, how long, and for whom (security.md, 101 to 104; threat T17)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from werkzeug.test import TestResponse

from gateway.storage.idempotency_keys import Claim, Known, Use
from gateway.storage.tables import idempotency_keys, operations
from tests.idempotency.conftest import Post
from tests.served import assert_problem
from tests.world import World

REPLAYED = "Idempotency-Replayed"
JANE = {"userName": "jane-two", "fullName": "Jane", "password": "CANARY-a-short-one"}


def is_replay(response: TestResponse) -> bool:
    return response.headers.get(REPLAYED) == "true"


def keys(world: World) -> list[Any]:
    """Return the rows of all keys."""
    with world.served.gateway.services.database.read() as connection:
        return list(connection.execute(select(idempotency_keys)).all())


# what is the same call


def test_the_same_key_with_another_body_is_refused(own_world: World, post: Post) -> None:
    assert post("/resellers", {"name": "one"}, "body").status_code == 201
    count = len(own_world.call("GET", "/resellers?limit=500")["items"])

    assert_problem(post("/resellers", {"name": "two"}, "body"), 422, "IDEMPOTENCY_KEY_REUSED")
    assert len(own_world.call("GET", "/resellers?limit=500")["items"]) == count


def test_the_spelling_of_a_body_does_not_matter(own_world: World, post: Post) -> None:
    first = post("/resellers", {"name": "spelt", "externalId": "R-1"}, "spelling")
    again = own_world.operator.post(
        "/resellers",
        data='{ "externalId": "R-1",\n "name": "spelt" }',
        content_type="application/json",
        headers={"Idempotency-Key": "spelling"},
    )

    assert is_replay(again)
    assert again.json == first.json


def test_the_same_key_with_another_query_is_refused(own_world: World, post: Post) -> None:
    made = own_world.new_instance("A")
    path, body = f"/instances/{made['id']}/transfer", {"reseller": own_world.resellers["B"]}
    assert post(path, body, "query").status_code == 200

    assert_problem(post(f"{path}?validateOnly=true", body, "query"), 422, "IDEMPOTENCY_KEY_REUSED")


def test_the_same_key_on_another_route_is_another_key(own_world: World, post: Post) -> None:
    one, two = own_world.new_instance("A"), own_world.new_instance("A")
    calls = [("stop", one), ("stop", two), ("start", one)]

    for verb, instance in calls:
        answer = post(f"/instances/{instance['id']}/{verb}", {}, "route")
        assert answer.status_code == 200, answer.text
        assert not is_replay(answer)


def test_the_key_of_another_client_is_another_key(post: Post) -> None:
    first = post("/resellers", {"name": "mine"}, "shared", "a_admin")
    second = post("/resellers", {"name": "mine"}, "shared", "b_admin")

    assert (first.status_code, second.status_code) == (201, 201)
    assert not is_replay(second)
    assert first.json["id"] != second.json["id"]


@pytest.mark.parametrize("key", ["", "a b", "tab\tin", "\u00e4", "k" * 256])
def test_a_key_that_is_no_word_is_refused(post: Post, key: str) -> None:
    answer = post("/resellers", {"name": "never"}, key.encode("utf-8").decode("latin-1"))
    assert_problem(answer, 400, "MALFORMED_REQUEST")


def test_the_longest_key_is_taken(post: Post) -> None:
    assert post("/resellers", {"name": "long"}, "~" * 255).status_code == 201
    assert is_replay(post("/resellers", {"name": "long"}, "~" * 255))


# what leaves no key


def test_what_is_not_valid_leaves_no_key(own_world: World, post: Post) -> None:
    before = len(keys(own_world))
    assert_problem(post("/resellers", {"nam": "typo"}, "typo"), 422, "INVALID_INPUT")
    assert len(keys(own_world)) == before

    mended = post("/resellers", {"name": "typo"}, "typo")
    assert mended.status_code == 201
    assert not is_replay(mended)


def test_what_is_refused_leaves_no_key(own_world: World, post: Post) -> None:
    before, foreign = len(keys(own_world)), own_world.new_instance("B")
    assert post("/resellers", {"name": "x"}, "refused", "a_reader").status_code == 403
    assert post(f"/instances/{foreign['id']}/stop", {}, "refused", "a_admin").status_code == 404
    assert post(f"/instances/{foreign['id']}/undelete", {}, "refused").status_code == 409
    assert len(keys(own_world)) == before


def test_a_rehearsal_leaves_no_key(own_world: World, post: Post) -> None:
    made = own_world.new_instance("A")
    path, body = f"/instances/{made['id']}/transfer", {"reseller": own_world.resellers["B"]}
    post(f"{path}?validateOnly=true", body, "rehearsal")

    done = post(path, body, "rehearsal")
    assert done.status_code == 200
    assert not is_replay(done)


def test_what_was_never_sent_is_sent_by_the_retry(own_world: World, post: Post) -> None:
    made, site = own_world.new_instance("A"), own_world.sites["alpha"]
    path = f"/instances/{made['id']}/stores"
    site.control.fault("status", "CreateStore", status=401, text="Unauthorized")
    assert post(path, {"name": "More"}, "unsent").status_code >= 500

    done = post(path, {"name": "More"}, "unsent")
    assert done.status_code == 201, done.text
    assert not is_replay(done)


# what a repetition is answered


def test_what_spe_refused_is_not_tried_again(own_world: World, post: Post) -> None:
    made, site = own_world.new_instance("A"), own_world.sites["alpha"]
    site.control.fault("failed", "CreateStore", text="Disk full.")
    first = post(f"/instances/{made['id']}/stores", {"name": "More"}, "refusal")
    own_world.forget()
    again = post(f"/instances/{made['id']}/stores", {"name": "More"}, "refusal")

    assert_problem(first, 502, "COMMAND_FAILED")
    assert_problem(again, 502, "COMMAND_FAILED", operation=first.json["operation"])
    assert is_replay(again)
    assert own_world.changes() == []


def test_an_operation_that_runs_is_returned_as_it_stands(own_world: World) -> None:
    made, site = own_world.new_archive("A"), own_world.sites["alpha"]
    site.control.pause()
    headers = {"Idempotency-Key": "running", "Prefer": "wait=0"}
    path = f"/instances/{made['id']}/stores/verify"
    first = own_world.operator.post(path, json={}, headers=headers)
    again = own_world.operator.post(path, json={}, headers=headers)
    site.control.resume()
    ended = own_world.operator.post(path, json={}, headers={**headers, "Prefer": "wait=20"})

    assert (first.status_code, again.status_code, ended.status_code) == (202, 202, 200)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Location"] == first.headers["Location"]
    assert is_replay(again)
    assert is_replay(ended)
    assert ended.json["finished"] is True


def test_an_outcome_that_is_unknown_stays_so_until_a_person_settles_it(
    own_world: World, post: Post
) -> None:
    made, site = own_world.new_archive("A"), own_world.sites["alpha"]
    path = f"/instances/{made['id']}/stores/verify"
    site.control.fault("drop-after", "VerifyStores")
    first = assert_problem(post(path, {}, "lost"), 502, "ANSWER_LOST")
    own_world.forget()
    again = assert_problem(post(path, {}, "lost"), 502, "ANSWER_LOST")
    word = {"outcome": "succeeded", "note": "SPE's own log says so."}
    own_world.call("POST", f"/operations/{first['operation']}/resolve", word)
    settled = post(path, {}, "lost")

    assert again["operation"] == first["operation"]
    assert (settled.status_code, settled.json["status"]) == (202, "succeeded")
    assert settled.json["note"] == word["note"]
    assert own_world.changes() == []


def test_a_secret_is_shown_once_and_kept_nowhere(own_world: World, post: Post) -> None:
    body = {"name": "secretive", "reseller": own_world.resellers["A"]}
    first, again = post("/clients", body, "secret"), post("/clients", body, "secret")
    rotation = f"/clients/{first.json['id']}/rotate-secret"
    rotated, anew = post(rotation, {}, "secret"), post(rotation, {}, "secret")

    assert first.json["clientSecret"] != rotated.json["clientSecret"]
    assert again.json == {**first.json, "clientSecret": None}
    assert is_replay(anew)
    assert anew.json["clientSecret"] is None
    stored = str(keys(own_world))
    assert first.json["clientSecret"] not in stored
    assert rotated.json["clientSecret"] not in stored


def test_neither_key_nor_body_can_be_read_or_guessed_from_the_row(
    own_world: World, post: Post
) -> None:
    made = own_world.new_archive("A")
    assert post(f"/instances/{made['id']}/users", JANE, "CANARY-key").status_code == 201
    row = next(each for each in keys(own_world) if each.operation == "createUser")

    assert "CANARY" not in str(row)
    assert own_world.served.gateway.services.broker.ledger.vault.open(row.fingerprint)


# rights are judged again


def fresh_client(world: World, **grant: list[str]) -> tuple[str, Callable[..., TestResponse]]:
    made = world.new_client("A", **grant)
    client = world.served.log_in(made["clientId"], made["clientSecret"])

    def send(path: str, body: object, key: str) -> TestResponse:
        return client.post(path, json=body, headers={"Idempotency-Key": key})

    return made["id"], send


def test_a_revoked_client_gets_no_replay(own_world: World) -> None:
    client, send = fresh_client(own_world, roles=["reseller-admin"])
    assert send("/resellers", {"name": "r"}, "revoked").status_code == 201
    own_world.call("PATCH", f"/clients/{client}", {"disabled": True})

    assert_problem(send("/resellers", {"name": "r"}, "revoked"), 401, "UNAUTHENTICATED")


def test_a_client_that_lost_the_right_gets_no_replay(own_world: World) -> None:
    client, send = fresh_client(own_world, roles=["reseller-admin"])
    made = own_world.new_archive("A")
    users = f"/instances/{made['id']}/users"
    admin = {"userName": "boss", "privileges": ["admin"]}
    assert send("/resellers", {"name": "r"}, "right").status_code == 201
    assert send(users, admin, "right").status_code == 201
    own_world.call("PATCH", f"/clients/{client}", {"roles": [], "permissions": ["users:create"]})

    refused = send("/resellers", {"name": "r"}, "right")
    assert_problem(refused, 403, permission="resellers:create")
    assert_problem(send(users, admin, "right"), 403, permission="users:admin")


def test_what_was_deleted_is_not_shown_again(own_world: World, post: Post) -> None:
    made = post("/resellers", {"name": "short-lived"}, "deleted")
    own_world.call("DELETE", f"/resellers/{made.json['id']}", status=204)
    again = post("/resellers", {"name": "short-lived"}, "deleted")

    assert_problem(again, 404, "NOT_FOUND")
    assert not is_replay(again)


def test_a_purged_instance_is_not_shown_again_but_its_purge_is(
    own_world: World, post: Post
) -> None:
    body = {
        "instanceID": "purged-one",
        "displayName": "P",
        "deployment": own_world.sites["alpha"].id,
    }
    made = post("/instances", body, "purge")
    path = f"/instances/{made.json['id']}"
    own_world.call("DELETE", path)
    assert post("/instances", body, "purge").json["status"] == "deleted"
    sure = {"instanceID": "purged-one", "legalHoldChecked": True}
    purged = post(f"{path}/purge", sure, "purge")

    assert_problem(post("/instances", body, "purge"), 404, "NOT_FOUND")
    assert post(f"{path}/purge", sure, "purge").json == purged.json


def test_the_former_owner_of_an_instance_gets_no_replay(own_world: World, post: Post) -> None:
    made = own_world.new_instance("A")
    path = f"/instances/{made['id']}/stop"
    assert post(path, {}, "given-away", "a_admin").status_code == 200
    giving = {"reseller": own_world.resellers["B"]}
    own_world.call("POST", f"/instances/{made['id']}/transfer", giving)

    assert_problem(post(path, {}, "given-away", "a_admin"), 404, "NOT_FOUND")


# time


def test_a_key_counts_a_week_for_what_creates_and_a_day_for_the_rest(
    own_world: World, post: Post
) -> None:
    made = own_world.new_instance("A")
    post("/resellers", {"name": "week"}, "time")
    post(f"/instances/{made['id']}/stop", {}, "time")
    kept = {
        each.operation: each.expire_time - each.create_time
        for each in keys(own_world)
        if each.operation in {"createReseller", "stopInstance"}
    }

    assert kept["createReseller"] == timedelta(days=7)
    assert kept["stopInstance"] == timedelta(days=1)


def test_a_key_counts_at_least_as_long_as_its_operation_may_run(
    own_world: World, post: Post
) -> None:
    made = own_world.new_archive("A")
    verified = post(f"/instances/{made['id']}/stores/verify", {}, "long-run")
    assert verified.status_code == 200
    with own_world.served.gateway.services.database.read() as connection:
        query = select(idempotency_keys.c.expire_time, operations.c.deadline).join(
            operations, operations.c.id == idempotency_keys.c.target
        )
        query = query.where(
            operations.c.instance == made["id"], operations.c.kind == "verifyStores"
        )
        expiry, deadline = connection.execute(query).one()
    assert expiry == deadline


def test_an_expired_key_counts_no_more_and_is_forgotten(own_world: World, post: Post) -> None:
    services = own_world.served.gateway.services
    assert post("/resellers", {"name": "aged"}, "aged").status_code == 201
    row = max(keys(own_world), key=lambda each: each.create_time)
    content = services.broker.ledger.vault.open(row.fingerprint)
    use = Use(row.scope, row.client, row.operation, content, timedelta(days=7))

    assert isinstance(services.idempotency_keys.take(use), Known)
    with time_machine.travel(row.expire_time + timedelta(seconds=1)):
        assert isinstance(services.idempotency_keys.take(use), Claim)
    with time_machine.travel(row.expire_time + timedelta(days=8)):
        services.broker.ledger.tidy()
    assert row.scope not in {each.scope for each in keys(own_world)}
