import base64
import gzip
import http.client
import json
import threading
import time

import pytest

from gateway.simulator.server import Simulator
from tests.simulated import Control
from tests.simulator.client import Client

CREATE = {"instanceID": "acme", "userName": "john", "privileges": "login"}


def users(control: Control) -> set[str]:
    archives = control.state()["archives"].values()
    return {name for archive in archives for name in archive["users"]}


def test_a_drop_before_executes_nothing(acme: Client, control: Control) -> None:
    control.fault("drop-before", "CreateUser")
    with pytest.raises(http.client.RemoteDisconnected):
        acme.call("CreateUser", **CREATE)

    assert users(control) == {"jane"}
    assert control.journal()[-1]["status"] is None


def test_a_drop_after_has_executed(acme: Client, control: Control) -> None:
    control.fault("drop-after", "CreateUser")
    with pytest.raises(http.client.RemoteDisconnected):
        acme.call("CreateUser", **CREATE)

    assert users(control) == {"jane", "john"}
    assert control.journal()[-1]["changed"] is True


def test_a_fault_befalls_its_command_as_often_as_it_says(acme: Client, control: Control) -> None:
    control.fault("status", "GetUsers", count=2, status=503)
    statuses = [acme.send("POST", "/api/invoke/GetUsers", b"instanceID=acme") for _ in range(3)]

    assert acme.call("Ping")["statusCode"] == "succeeded"
    assert statuses == [503, 503, 200]
    assert control.faults()[0]["count"] == 0


def test_a_fault_for_all_commands_lasts_until_it_is_removed(
    client: Client, control: Control
) -> None:
    control.fault("status", count=None, status=500, text="Server Error")
    broken = [client.send("POST", "/api/invoke/Ping") for _ in range(3)]
    text = client.body
    control.clear_faults()

    assert client.answer.reason == "Internal Server Error"
    assert broken == [500, 500, 500]
    assert text == b"Server Error"
    assert client.send("POST", "/api/invoke/Ping") == 200


def test_faults_spare_those_without_credentials(client: Client, control: Control) -> None:
    control.fault("status", status=500)

    assert client.send("POST", "/api/invoke/Ping", headers={}) == 401
    assert client.send("POST", "/api/invoke/Ping") == 500


def test_a_delay_answers_late(client: Client, control: Control) -> None:
    control.fault("delay", seconds=0.2)
    before = time.monotonic()
    client.call("Ping")

    assert time.monotonic() - before >= 0.2


def test_a_fault_can_also_wait_before_the_execution(acme: Client, control: Control) -> None:
    control.fault("drop-after", "CreateUser", before=3600)
    sender = threading.Thread(target=_ignore_drop, args=(acme,))
    sender.start()
    while "CreateUser" not in control.commands():
        assert sender.is_alive()
    early = users(control)
    while sender.is_alive():
        control.advance(3600)

    sender.join()
    assert early == {"jane"}
    assert users(control) == {"jane", "john"}


def _ignore_drop(client: Client) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        client.call("CreateUser", **CREATE)


def test_garbage_is_sent_as_given(client: Client, control: Control) -> None:
    control.fault("garbage", body=base64.b64encode(b"<html>").decode())
    client.send("POST", "/api/invoke/Ping")

    assert client.body == b"<html>"
    assert client.answer.headers["Content-Length"] == "6"


def test_garbage_can_lack_a_length(client: Client, control: Control) -> None:
    control.fault("garbage", body=base64.b64encode(b"\xff\x00").decode(), length=False)
    client.send("POST", "/api/invoke/Ping")

    assert client.body == b"\xff\x00"
    assert client.answer.headers["Content-Length"] is None


def test_raw_bytes_are_all_that_is_said(client: Client, control: Control) -> None:
    said = b"HTTP/1.1 299 Odd\r\nContent-Length: 1\r\n\r\nx"
    control.fault("raw", body=base64.b64encode(said).decode())
    client.send("POST", "/api/invoke/Ping")

    assert (client.answer.status, client.body) == (299, b"x")


def test_a_truncated_answer_breaks_off(client: Client, control: Control) -> None:
    control.fault("truncate", size=20)
    with pytest.raises(http.client.IncompleteRead) as broken:
        client.send("POST", "/api/invoke/Ping")

    assert len(broken.value.partial) == 20


@pytest.mark.parametrize("size", [0, 20])
def test_a_reset_breaks_off_without_an_end(acme: Client, control: Control, size: int) -> None:
    control.fault("reset", "CreateUser", size=size)
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        acme.call("CreateUser", **CREATE)

    assert users(control) == {"jane", "john"}


def test_a_chunk_is_cut(client: Client, control: Control) -> None:
    control.fault("cut-chunk", size=20)
    with pytest.raises(http.client.IncompleteRead):
        client.send("POST", "/api/invoke/Ping")

    assert client.answer.headers["Transfer-Encoding"] == "chunked"


def test_a_huge_answer_is_as_long_as_ordered(client: Client, control: Control) -> None:
    control.fault("huge", size=3_000_000)
    client.send("POST", "/api/invoke/Ping")

    assert len(client.body) == 3_000_000
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(client.body.decode("utf-8-sig"))


def test_a_deep_answer_nests_as_ordered(client: Client, control: Control) -> None:
    control.fault("deep", size=100_000)
    client.send("POST", "/api/invoke/Ping")

    assert client.body.count(b"[") == 100_000
    with pytest.raises(RecursionError):
        json.loads(client.body.decode("utf-8-sig"))


def test_a_gzip_bomb_unpacks_to_its_size(client: Client, control: Control) -> None:
    control.fault("gzip-bomb", size=8 * 1024 * 1024)
    client.send("POST", "/api/invoke/Ping")

    assert client.answer.headers["Content-Encoding"] == "gzip"
    assert len(client.body) < 100_000
    assert len(gzip.decompress(client.body)) == 8 * 1024 * 1024


def test_a_redirect_points_elsewhere(client: Client, control: Control) -> None:
    control.fault("redirect", url="https://127.0.0.1:1/")

    assert client.send("POST", "/api/invoke/Ping") == 307
    assert client.answer.headers["Location"] == "https://127.0.0.1:1/"


def test_a_hang_says_nothing(client: Client, control: Control) -> None:
    control.fault("hang")
    outcome: list[BaseException] = []

    def send() -> None:
        with pytest.raises(http.client.RemoteDisconnected) as dropped:
            client.call("Ping")
        outcome.append(dropped.value)

    sender = threading.Thread(target=send)
    sender.start()
    while "Ping" not in control.commands():
        assert sender.is_alive()
    control.advance(3600)
    assert not outcome
    control.enter("up")

    sender.join()
    assert len(outcome) == 1


def test_a_drip_comes_byte_by_byte(client: Client, control: Control) -> None:
    control.fault("drip", seconds=0.001)
    before = time.monotonic()

    assert client.call("Ping")["statusCode"] == "succeeded"
    assert time.monotonic() - before >= 0.001 * len(client.body)


def test_an_answer_can_lack_its_bom(client: Client, control: Control) -> None:
    control.fault("not-bom")
    client.send("POST", "/api/invoke/Ping")

    assert client.body.startswith(b"{")


def test_a_failure_can_be_planted(acme: Client, control: Control) -> None:
    text = "Nullable object must have a value."
    control.fault("failed", "GetUsers", text=text)

    assert acme.refusal("GetUsers", instanceID="acme") == text


def test_a_fault_can_execute_all_the_same(acme: Client, control: Control) -> None:
    control.fault("status", "CreateUser", status=500, execute=True)

    assert (
        acme.send("POST", "/api/invoke/CreateUser", b"instanceID=acme&userName=x&privileges=none")
        == 500
    )
    assert users(control) == {"jane", "x"}


@pytest.mark.parametrize("document", [{"kind": "fire"}, {"kind": "hang", "smell": 1}])
def test_an_unknown_fault_is_refused(running: Simulator, document: dict[str, object]) -> None:
    connection = http.client.HTTPConnection(running.control_url.removeprefix("http://"))
    connection.request("POST", "/faults", json.dumps(document))
    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert answer.status == 400
