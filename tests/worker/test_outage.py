"""An outage is told once at each end, and its end once."""

from structlog.testing import capture_logs

from gateway.worker.outage import SENDING, TAKING, Outage


def events(*steps: str) -> list[str]:
    outage = Outage()
    with capture_logs() as logs:
        for step in steps:
            if step == "end":
                outage.end()
            else:
                outage.begin(step, OSError())
    return [each["event"] for each in logs]


def test_whichever_end_is_back_first_tells_for_both() -> None:
    assert events(SENDING, TAKING, TAKING, "end", "end") == [SENDING, TAKING, "queue.available"]


def test_a_queue_that_was_never_away_is_not_said_to_be_back() -> None:
    assert events("end", "end") == []


def test_the_next_outage_is_told_again() -> None:
    again = [TAKING, "queue.available"]
    assert events(TAKING, "end", TAKING, "end") == again * 2
