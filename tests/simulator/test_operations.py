import re
import time
from concurrent.futures import ThreadPoolExecutor

from tests.simulated import Control
from tests.simulator.client import Client


def start(client: Client) -> dict[str, object]:
    return client.call("VerifyStore", instanceID="acme", id=1)


def test_a_token_is_sa_and_32_hex_digits(acme: Client) -> None:
    envelope = start(acme)

    assert re.fullmatch("sa[0-9a-f]{32}", envelope["token"])
    assert envelope["statusCode"] == "running"


def test_a_poll_answers_at_once_when_there_is_news(acme: Client, control: Control) -> None:
    envelope = start(acme)
    control.advance(12)
    before = time.monotonic()

    assert acme.poll(envelope, 60000)["logOutput"] == "  100 messages verified...\r\n"
    assert time.monotonic() - before < 10


def test_a_poll_without_news_waits_and_repeats_the_status(acme: Client) -> None:
    envelope = start(acme)
    before = time.monotonic()
    again = acme.poll(envelope, 150)

    assert time.monotonic() - before >= 0.15
    assert again == {**envelope, "logOutput": None}


def test_a_waiting_poll_wakes_for_news(acme: Client, control: Control) -> None:
    envelope = start(acme)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(acme.poll, envelope, 60000)
        control.transition(str(envelope["token"]), "succeeded")

        assert waiting.result(timeout=10)["statusCode"] == "succeeded"


def test_a_cancellation_comes_later_and_unconfirmed(acme: Client, control: Control) -> None:
    envelope = start(acme)
    answer = acme.control("cancel-async", token=envelope["token"])
    still = acme.poll(envelope)
    control.advance(1)

    assert answer["token"] is None
    assert still["statusCode"] == "running"
    assert acme.poll(envelope)["statusCode"] == "cancelled"


def test_a_cancellation_wins_over_an_end_that_lies_later(acme: Client, control: Control) -> None:
    envelope = start(acme)
    acme.control("cancel-async", token=envelope["token"])
    control.advance(1000)
    last = acme.poll(envelope)

    assert (last["statusCode"], last["logOutput"]) == ("cancelled", None)


def test_a_cancellation_of_held_work_waits_too(acme: Client, control: Control) -> None:
    control.pause()
    envelope = start(acme)
    acme.control("cancel-async", token=envelope["token"])
    control.advance(1000)
    held = acme.poll(envelope)["statusCode"]
    control.resume()

    assert held == "running"
    assert acme.poll(envelope)["statusCode"] == "cancelled"


def test_an_unknown_token_is_404(client: Client) -> None:
    body = b"token=sa00000000000000000000000000000000&lastKnownStatusVersion=2"

    assert client.send("POST", "/api/get-status", body) == 404
    assert client.send("POST", "/api/cancel-async", b"token=sa0") == 404


def test_a_control_call_without_token_is_refused(client: Client) -> None:
    assert client.control("get-status")["error"]["message"] == "Missing API argument token."


def test_a_finished_token_expires(acme: Client, control: Control) -> None:
    envelope = start(acme)
    control.advance(300)
    acme.poll(envelope)
    control.advance(601)

    assert acme.send("POST", "/api/get-status", f"token={envelope['token']}".encode()) == 404


def test_a_restart_loses_tokens_but_no_data(acme: Client, control: Control) -> None:
    envelope = start(acme)
    before = control.state_hash()
    control.restart()

    assert acme.send("POST", "/api/get-status", f"token={envelope['token']}".encode()) == 404
    assert control.state_hash() == before


def test_any_command_can_turn_asynchronous(acme: Client, control: Control) -> None:
    control.asynchronous(share=1, seconds=5)
    envelope = acme.call("GetInstances", instanceFilter="*")
    control.advance(6)
    last = acme.poll(envelope)

    assert (envelope["statusCode"], envelope["result"]) == ("running", None)
    assert last["result"][0]["instanceID"] == "acme"
    assert last["token"] == envelope["token"]


def test_an_asynchronous_change_happens_at_its_end(acme: Client, control: Control) -> None:
    control.asynchronous(share=1, seconds=5)
    before = control.state_hash()
    acme.call("DeleteUser", instanceID="acme", userName="jane")
    meanwhile = control.state_hash()
    control.advance(6)

    assert meanwhile == before
    assert control.state_hash() != before
    assert control.journal()[-1]["changed"] is True


def test_an_asynchronous_refusal_is_a_failed_status(acme: Client, control: Control) -> None:
    control.asynchronous(share=1, seconds=5)
    envelope = acme.call("DeleteUser", instanceID="acme", userName="nobody")
    control.advance(6)
    last = acme.poll(envelope)

    assert last["statusCode"] == "failed"
    assert last["error"]["message"] == "The user 'nobody' does not exist."


def test_the_same_seed_turns_the_same_calls_asynchronous(acme: Client, control: Control) -> None:
    def draw() -> list[str]:
        control.asynchronous(share=0.5, seed=7)
        return [acme.call("Ping")["statusCode"] for _ in range(20)]

    first = draw()
    assert draw() == first
    assert set(first) == {"running", "succeeded"}


def test_a_held_operation_stands_still(acme: Client, control: Control) -> None:
    control.pause()
    envelope = start(acme)
    control.advance(1000)
    held = acme.poll(envelope)
    control.resume()
    control.advance(13)

    assert held["statusVersion"] == envelope["statusVersion"]
    assert acme.poll(envelope)["logOutput"] == "  100 messages verified...\r\n"


def test_a_test_can_end_an_operation_as_it_likes(acme: Client, control: Control) -> None:
    failed, cancelled = start(acme), start(acme)
    control.transition(str(failed["token"]), "failed", "Disk full.")
    control.transition(str(cancelled["token"]), "cancelled")

    assert acme.poll(failed)["error"]["message"] == "Disk full."
    assert acme.poll(cancelled)["statusCode"] == "cancelled"
