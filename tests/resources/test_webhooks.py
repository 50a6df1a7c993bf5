"""Webhooks over REST: whose they are, and what is shown of them."""

import pytest

from gateway.events.webhooks import MOST
from tests.answers import JSON
from tests.core import until
from tests.resources.hooks import URL, Receiver, get, made, quiet
from tests.served import assert_problem
from tests.world import World

pytestmark = pytest.mark.usefixtures("without_webhooks")


def test_a_secret_is_shown_once(own_world: World) -> None:
    hook = made(own_world)
    path = f"/webhooks/{hook['id']}"

    assert hook["secret"].startswith("whsec_")
    shown = get(own_world, path)
    assert "secret" not in shown
    assert shown == {name: value for name, value in hook.items() if name != "secret"}
    assert hook["secret"] not in own_world.personas["a_admin"].get("/webhooks").text


def test_a_repeated_call_makes_one_webhook_and_does_not_show_its_secret(own_world: World) -> None:
    body = {"name": "hook", "url": URL}
    headers = {"Idempotency-Key": "once"}
    first, again = (
        own_world.personas["a_admin"].post("/webhooks", json=body, headers=headers)
        for _ in range(2)
    )

    assert again.get_json() == {**first.get_json(), "secret": None}
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(get(own_world, "/webhooks")["items"]) == 1


def test_a_webhook_that_is_disabled_is_told_and_goes_on_where_it_stopped(
    own_world: World, receiver: Receiver
) -> None:
    hook = made(own_world, url=receiver.url, types=["instance.created", "webhook.disabled"])
    path, admin = f"/webhooks/{hook['id']}", own_world.personas["a_admin"]
    off = admin.patch(path, json={"status": "disabled"}).get_json()
    assert (off["status"], off["disableReason"], off["missed"]) == ("disabled", "requested", None)
    assert off["disableTime"]
    names = {own_world.new_instance("A")["id"] for _ in range(2)}
    quiet(own_world)
    assert admin.post(f"{path}/test").get_json()["status"] == "delivered"
    assert len(receiver.got) == 1

    def enabled() -> JSON:
        found: JSON = admin.patch(path, json={"status": "active"}).get_json()
        return found

    on = enabled()
    assert (on["status"], on["disableReason"], on["disableTime"]) == ("active", None, None)
    assert on["missed"] == {"events": 3, "forgotten": 0}
    assert enabled()["missed"] is None
    until(lambda: len(receiver.got) == 4)
    told = receiver.events()[1:]
    assert {each["instance"] for each in told if "instance" in each} == names
    [notice] = [each for each in told if each["type"] == "webhook.disabled"]
    assert (notice["subject"], notice["data"]) == (hook["id"], {"reason": "requested"})


def test_of_two_changes_at_once_one_is_refused(own_world: World) -> None:
    path = f"/webhooks/{made(own_world)['id']}"
    admin = own_world.personas["a_admin"]
    tag = admin.get(path).headers["ETag"]
    first = admin.patch(path, json={"name": "one"}, headers={"If-Match": tag})
    second = admin.patch(path, json={"name": "two"}, headers={"If-Match": tag})

    assert first.status_code == 200
    assert first.headers["ETag"] == admin.get(path).headers["ETag"] != tag
    assert_problem(second, 412, "PRECONDITION_FAILED")
    assert_problem(admin.delete(path, headers={"If-Match": tag}), 412, "PRECONDITION_FAILED")


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://user:secret@hooks.example.com/",
        "https://hooks.example.com/#part",
        "ftp://hooks.example.com/",
        "https://localhost/",
    ],
)
def test_a_webhook_leads_out_into_the_world_only(own_world: World, url: str) -> None:
    admin = own_world.personas["a_admin"]
    refused = admin.post("/webhooks", json={"name": "hook", "url": url})
    assert_problem(refused, 422, "WEBHOOK_TARGET_REFUSED")
    changed = admin.patch(f"/webhooks/{made(own_world)['id']}", json={"url": url})
    assert_problem(changed, 422, "WEBHOOK_TARGET_REFUSED")


def test_types_that_nobody_tells_are_refused(own_world: World) -> None:
    for types in (["instance.exploded"], ["*"], ["instance"], ["webhook.test"], []):
        body = {"name": "hook", "url": URL, "types": types}
        answer = own_world.personas["a_admin"].post("/webhooks", json=body)
        assert_problem(answer, 422, "INVALID_INPUT")


def test_a_reseller_has_so_many_webhooks_and_no_more(own_world: World) -> None:
    for _ in range(MOST):
        made(own_world)
    body = {"name": "hook", "url": URL}
    assert_problem(own_world.personas["a_admin"].post("/webhooks", json=body), 409, "CONFLICT")


def test_who_is_restricted_to_instances_has_no_webhooks(own_world: World) -> None:
    hook = made(own_world)
    rights = [f"webhooks:{verb}" for verb in ("create", "read", "update", "delete")]
    made_client = own_world.new_client("A", permissions=rights, instances=[own_world.home["id"]])
    client = own_world.served.log_in(made_client["id"], made_client["clientSecret"])

    assert client.get("/webhooks").get_json()["items"] == []
    assert_problem(client.get(f"/webhooks/{hook['id']}"), 404, "NOT_FOUND")
    refused = client.post("/webhooks", json={"name": "hook", "url": URL})
    assert_problem(refused, 403, "PERMISSION_MISSING", permission="webhooks:create")


def test_a_reseller_with_a_webhook_is_in_use(own_world: World) -> None:
    reseller = own_world.new_reseller("A")["id"]
    hook = made(own_world, reseller=reseller)["id"]
    admin = own_world.operator
    assert_problem(admin.delete(f"/resellers/{reseller}"), 409, "IN_USE")
    own_world.call("DELETE", f"/webhooks/{hook}", status=204)
    own_world.call("DELETE", f"/resellers/{reseller}", status=204)


def test_every_change_is_in_the_audit_log_and_no_secret_is(
    own_world: World, receiver: Receiver
) -> None:
    hook = made(own_world, url=f"{receiver.url}?token=SECRET-of-the-receiver")
    path, admin = f"/webhooks/{hook['id']}", own_world.personas["a_admin"]
    admin.patch(path, json={"name": "other"})
    secret = admin.post(f"{path}/rotate-secret").get_json()["secret"]
    delivery = admin.post(f"{path}/test").get_json()["id"]
    admin.post(f"{path}/deliveries/{delivery}/redeliver")
    admin.post(f"{path}/replay", json={"after": 0, "until": 1})
    admin.delete(path)
    wanted = {
        "createWebhook",
        "updateWebhook",
        "rotateWebhookSecret",
        "testWebhook",
        "redeliverDelivery",
        "replayWebhook",
        "deleteWebhook",
    }

    def noted() -> bool:
        rows = get(own_world, "/audit-log?limit=500")["items"]
        return wanted <= {row["action"] for row in rows}

    until(noted)
    text = own_world.personas["a_admin"].get("/audit-log?limit=500").text
    assert hook["secret"] not in text
    assert secret not in text
    assert "SECRET-of-the-receiver" not in text
