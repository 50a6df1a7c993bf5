"""What is not taken is tried for 75 hours, and then given up."""

from base64 import b64encode
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from gateway.events.deliverer import DELAYS, JITTER, Deliverer, next_delay
from gateway.events.outcome import Outcome, Problem
from gateway.model import (
    DeliveryStatus,
    DisableReason,
    EventType,
    SigningSecret,
    WebhookStatus,
    now,
)
from gateway.storage import webhooks
from tests.events.stage import GONE, REFUSED, START, TAKEN, Post, signed_by

PROMISED = timedelta(hours=75, minutes=35, seconds=5)


def run(
    post: Post, deliverer: Deliverer, clock: time_machine.Traveller, until_time: datetime
) -> None:
    """Let time pass from one thing that is due to the next."""
    while True:
        post.carry(deliverer)
        waiting = [each.next_time for hook in post.hooks for each in post.log(hook)]
        due = min((each for each in waiting if each is not None), default=until_time)
        if due >= until_time or due <= now():
            clock.move_to(until_time, tick=False)
            return
        clock.move_to(due, tick=False)


def test_after_a_rotation_both_secrets_sign_until_the_old_one_ends(post: Post) -> None:
    old = SigningSecret(
        "whsec_" + b64encode(b"o" * 32).decode(), START, START + timedelta(hours=24)
    )
    new = SigningSecret("whsec_" + b64encode(b"n" * 32).decode(), START)
    post.webhook(secrets=(new, old))
    with time_machine.travel(START, tick=False) as clock:
        deliverer = post.process()
        heard = []
        for hours in (0, 23, 25):
            clock.move_to(START + timedelta(hours=hours), tick=False)
            post.tell()
            post.carry(deliverer)
            heard.append([signed_by(each, post.receivers.sent[-1]) for each in (new, old)])

    assert heard == [[True, True], [True, True], [True, False]]


def test_a_receiver_that_takes_nothing_is_tried_for_75_hours_and_then_disabled(post: Post) -> None:
    webhook = post.webhook()
    post.receivers.answers[webhook.url] = lambda: REFUSED
    with time_machine.travel(START, tick=False) as clock:
        post.tell()
        run(post, post.process(), clock, START + timedelta(days=10))

    [delivery] = post.log(webhook)
    assert delivery.status is DeliveryStatus.FAILED
    tries = post.tries(delivery)
    assert [each.number for each in tries] == [*range(1, 11)]
    waits = [later.time - sooner.time for sooner, later in pairwise(tries)]
    for wait, usual in zip(waits, DELAYS[1:], strict=True):
        assert usual * (1 - JITTER) <= wait <= usual * (1 + JITTER)
    assert sum(DELAYS, timedelta(0)) == PROMISED
    assert len({each.body for each in post.receivers.sent}) == 1
    assert len({each.headers["webhook-id"] for each in post.receivers.sent}) == 1
    assert len({each.headers["webhook-timestamp"] for each in post.receivers.sent}) == 10
    found = post.found(webhook)
    assert (found.status, found.disable_reason) == (WebhookStatus.DISABLED, DisableReason.FAILING)
    told = {"subject": webhook.id, "reason": "failing"}
    assert post.told("a", EventType.WEBHOOK_DISABLED) == [told]
    assert post.told("root", EventType.WEBHOOK_DISABLED) == [told]


def test_one_event_that_cannot_be_taken_does_not_disable_what_takes_others(post: Post) -> None:
    webhook = post.webhook()
    poison: list[str] = []

    def answer() -> Outcome:
        event = post.receivers.sent[-1].event["id"]
        poison.extend([] if poison else [event])
        return REFUSED if event in poison else TAKEN

    post.receivers.answers[webhook.url] = answer
    with time_machine.travel(START, tick=False) as clock:
        deliverer = post.process(threads=1)
        post.tell()
        post.carry(deliverer)
        post.tell()
        run(post, deliverer, clock, START + timedelta(days=10))

    assert post.states(webhook) == {"failed": 1, "delivered": 1}
    assert post.found(webhook).status is WebhookStatus.ACTIVE


def test_what_failed_before_it_was_enabled_again_does_not_disable_it_again(post: Post) -> None:
    webhook = post.webhook()
    post.receivers.answers[webhook.url] = lambda: REFUSED
    with time_machine.travel(START, tick=False) as clock:
        deliverer = post.process()
        post.tell()
        run(post, deliverer, clock, START + timedelta(hours=60))
        with post.database.write() as connection:
            webhooks.note_success(connection, webhook.id)  # as enabling does
        run(post, deliverer, clock, START + timedelta(days=10))

    assert post.states(webhook) == {"failed": 1}
    assert post.found(webhook).status is WebhookStatus.ACTIVE


def test_who_is_gone_is_disabled_at_once_and_what_waits_is_kept(post: Post) -> None:
    webhook = post.webhook()
    post.receivers.answers[webhook.url] = lambda: GONE
    post.tell(many=20)
    post.carry(post.process(threads=1))

    assert len(post.receivers.sent) == 1
    assert post.states(webhook) == {"failed": 1, "waiting": 19}
    assert post.found(webhook).disable_reason is DisableReason.GONE
    assert len(post.told("a", EventType.WEBHOOK_DISABLED)) == 1


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(days=1), timedelta(days=1)),
        (timedelta(0), DELAYS[1] * (1 - JITTER)),
        (None, DELAYS[1] * (1 - JITTER)),
    ],
)
def test_a_receiver_that_asks_for_time_gets_it(
    post: Post, asked: timedelta | None, least: timedelta
) -> None:
    webhook = post.webhook()
    busy = Outcome(status=503, problem=Problem.NOT_ACCEPTED, retry_after=asked)
    post.receivers.answers[webhook.url] = lambda: busy
    with time_machine.travel(START, tick=False):
        post.tell()
        post.carry(post.process())

    [delivery] = post.log(webhook)
    assert delivery.next_time is not None
    assert least <= delivery.next_time - START <= max(least, DELAYS[1] * (1 + JITTER))


def test_tries_of_many_deliveries_are_spread() -> None:
    waits = {next_delay(9, None) for _ in range(100)}
    assert len(waits) > 90
    assert max(waits) - min(waits) > timedelta(hours=2)


@pytest.mark.parametrize("problem", list(Problem))
def test_whatever_goes_wrong_is_written_down_and_tried_again(post: Post, problem: Problem) -> None:
    webhook = post.webhook()
    outcome = Outcome(problem=problem, seconds=1.5, excerpt="\0 no \ud800")
    post.receivers.answers[webhook.url] = lambda: outcome
    with time_machine.travel(START, tick=False):
        post.tell()
        post.carry(post.process())

    [delivery] = post.log(webhook)
    [attempt] = post.tries(delivery)
    assert (attempt.problem, attempt.status, attempt.milliseconds) == (problem.value, None, 1500)
    assert delivery.status is DeliveryStatus.WAITING
    assert post.found(webhook).fail_time == attempt.time
