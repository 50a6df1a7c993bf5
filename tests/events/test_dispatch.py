"""What a log says becomes deliveries: all of it, once, and to nobody else."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection

from gateway.events import dispatch
from gateway.events.types import FAMILIES, TYPES, expanded
from gateway.model import (
    Cause,
    DeliveryStatus,
    Event,
    EventType,
    Happening,
    WebhookStatus,
    now,
)
from gateway.storage import deliveries, event_log
from tests.events.stage import SOURCE, Post


def numbers(post: Post, webhook: Any) -> list[int | None]:  # noqa: ANN401 # a webhook
    return [each.number for each in post.log(webhook)]


def test_each_event_becomes_one_delivery_of_the_envelope(post: Post) -> None:
    webhook = post.webhook()
    post.tell(many=3)
    post.dispatch().run()
    post.dispatch().run()

    log = post.log(webhook)
    assert [each.number for each in log] == [1, 2, 3]
    assert {(each.cause, each.status) for each in log} == {(Cause.EVENT, DeliveryStatus.WAITING)}
    assert post.found(webhook).position == 3
    post.deliver(post.process())
    told = sorted((each.event for each in post.receivers.sent), key=lambda each: each["number"])
    assert [each["id"] for each in told] == [each.event for each in log]
    assert told[0]["specversion"] == "1.0"
    assert told[0]["source"] == SOURCE
    assert told[0]["type"] == "instance.created"
    assert told[0]["reseller"] == "res_a"


def test_a_webhook_hears_of_its_reseller_and_below_and_of_nobody_else(post: Post) -> None:
    hooks = {name: post.webhook(name) for name in ("root", "a", "below", "b")}
    names = Random(7).choices(["a", "below", "b"], k=4_000)  # noqa: S311 # no secret
    post.mix(names)
    post.dispatch().run()

    told = Counter(names)
    wanted = {
        "root": told,
        "a": Counter(a=told["a"], below=told["below"]),
        "below": Counter(below=told["below"]),
        "b": Counter(b=told["b"]),
    }
    for name, webhook in hooks.items():
        events = post.envelopes(webhook)
        assert Counter(each["reseller"].removeprefix("res_") for each in events) == wanted[name]
        assert [each["number"] for each in events] == [*range(1, len(events) + 1)]


@pytest.mark.parametrize(
    ("types", "heard"),
    [
        (None, ["instance.created", "instance.purged", "store.failed"]),
        (("instance.*",), ["instance.created", "instance.purged"]),
        (("store.failed", "instance.purged"), ["instance.purged", "store.failed"]),
        (("quota.*",), []),
    ],
)
def test_a_webhook_hears_of_its_types(
    post: Post, types: tuple[str, ...] | None, heard: Sequence[str]
) -> None:
    webhook = post.webhook(types=types)
    for event in ("instance.created", "instance.purged", "store.failed"):
        post.tell(event=event)
    post.dispatch().run()

    assert [each.type for each in post.log(webhook)] == heard
    assert post.found(webhook).position == 3


def test_every_type_belongs_to_one_family() -> None:
    assert sorted(each for family in FAMILIES for each in expanded([family]) or ()) == list(TYPES)


def test_a_long_log_comes_in_batches(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 3)
    few, many = post.webhook(types=("store.failed",)), post.webhook()
    post.tell(many=5)
    post.tell(event="store.failed", many=3)
    post.dispatch().run()

    assert numbers(post, few) == [6, 7, 8]
    assert numbers(post, many) == [*range(1, 9)]


def test_who_is_new_hears_of_what_comes(post: Post) -> None:
    post.tell(many=2)
    webhook = post.webhook(position=2)
    post.tell()
    post.dispatch().run()

    assert numbers(post, webhook) == [3]


def test_processes_that_race_make_no_delivery_twice_and_leave_none_out(everywhere: Post) -> None:
    hooks = [everywhere.webhook(name) for name in ("root", "a", "a", "below")]
    everywhere.tell("below", many=700)
    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(everywhere.dispatch().run) for _ in range(6)]:
            done.result()
    everywhere.dispatch().run()

    for webhook in hooks:
        assert numbers(everywhere, webhook) == [*range(1, 701)]
        assert everywhere.found(webhook).position == 700


def test_a_crash_halfway_makes_none_and_the_next_one_all(
    everywhere: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = everywhere.webhook()
    everywhere.tell(many=4)
    add = deliveries.add

    def crash(connection: Connection, made: Any) -> None:  # noqa: ANN401 # deliveries
        add(connection, made)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "add", crash)
        everywhere.dispatch().run()
    assert (numbers(everywhere, webhook), everywhere.found(webhook).position) == ([], 0)

    everywhere.dispatch().run()
    assert numbers(everywhere, webhook) == [1, 2, 3, 4]


def test_nothing_is_made_for_the_disabled(post: Post) -> None:
    webhook = post.webhook(status=WebhookStatus.DISABLED)
    post.tell()
    post.dispatch().run()

    assert (numbers(post, webhook), post.found(webhook).position) == ([], 0)


@pytest.mark.parametrize("suspended", ["a", "below"])
def test_of_the_suspended_nothing_is_told_until_they_are_resumed(
    post: Post, suspended: str
) -> None:
    above, webhook = post.webhook("root"), post.webhook("below")
    post.tell("below", many=2)
    post.suspend(suspended, now())
    post.dispatch().run()
    assert numbers(post, webhook) == []
    assert numbers(post, above) == [1, 2]

    post.suspend(suspended, None)
    post.dispatch().run()
    assert numbers(post, webhook) == [1, 2]


def test_an_event_that_cannot_be_sent_holds_up_no_other_webhook(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, well = post.webhook("a"), post.webhook("b")
    post.mix(["a", "b"])

    def made_of(event: Event, source: str) -> bytes:
        if event.reseller == "res_a":
            raise ValueError
        return body_of(event, source)

    body_of = dispatch.body_of
    monkeypatch.setattr(dispatch, "body_of", made_of)
    post.dispatch().run()
    assert (numbers(post, bad), numbers(post, well)) == ([], [1])
    assert post.found(bad).position == 0

    monkeypatch.setattr(dispatch, "body_of", body_of)
    post.dispatch().run()
    assert numbers(post, bad) == [1]


def test_half_a_surrogate_pair_is_sent_as_json_escapes_it(everywhere: Post) -> None:
    webhook, data = everywhere.webhook("a"), {"profileName": "Mail \ud800"}
    with everywhere.database.write() as connection:
        told = Happening(EventType.PROFILE_FAILED, "ins_a", instance="ins_a", data=data)
        event_log.tell(connection, webhook.reseller_path, told)
        event_log.sequence(connection, 1)
    everywhere.dispatch().run()

    [envelope] = everywhere.envelopes(webhook)
    assert envelope["data"] == data
