"""One spelling for each id; every other is a 404 before anything else happens."""

import pytest
from flask.testing import FlaskClient

from tests.web.toy import INSTANCE, SHELVES

HEX = "01995e5a7c4d7b3e8f2a9c1d0e6b4f37"
NOT_AN_INSTANCE = [
    "*",
    "%2A",
    "%252A",
    "%EF%BC%8A",
    "*%20.running",
    "*host1",
    f"{INSTANCE}%0A",
    f"{INSTANCE}%0D%0A",
    f"{INSTANCE}%00",
    f"{INSTANCE}%20",
    f"%20{INSTANCE}",
    f"{INSTANCE},{INSTANCE}",
    f"{INSTANCE};x=1",
    f"{INSTANCE}%26instanceFilter%3D%2A",
    f"{INSTANCE}%2F..%2Fx",
    f"{INSTANCE}%5C",
    INSTANCE.upper(),
    INSTANCE.replace("a", "A"),
    f"ins_{HEX[:-1]}",
    f"ins_{HEX}0",
    f"dep_{HEX}",
    f"ins-{HEX}",
    f"%EF%BD%89ns_{HEX}",
    f"ins_{HEX[:-1]}%D9%A1",
    f"ins_{HEX[:-1]}%EF%BC%91",
    f"ins_{HEX[:-1]}g",
    f"i%C5%BF_{HEX}",
    f"ins_{HEX[:8]}-{HEX[8:12]}-{HEX[12:16]}-{HEX[16:20]}-{HEX[20:]}",
    "ins_",
    "..",
    "x" * 5000,
]
NOT_A_NUMBER = [
    "0",
    "0001",
    "+1",
    "-1",
    "1.0",
    "1e3",
    "0x1",
    "1_0",
    "%D9%A1",
    "%EF%BC%91",
    "%C2%B2",
    "1%0A",
    "1%20",
    "%201",
    "1%00",
    "*",
    "2147483648",
    "99999999999999999999",
    "9" * 5000,
]


@pytest.mark.parametrize("segment", NOT_AN_INSTANCE)
def test_what_is_no_instance_id_is_not_found(client: FlaskClient, segment: str) -> None:
    answer = client.get(f"/instances/{segment}/shelves")
    assert answer.status_code == 404
    assert answer.json["code"] == "NOT_FOUND"


def test_an_instance_id_is_found(client: FlaskClient) -> None:
    assert client.get(SHELVES).status_code == 200


@pytest.mark.parametrize("segment", NOT_A_NUMBER)
def test_what_is_no_canonical_number_is_not_found(client: FlaskClient, segment: str) -> None:
    assert client.get(f"{SHELVES}/{segment}").status_code == 404


@pytest.mark.parametrize("number", [1, 10, 2147483647])
def test_a_canonical_number_is_handed_over_as_a_number(client: FlaskClient, number: int) -> None:
    assert client.get(f"{SHELVES}/{number}").json["number"] == number


@pytest.mark.parametrize(
    ("segment", "name"),
    [
        ("alice%40example.com", "alice@example.com"),
        ("a%20b", "a b"),
        ("%20a", " a"),
        ("%C3%BC", "ü"),
        ("*", "*"),
        ("%252A", "%2A"),
        ("a+b", "a+b"),
        ("a;b=1", "a;b=1"),
        ("%E2%84%AA", "\u212a"),
        ("x" * 255, "x" * 255),
    ],
)
def test_a_name_is_handed_over_as_it_was_written(
    client: FlaskClient, segment: str, name: str
) -> None:
    assert client.get(f"{SHELVES}/books/{segment}").json["book"] == name


@pytest.mark.parametrize(
    "segment", ["a%0A", "a%00b", "%7F", "%C2%85", "a%2Fb", "%FF", "%C3", "%ED%A0%80", "x" * 256, ""]
)
def test_what_is_no_name_is_not_found(client: FlaskClient, segment: str) -> None:
    assert client.get(f"{SHELVES}/books/{segment}").status_code == 404


@pytest.mark.parametrize(
    "segment", ["ping", "Pi", "Ping%0A", "Ping!", "P" * 65, "%C3%84bc", "Get%20X"]
)
def test_what_is_no_command_is_not_found(client: FlaskClient, segment: str) -> None:
    assert client.get(f"{SHELVES}/commands/{segment}").status_code == 404


def test_a_command_is_found(client: FlaskClient) -> None:
    assert client.get(f"{SHELVES}/commands/Ping").json["command"] == "Ping"


def test_each_kind_of_id_takes_its_own_prefix_only(client: FlaskClient) -> None:
    ids = [f"op_{HEX}", f"cli_{HEX}", f"res_{HEX}", f"dep_{HEX}"]
    assert client.get(f"{SHELVES}/operations/{'/'.join(ids)}").status_code == 200
    for index in range(4):
        swapped = [*ids]
        swapped[index] = f"evt_{HEX}"
        assert client.get(f"{SHELVES}/operations/{'/'.join(swapped)}").status_code == 404


@pytest.mark.parametrize(
    "path", ["//instances", "/instances//x", "/faults/bug/", "//evil.example/x"]
)
def test_no_path_is_answered_with_a_redirect_that_repeats_the_host(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path, base_url="http://evil.example")
    assert answer.status_code == 404
    assert "Location" not in answer.headers
