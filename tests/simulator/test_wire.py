import json
import socket
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from gateway.simulator.server import Simulator
from tests.simulator.client import Client, trusting

PING = (
    b'\xef\xbb\xbf{\r\n  "error": null,\r\n  "token": null,\r\n  "statusVersion": 2,\r\n'
    b'  "statusCode": "succeeded",\r\n  "percentProgress": null,\r\n  "statusText": null,\r\n'
    b'  "result": null,\r\n  "logOutput": null\r\n}'
)


def test_an_immediate_success_is_the_documented_bytes(client: Client) -> None:
    client.send("POST", "/api/invoke/Ping")

    assert client.body == PING


def test_the_headers_are_the_documented_ones(client: Client) -> None:
    client.call("Ping")
    headers = client.answer.headers

    assert headers.get_all("Server") == ["Microsoft-HTTPAPI/2.0"]
    assert headers.get_all("Content-Type") == ["application/json"]
    assert headers.get_all("Pragma") == ["no-cache"]
    assert headers.get_all("Cache-Control") == [
        "no-cache,private,no-store,must-revalidate,max-stale=0,post-check=0,pre-check=0"
    ]
    age = parsedate_to_datetime(headers["Date"]) - parsedate_to_datetime(headers["Expires"])
    assert timedelta(hours=23) < age < timedelta(hours=25)


def test_a_post_without_a_length_gets_411(running: Simulator) -> None:
    raw = socket.create_connection(("127.0.0.1", running.port), timeout=10)
    with trusting().wrap_socket(raw) as connection:
        connection.sendall(b"POST /api/invoke/Ping HTTP/1.1\r\nHost: spe\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 411 Length Required\r\n")


def test_a_chunked_post_gets_411_too(running: Simulator) -> None:
    raw = socket.create_connection(("127.0.0.1", running.port), timeout=10)
    with trusting().wrap_socket(raw) as connection:
        head = b"POST /api/invoke/Ping HTTP/1.1\r\nHost: spe\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    assert answer.startswith(b"HTTP/1.1 411 ")


def test_a_request_without_credentials_is_challenged(client: Client) -> None:
    status = client.send("POST", "/api/invoke/Ping", headers={})

    assert status == 401
    assert client.answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("header", ["Basic !!", "Bearer YWRtaW4=", "Basic YWRtaW46bm8="])
def test_wrong_credentials_are_401(client: Client, header: str) -> None:
    assert client.send("POST", "/api/invoke/Ping", headers={"Authorization": header}) == 401
    assert client.call("Ping")["statusCode"] == "succeeded"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_metadata_is_a_bare_array(client: Client, method: str) -> None:
    assert client.send(method, "/api/get-metadata") == 200
    document = json.loads(client.body.decode("utf-8-sig"))

    assert {"name": "Ping", "args": []} in document
    assert {
        "name": "StartInstances",
        "args": [
            {"name": "instanceFilter", "type": "string", "nullable": False},
            {"name": "safeMode", "type": "bool", "nullable": True},
        ],
    } in document
    assert not {"get-status", "cancel-async", "get-metadata"} & {one["name"] for one in document}


def test_the_metadata_needs_credentials(client: Client) -> None:
    assert client.send("GET", "/api/get-metadata", headers={}) == 401


def test_commands_answer_no_get(client: Client) -> None:
    assert client.send("GET", "/api/invoke/Ping") == 405


def test_other_paths_are_404(client: Client) -> None:
    assert client.send("POST", "/api/get-nothing") == 404


def test_a_missing_argument_is_named_as_the_vendor_does(acme: Client) -> None:
    assert acme.refusal("GetUserInfo", instanceID="acme") == "Missing API argument userName."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"instanceid=acme", "Unknown API argument instanceid."),
        (b"instanceID=acme&instanceID=acme", "Duplicate API argument instanceID."),
        (b"instanceID=acme&includeSize=True", "String was not recognized as a valid Boolean."),
        (b"instanceID=", "Specified argument was out of the range of valid values."),
        (
            b"instanceID=%FF",
            "Unable to translate bytes at index 0 from specified code page to Unicode.",
        ),
    ],
)
def test_a_call_that_the_reference_forbids_fails(acme: Client, body: bytes, message: str) -> None:
    assert acme.send("POST", "/api/invoke/GetStores", body) == 200
    assert json.loads(acme.body.decode("utf-8-sig"))["error"]["message"] == message


@pytest.mark.parametrize("number", ["x", "1.0", "0x1", "\uff11", "--1"])
def test_a_number_is_decimal_digits(acme: Client, number: str) -> None:
    message = acme.refusal("RenameStore", instanceID="acme", id=number, name="Post")

    assert message == "Input string was not in a correct format."


def test_a_json_argument_is_json(client: Client) -> None:
    message = client.refusal("CreateInstance", config="{")

    assert message == "Unexpected character encountered while parsing value."


def test_an_unknown_command_fails_with_a_stack_trace(client: Client) -> None:
    error = client.call("getinstances", instanceFilter="*")["error"]

    assert error["message"] == "Unknown API command getinstances."
    assert error["details"].startswith("System.InvalidOperationException: Unknown API command")
    assert "\r\n   at MailStore." in error["details"]


def test_text_is_utf8_both_ways(acme: Client) -> None:
    acme.result("SetUserFullName", instanceID="acme", userName="jane", fullName="Jäne & Жук=+")

    info = acme.result("GetUserInfo", instanceID="acme", userName="jane")
    assert info["fullName"] == "Jäne & Жук=+"
    assert "Jäne & Жук".encode() in acme.body


def test_a_connection_serves_many_requests(running: Simulator, client: Client) -> None:
    client.call("Ping")
    before = running.counts()["accepts"]
    for _ in range(5):
        client.call("Ping")

    assert running.counts()["accepts"] == before
