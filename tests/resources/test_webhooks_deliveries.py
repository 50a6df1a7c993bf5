"""What is sent to a webhook, what is written down of it, and what is sent again."""

import json

import pytest

from tests.core import until
from tests.resources.hooks import Receiver, checks, ended, get, made
from tests.served import assert_problem
from tests.world import World

pytestmark = pytest.mark.usefixtures("without_webhooks")


def test_what_happens_is_sent_signed_and_what_is_sent_is_written_down(
    own_world: World, receiver: Receiver
) -> None:
    hook = made(own_world, url=receiver.url, types=["instance.*"])
    instance = own_world.new_instance("A")
    own_world.new_instance("B")
    until(lambda: receiver.got)
    log = until(lambda: ended(own_world, hook))

    headers, body = receiver.got[0]
    assert checks(hook["secret"], headers, body)
    assert not checks(hook["secret"], headers, body + b" ")
    assert headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    told = json.loads(body)
    assert (told["type"], told["instance"]) == ("instance.created", instance["id"])
    own = own_world.served.contract
    own.check_body({"$ref": "#/components/schemas/CloudEvent"}, told)
    assert [each["event"] for each in log] == [told["id"]]
    assert (log[0]["number"], log[0]["cause"]) == (told["number"], "event")
    assert [each["status"] for each in log[0]["attempts"]] == [204]
    assert {each["reseller"] for each in receiver.events()} == {own_world.resellers["A"]}


def test_a_test_is_sent_at_once_and_says_what_came_of_it(
    own_world: World, receiver: Receiver
) -> None:
    hook = made(own_world, url=receiver.url)
    path = f"/webhooks/{hook['id']}"
    answer = own_world.personas["a_admin"].post(f"{path}/test")

    assert answer.status_code == 201
    delivery = answer.get_json()
    assert (delivery["status"], delivery["type"], delivery["cause"], delivery["number"]) == (
        "delivered",
        "webhook.test",
        "test",
        None,
    )
    assert [each["id"] for each in receiver.events()] == [delivery["event"]]
    assert get(own_world, answer.headers["Location"]) == delivery
    receiver.status = 410
    failed = own_world.personas["a_admin"].post(f"{path}/test").get_json()
    assert (failed["status"], failed["nextTime"]) == ("failed", None)
    assert [each["problem"] for each in failed["attempts"]] == ["NOT_ACCEPTED"]
    assert get(own_world, path)["status"] == "active"


def test_what_was_sent_is_sent_again_with_the_same_id(own_world: World, receiver: Receiver) -> None:
    hook = made(own_world, url=receiver.url, types=["instance.created"])
    own_world.new_instance("A")
    [delivery] = until(lambda: ended(own_world, hook))
    path, admin = f"/webhooks/{hook['id']}", own_world.personas["a_admin"]

    answer = admin.post(f"{path}/deliveries/{delivery['id']}/redeliver")
    assert answer.status_code == 201
    again = answer.get_json()
    assert (again["cause"], again["event"]) == ("redelivery", delivery["event"])
    assert again["id"] != delivery["id"]
    until(lambda: len(receiver.got) == 2)
    part = {"after": delivery["number"] - 1, "until": delivery["number"]}
    assert admin.post(f"{path}/replay", json=part).get_json() == {"deliveries": 1}
    until(lambda: len(receiver.got) == 3)
    assert len({body for _, body in receiver.got}) == 1
    assert {headers["webhook-id"] for headers, _ in receiver.got} == {delivery["event"]}
    causes = [each["cause"] for each in get(own_world, f"{path}/deliveries")["items"]]
    assert causes == ["replay", "redelivery", "event"]
    key = {"Idempotency-Key": "replay"}
    counts = [admin.post(f"{path}/replay", json=part, headers=key).get_json() for _ in range(2)]
    assert counts == [{"deliveries": 1}] * 2


def test_a_replay_that_is_empty_or_too_long_is_refused(own_world: World) -> None:
    path = f"/webhooks/{made(own_world)['id']}/replay"
    for after, until_number in ((5, 5), (5, 4), (0, 10_001)):
        body = {"after": after, "until": until_number}
        answer = own_world.personas["a_admin"].post(path, json=body)
        assert_problem(answer, 422, "INVALID_INPUT")


def test_nothing_is_sent_again_to_who_is_disabled(own_world: World, receiver: Receiver) -> None:
    hook = made(own_world, url=receiver.url)
    path, admin = f"/webhooks/{hook['id']}", own_world.personas["a_admin"]
    delivery = admin.post(f"{path}/test").get_json()["id"]
    admin.patch(path, json={"status": "disabled"})

    replay = admin.post(f"{path}/replay", json={"after": 0, "until": 1})
    assert_problem(replay, 409, "CONFLICT")
    assert_problem(admin.post(f"{path}/deliveries/{delivery}/redeliver"), 409, "CONFLICT")


def test_deliveries_are_listed_by_state_and_type(own_world: World, receiver: Receiver) -> None:
    hook = made(own_world, url=receiver.url, types=["webhook.disabled"])
    path, admin = f"/webhooks/{hook['id']}", own_world.personas["a_admin"]
    good = [admin.post(f"{path}/test").get_json()["id"] for _ in range(2)]
    receiver.status = 500
    bad = admin.post(f"{path}/test").get_json()["id"]

    def ids(query: str) -> list[str]:
        return [each["id"] for each in get(own_world, f"{path}/deliveries{query}")["items"]]

    assert ids("") == [bad, *reversed(good)]
    assert ids("?status=failed") == [bad]
    assert ids("?status=delivered&type=webhook.test") == [*reversed(good)]
    assert ids("?type=instance.created") == []
    page = get(own_world, f"{path}/deliveries?limit=2")
    rest = get(own_world, f"{path}/deliveries?limit=2&cursor={page['nextCursor']}")
    assert [each["id"] for each in page["items"] + rest["items"]] == [bad, *reversed(good)]


def test_after_a_rotation_both_secrets_sign(own_world: World, receiver: Receiver) -> None:
    hook = made(own_world, url=receiver.url)
    path, admin = f"/webhooks/{hook['id']}", own_world.personas["a_admin"]
    rotated = admin.post(f"{path}/rotate-secret").get_json()
    admin.post(f"{path}/test")

    assert rotated["secret"] != hook["secret"]
    assert [each["expireTime"] is None for each in rotated["secrets"]] == [True, False]
    [(headers, body)] = receiver.got
    assert checks(rotated["secret"], headers, body)
    assert checks(hook["secret"], headers, body)
    again = admin.post(f"{path}/rotate-secret").get_json()
    admin.post(f"{path}/test")
    headers, body = receiver.got[-1]
    assert checks(again["secret"], headers, body)
    assert not checks(hook["secret"], headers, body)


def test_a_delivery_is_one_of_its_webhook_only(own_world: World, receiver: Receiver) -> None:
    first, second = (made(own_world, url=receiver.url) for _ in range(2))
    admin = own_world.personas["a_admin"]
    delivery = admin.post(f"/webhooks/{first['id']}/test").get_json()["id"]

    path = f"/webhooks/{second['id']}/deliveries/{delivery}"
    assert_problem(admin.get(path), 404, "NOT_FOUND")
    assert_problem(admin.post(f"{path}/redeliver"), 404, "NOT_FOUND")
