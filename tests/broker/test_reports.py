"""Status reports: to whom, and how often."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine

from gateway.broker.engine.plan import Invocation
from gateway.broker.reports import ReportLimitReached, Reports
from gateway.errors import InvalidInput
from gateway.model import Instance, Operation, OperationStatus, now
from gateway.spe.commands.smtp import SET_SMTP_SETTINGS
from tests.core import Core, sent
from tests.simulated import Control

SMTP = {
    "hostname": "mail.example.com",
    "port": 25,
    "protocol": "SMTP",
    "authenticationRequired": False,
    "fromEmailAddress": "a@example.com",
}


def mailing(core: Core, control: Control, name: str) -> Instance:
    """Plant an instance that can send mail."""
    made = core.planted(control, name)
    wish = Invocation(SET_SMTP_SETTINGS, {"settings": SMTP})
    assert core.broker.call(core.caller("setSmtpSettings"), made.id, [wish]).problem is None
    return made


@pytest.fixture
def acme(core: Core, control: Control) -> Instance:
    return mailing(core, control, "acme")


def send(
    core: Core,
    instance: Instance,
    *recipients: str,
    domains: Sequence[str] = ("example.com",),
    per_day: int = 2,
) -> Operation:
    report = {"timespan": "today", "timeZoneId": "UTC", "recipients": list(recipients)}
    reports = Reports(core.broker, domains, per_day)
    return reports.send(core.caller("sendStatusReport"), instance.id, report)


@pytest.mark.parametrize("address", ["jane@example.com", "jane@EXAMPLE.com"])
def test_an_allowed_domain_is_written_to(
    core: Core, control: Control, acme: Instance, address: str
) -> None:
    assert send(core, acme, address).status is OperationStatus.SUCCEEDED
    assert len(sent(control, "SendStatusReport")) == 1


@pytest.mark.parametrize(
    "address",
    [
        "jane@example.net",
        "jane@sub.example.com",
        "jane@example.com.evil.net",
        "jane@evilexample.com",
        "example.com@evil.net",
    ],
)
def test_any_other_domain_is_refused_before_anything_is_sent(
    core: Core, control: Control, acme: Instance, address: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        send(core, acme, "joe@example.com", address)
    faults = [(fault.pointer, fault.code) for fault in refusal.value.faults]
    assert faults == [("/recipients/1", "DOMAIN_NOT_ALLOWED")]
    assert address.rpartition("@")[2] in refusal.value.faults[0].detail
    assert core.rows() == 1, "only that of the mail settings"
    assert sent(control, "SendStatusReport") == []


def test_without_domains_nobody_is_written_to_and_with_a_star_everybody(
    core: Core, acme: Instance
) -> None:
    with pytest.raises(InvalidInput):
        send(core, acme, "jane@example.com", domains=())
    assert send(core, acme, "jane@far.example", domains=("*",)).status.is_final


def test_the_limit_is_per_instance_and_lasts_a_day(
    core: Core, control: Control, acme: Instance
) -> None:
    other = mailing(core, control, "other")
    with time_machine.travel(now(), tick=True) as clock:
        send(core, acme, "jane@example.com")
        clock.shift(timedelta(hours=1))
        send(core, acme, "jane@example.com")
        with pytest.raises(ReportLimitReached) as refusal:
            send(core, acme, "jane@example.com")
        assert 22.9 * 3600 < refusal.value.seconds <= 23 * 3600
        assert send(core, other, "jane@example.com").status is OperationStatus.SUCCEEDED
        assert len(sent(control, "SendStatusReport")) == 3
        clock.shift(timedelta(seconds=refusal.value.seconds))
        assert send(core, acme, "jane@example.com").status is OperationStatus.SUCCEEDED


def test_what_came_to_nothing_does_not_count(core: Core, control: Control, acme: Instance) -> None:
    control.fault("failed", "SendStatusReport", count=2)
    for _ in range(2):
        assert send(core, acme, "jane@example.com").status is OperationStatus.FAILED
    for _ in range(2):
        assert send(core, acme, "jane@example.com").status is OperationStatus.SUCCEEDED
    with pytest.raises(ReportLimitReached):
        send(core, acme, "jane@example.com")


def test_the_limit_holds_although_the_process_was_restarted(
    core: Core, other: Core, acme: Instance
) -> None:
    for _ in range(2):
        send(core, acme, "jane@example.com")
    with pytest.raises(ReportLimitReached):
        send(other, acme, "jane@example.com")
