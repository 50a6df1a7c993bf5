"""The log of events as its readers see it, asked for in parts."""

import json
import re
from datetime import timedelta

import pytest

from gateway.events import log
from gateway.model import now
from gateway.storage import event_log
from tests.resources.heard import events, numbers, part, settle, standing, tell, whole
from tests.served import CheckedClient, assert_problem
from tests.world import RESELLERS, World


@pytest.fixture
def at(own_world: World) -> int:
    """The number of the last event of A's log."""
    return standing(own_world, "a_admin")


@pytest.fixture
def reader(own_world: World) -> CheckedClient:
    return own_world.personas["a_reader"]


# in parts


def test_a_poller_gets_each_event_once_and_in_order(
    own_world: World, reader: CheckedClient, at: int
) -> None:
    tell(own_world, "A", *"abcdefg")
    found = whole(reader, after=at, limit=3)

    assert [each["subject"] for each in found] == list("abcdefg")
    assert numbers(found) == list(range(at + 1, at + 8))
    assert part(reader, after=at + 7) == {
        "items": [],
        "after": at + 7,
        "isLast": True,
        "last": at + 7,
    }


def test_without_a_number_it_begins_with_the_oldest(reader: CheckedClient, at: int) -> None:
    assert numbers(part(reader, limit=2)["items"]) == [1, 2]
    assert at > 2


def test_an_event_is_a_cloud_event(own_world: World, at: int) -> None:
    made = own_world.new_instance("A1")
    settle(own_world)
    found = whole(own_world.personas["a_admin"], after=at, types="instance.created")[0]

    assert found == {
        "specversion": "1.0",
        "id": found["id"],
        "source": own_world.served.settings.issuer,
        "type": "instance.created",
        "subject": made["id"],
        "time": found["time"],
        "datacontenttype": "application/json",
        "number": found["number"],
        "reseller": own_world.resellers["A1"],
        "instance": made["id"],
        "deployment": made["deployment"],
        "data": {"status": "active"},
    }
    assert re.fullmatch(r"evt_[0-9a-f]{32}", found["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", found["time"])


def test_types_and_their_families_narrow_what_is_told_and_the_number_goes_on(
    own_world: World, reader: CheckedClient, at: int
) -> None:
    tell(own_world, "A", "a")
    tell(own_world, "A", "b", kind="instance.updated")
    tell(own_world, "A", "c", "d")

    for wanted in ("instance.updated", "instance.*", "reseller.suspended,instance.updated"):
        found = part(reader, after=at, types=wanted)
        assert [each["subject"] for each in found["items"]] == ["b"]
        assert (found["after"], found["isLast"]) == (at + 4, True)


def test_one_call_looks_through_so_many_and_says_that_it_was_not_the_last(
    own_world: World, reader: CheckedClient, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "WINDOW", 3)
    tell(own_world, "A", *"abcdefg")
    tell(own_world, "A", "z", kind="instance.updated")
    first = part(reader, after=at, types="instance.updated")

    assert first == {"items": [], "after": at + 3, "isLast": False, "last": at + 8}
    assert numbers(whole(reader, after=at, types="instance.updated")) == [at + 8]


@pytest.mark.parametrize("wanted", ["instance.creatd", "", "instance.created,", "*"])
def test_a_type_that_is_none_is_refused(reader: CheckedClient, wanted: str) -> None:
    answer = reader.get("/events", query_string={"types": wanted})
    assert_problem(answer, 422, "INVALID_INPUT")


def test_a_number_that_no_event_has_yet_is_refused(reader: CheckedClient, at: int) -> None:
    answer = reader.get(f"/events?after={at + 1}")
    faults = assert_problem(answer, 422, "INVALID_INPUT")["errors"]

    assert [(each["pointer"], each["code"]) for each in faults] == [("/query/after", "NOT_YET")]


def test_what_is_forgotten_is_gone_and_the_answer_says_from_where_to_go_on(
    own_world: World,
) -> None:
    reader = own_world.personas["a1_admin"]
    tell(own_world, "A1", *"abc")
    at = int(part(reader)["last"]) - 3
    with own_world.served.gateway.services.database.write() as connection:
        later = now() + timedelta(days=1)
        event_log.trim(connection, own_world.resellers["A1"], later, at + 1)

    gone = assert_problem(reader.get(f"/events?after={at}"), 410, "EVENTS_TRIMMED", oldest=at + 2)
    assert f"after={at + 1}" in gone["detail"]
    assert numbers(part(reader, after=at + 1)["items"]) == [at + 2, at + 3]
    assert numbers(part(reader)["items"]) == [at + 2, at + 3]
    headers = {"Last-Event-ID": str(at)}
    assert_problem(reader.get("/events/stream", headers=headers), 410, "EVENTS_TRIMMED")


# whose


def test_everybody_hears_what_happens_to_its_reseller_and_below_and_of_nothing_else(
    own_world: World,
) -> None:
    below = {
        "operator": set(RESELLERS) | {"root"},
        "root_reader": set(RESELLERS) | {"root"},
        "a_admin": {"A", "A1"},
        "a_reader": {"A", "A1"},
        "a1_admin": {"A1"},
        "b_admin": {"B"},
    }
    before = {name: part(own_world.personas[name])["last"] for name in below}
    for owner in own_world.resellers:
        tell(own_world, owner, f"of-{owner}")

    for name, owners in below.items():
        found = whole(own_world.personas[name], after=before[name])
        assert {each["subject"] for each in found} == {f"of-{owner}" for owner in owners}, name
        assert {each["reseller"] for each in found} == {own_world.resellers[o] for o in owners}
        assert numbers(found) == list(range(before[name] + 1, before[name] + 1 + len(owners)))


def test_what_happens_between_two_neighbours_names_neither_to_the_other(own_world: World) -> None:
    made = own_world.new_instance("A")
    other = own_world.resellers["B"]
    own_world.call("POST", f"/instances/{made['id']}/transfer", {"reseller": other})
    own_world.call("PATCH", f"/instances/{made['id']}", {"labels": {"of": "B"}})
    settle(own_world)

    for persona, letter, stranger in (("a_admin", "A", "B"), ("b_admin", "B", "A")):
        found = [
            each
            for each in whole(own_world.personas[persona])
            if each.get("instance") == made["id"]
        ]
        types = [each["type"] for each in found if each["type"].startswith("instance.")]
        assert (
            types
            == {
                "A": ["instance.created", "instance.transferred_out"],
                "B": ["instance.transferred_in", "instance.updated"],
            }[letter]
        )
        assert own_world.resellers[stranger] not in json.dumps(found)
        assert own_world.clients["operator"] not in json.dumps(found)


def test_nothing_that_is_told_is_anybody_s_text(own_world: World) -> None:
    """Names, labels and passwords have marks; none of them is in any event."""
    made = own_world.new_archive("A")
    body = {"displayName": "CANARY-renamed", "labels": {"CANARY-key": "CANARY-value"}}
    own_world.call("PATCH", f"/instances/{made['id']}?restart=true", body)
    own_world.sites["alpha"].control.fault("failed", "StopInstances", text="CANARY-text", count=1)
    own_world.operator.post(f"/instances/{made['id']}/stop")
    settle(own_world)

    told = json.dumps(whole(own_world.operator))
    assert "instance.updated" in told
    assert "operation.failed" in told
    secrets = [site.simulator.announcement()["password"] for site in own_world.sites.values()]
    assert [word for word in ("CANARY", "\\\\", made["instanceID"], *secrets) if word in told] == []


def test_a_restricted_client_hears_of_its_instances_only(own_world: World, at: int) -> None:
    home = own_world.home["id"]
    grant = {"permissions": ["events:read"], "instances": [home]}
    client = own_world.new_client("A", **grant)
    mine = own_world.served.log_in(client["clientId"], client["clientSecret"])
    tell(own_world, "A", "a", f"ins_{0:032x}", home, "b")

    found = part(mine, after=at)
    assert [each["subject"] for each in found["items"]] == [home]
    assert found["after"] == at + 4
    told = events(mine.get(f"/events/stream?seconds=0&after={at}").text)
    assert [(each.name, each.id) for each in told] == [
        ("event", str(at + 3)),
        ("position", str(at + 4)),
    ]


def test_who_may_not_read_events_is_refused(own_world: World) -> None:
    for path in ("/events", "/events/stream"):
        answer = own_world.personas["a_portal"].get(path)
        assert_problem(answer, 403, "PERMISSION_MISSING", permission="events:read")
