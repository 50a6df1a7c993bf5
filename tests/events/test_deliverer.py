"""Every delivery comes at least once, and holds up nobody else."""

from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
import time_machine

from gateway.events.deliverer import Deliverer, Parcel
from gateway.events.outcome import Outcome
from gateway.model import (
    DeliveryStatus,
    SigningSecret,
    Webhook,
    now,
)
from gateway.storage import deliveries, webhooks
from tests.core import until
from tests.events.stage import GONE, REFUSED, START, TAKEN, Post, signed_by


def test_what_is_sent_is_signed_and_says_what_it_is(post: Post) -> None:
    webhook = post.webhook()
    post.tell()
    post.carry(post.process())

    [sent] = post.receivers.sent
    [delivery] = post.log(webhook)
    assert sent.headers["webhook-id"] == delivery.event == sent.event["id"]
    assert sent.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert signed_by(webhook.secrets[0], sent)
    assert not signed_by(SigningSecret("whsec_" + b64encode(bytes(32)).decode(), now()), sent)
    assert delivery.status is DeliveryStatus.DELIVERED
    [attempt] = post.tries(delivery)
    assert (attempt.number, attempt.status, attempt.problem) == (1, 204, None)


def test_a_receiver_that_is_slow_has_four_places_and_holds_up_nobody(post: Post) -> None:
    slow, opened = post.webhook("a"), Event()
    post.webhook("b")

    def hang() -> Outcome:
        opened.wait(30)
        return TAKEN

    post.receivers.answers[slow.url] = hang
    post.tell("a", many=30)
    post.tell("b", many=30)
    post.dispatch().run()
    deliverer = post.process(threads=8)
    deliverer.look()
    until(lambda: len(post.receivers.to("https://b.example.com/")) == 30)
    until(lambda: deliverer.sending == 4)
    deliverer.look()

    assert len(post.receivers.to(slow.url)) == 4
    opened.set()
    until(lambda: deliverer.sending == 0 and len(post.receivers.to(slow.url)) == 30)


def test_two_processes_together_keep_to_four(everywhere: Post) -> None:
    slow, opened = everywhere.webhook(), Event()

    def hang() -> Outcome:
        opened.wait(30)
        return TAKEN

    everywhere.receivers.answers[slow.url] = hang
    everywhere.tell(many=30)
    everywhere.dispatch().run()
    first, second = everywhere.process(), everywhere.process()
    first.look()
    second.look()

    assert first.sending + second.sending == 4
    opened.set()


def test_receivers_that_hang_for_ever_leave_half_of_the_threads_to_the_others(post: Post) -> None:
    opened = Event()
    dead = [
        post.webhook("a", url=f"https://dead-{number}.example.com/", fail_time=now())
        for number in range(20)
    ]
    post.webhook("b")

    def hang() -> Outcome:
        opened.wait(30)
        return REFUSED

    post.receivers.answers.update({each.url: hang for each in dead})
    post.tell("a", many=3)
    post.dispatch().run()
    deliverer = post.process(threads=4)
    for _ in range(5):
        deliverer.look()
    assert deliverer.sending == 2

    post.tell("b", many=10)
    post.dispatch().run()
    deliverer.look()
    until(lambda: len(post.receivers.to("https://b.example.com/")) == 10)
    opened.set()


def taken(post: Post, webhook: Webhook) -> Parcel:
    """Take a delivery as a process does that is killed with it."""
    with post.database.write() as connection:
        [leased] = deliveries.take(connection, webhook.id, 4, 1)
    return Parcel(leased, webhook)


def test_what_a_dead_process_held_is_sent_by_another_when_its_lease_is_over(post: Post) -> None:
    webhook = post.webhook()
    with time_machine.travel(START, tick=False) as clock:
        post.tell()
        post.dispatch().run()
        parcel = taken(post, webhook)
        post.receivers.send(webhook.url, {}, parcel.leased.body)  # and then it was killed
        other = post.process()
        post.carry(other)
        assert len(post.receivers.sent) == 1
        clock.shift(deliveries.LEASE + timedelta(seconds=1))
        post.carry(other)

    assert [each.body for each in post.receivers.sent] == [parcel.leased.body] * 2
    assert post.states(webhook) == {"delivered": 1}


def test_who_starts_alone_takes_over_at_once(post: Post) -> None:
    webhook = post.webhook()
    post.tell()
    post.dispatch().run()
    taken(post, webhook)
    with post.database.write() as connection:
        deliveries.free(connection)
    post.deliver(post.process())

    assert post.states(webhook) == {"delivered": 1}


@pytest.mark.parametrize("late", [TAKEN, REFUSED, GONE])
def test_who_lost_its_lease_writes_nothing(post: Post, late: Outcome) -> None:
    webhook = post.webhook()
    slow = post.process()
    with time_machine.travel(START, tick=False) as clock:
        post.tell()
        post.dispatch().run()
        parcel = taken(post, webhook)
        clock.shift(deliveries.LEASE + timedelta(seconds=1))
        post.carry(post.process())
        before = post.log(webhook), post.tries(parcel.delivery), post.found(webhook)
        post.receivers.answers[webhook.url] = lambda: late
        slow.deliver(parcel)

    assert (post.log(webhook), post.tries(parcel.delivery), post.found(webhook)) == before


def test_processes_that_race_send_each_delivery_once(everywhere: Post) -> None:
    hooks = [everywhere.webhook("a"), everywhere.webhook("b")]
    everywhere.tell("a", many=60)
    everywhere.tell("b", many=60)
    everywhere.dispatch().run()
    processes = [everywhere.process(threads=4) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:

        def work(deliverer: Deliverer) -> None:
            while any("waiting" in everywhere.states(each) for each in hooks):
                deliverer.look()

        for done in [threads.submit(work, each) for each in processes]:
            done.result()
    until(lambda: not any(each.is_busy for each in processes))

    sent = Counter(each.event["id"] for each in everywhere.receivers.sent)
    assert (len(sent), max(sent.values())) == (120, 1)
    assert [everywhere.states(each) for each in hooks] == [{"delivered": 60}] * 2


def test_of_the_suspended_nothing_is_sent_until_they_are_resumed(post: Post) -> None:
    webhook = post.webhook("below")
    post.tell("below")
    post.dispatch().run()
    post.suspend("a", now())
    deliverer = post.process()
    post.deliver(deliverer)
    assert post.receivers.sent == []

    post.suspend("a", None)
    post.deliver(deliverer)
    assert post.states(webhook) == {"delivered": 1}


def test_what_crashes_here_is_sent_again(post: Post) -> None:
    webhook = post.webhook()

    def crash() -> Outcome:
        del post.receivers.answers[webhook.url]
        raise ZeroDivisionError

    post.receivers.answers[webhook.url] = crash
    with time_machine.travel(START, tick=False) as clock:
        post.tell()
        deliverer = post.process()
        post.carry(deliverer)
        assert post.states(webhook) == {"sending": 1}
        clock.shift(deliveries.LEASE + timedelta(seconds=1))
        post.carry(deliverer)

    assert post.states(webhook) == {"delivered": 1}


def test_a_webhook_that_is_deleted_meanwhile_is_no_harm(post: Post) -> None:
    webhook = post.webhook()

    def delete() -> Outcome:
        with post.database.write() as connection:
            webhooks.remove(connection, webhook.id)
        return REFUSED

    post.receivers.answers[webhook.url] = delete
    post.tell(many=3)
    post.carry(post.process(threads=1))

    assert len(post.receivers.sent) == 1
    assert post.log(webhook) == []


def test_who_is_closed_takes_nothing_more(post: Post) -> None:
    webhook = post.webhook()
    post.tell()
    post.dispatch().run()
    deliverer = post.process()
    deliverer.close()
    deliverer.look()

    assert post.states(webhook) == {"waiting": 1}


def test_where_to_and_what_signs_is_read_when_it_is_sent(post: Post) -> None:
    webhook = post.webhook()
    post.tell()
    post.dispatch().run()
    moved = replace(webhook, url="https://new.example.com/")
    with post.database.write() as connection:
        webhooks.change(connection, webhook, {"url": moved.url})
    post.deliver(post.process())

    assert len(post.receivers.to(moved.url)) == 1


def test_a_webhook_whose_secrets_cannot_be_read_holds_up_no_other(post: Post) -> None:
    lost = [post.webhook("b") for _ in range(5)]
    with post.database.write() as connection:
        for webhook in lost:
            webhooks.change(connection, webhook, {"secrets": "sealed with a key that is gone"})
    well = post.webhook("a")
    post.mix(["a", "b"])
    post.carry(post.process())

    assert [each.status for each in post.log(well)] == [DeliveryStatus.DELIVERED]
    assert {each.status for hook in lost for each in post.log(hook)} == {DeliveryStatus.WAITING}
