"""What is counted, by one process alone."""

from datetime import UTC, datetime

from prometheus_client import generate_latest

from gateway.measures.families import MOST_DEPLOYMENTS
from gateway.measures.instruments import Instruments
from gateway.measures.meters import Meters, meters


def page(counting: Instruments) -> str:
    return generate_latest(counting.registry).decode()


def test_what_is_rare_is_counted_too() -> None:
    counting = Instruments()

    counting.rate_limited("client")
    counting.breaker_changed("dep_1", "opened")
    counting.database_failed("OperationalError")
    counting.login_failed()
    counting.chore_failed("audit.sequence", 0.5)
    counting.delivery_tried("TIMEOUT", 10.0)
    counting.certificate_shown("dep_1", datetime(2030, 1, 1, tzinfo=UTC))

    shown = page(counting)
    assert 'spe_gateway_rate_limited_total{policy="client"} 1.0' in shown
    assert 'spe_gateway_breaker_changes_total{change="opened",deployment="dep_1"} 1.0' in shown
    assert 'spe_gateway_database_errors_total{error="OperationalError"} 1.0' in shown
    assert "spe_gateway_login_failures_total 1.0" in shown
    failed = 'spe_gateway_chore_runs_total{chore="audit.sequence",outcome="failed"} 1.0'
    assert failed in shown
    assert "chore_last_success_timestamp_seconds{" not in shown
    assert 'spe_gateway_webhook_attempts_total{outcome="TIMEOUT"} 1.0' in shown
    assert "end_timestamp_seconds{deployment=" in shown


def test_a_thousand_deployments_are_a_few_thousand_series() -> None:
    counting = Instruments()

    for number in range(1000):
        for command in ("GetStores", "GetUsers", "VerifyStore"):
            counting.call_began()
            counting.call_ended(f"dep_{number}", command, "", 0.01)

    assert len(page(counting).splitlines()) < 10_000


def test_what_comes_and_goes_does_not_grow_for_ever() -> None:
    counting = Instruments()

    for number in range(MOST_DEPLOYMENTS + 5):
        counting.call_ended(f"dep_{number}", "Ping", "", 0.0)

    others = 'spe_gateway_deployment_calls_total{deployment="other",outcome="answered"} 5.0'
    assert others in page(counting)


def test_an_invented_method_or_status_makes_no_series_of_its_own() -> None:
    counting = Instruments()

    counting.request_ended("", "BREW", 999, 0.1)
    counting.request_ended("", "X-FUZZ", 418, 0.1)

    shown = page(counting)
    assert 'method="other",operation="none",status="other"} 1.0' in shown
    assert 'method="other",operation="none",status="4xx"} 1.0' in shown


def test_nothing_is_counted_until_somebody_wants_it() -> None:
    assert type(meters()) is Meters
    meters().request_ended("getMe", "GET", 200, 0.1)


def test_every_note_has_its_instrument() -> None:
    notes = {name for name in vars(Meters) if not name.startswith("_")}

    assert notes <= vars(Instruments).keys()
