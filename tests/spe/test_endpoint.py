"""What may be registered as the place of a deployment."""

import pytest

from gateway.errors import InvalidInput
from gateway.spe.client import Client
from gateway.spe.endpoint import Endpoint


def endpoint(**replaced: object) -> Endpoint:
    values: dict[str, object] = {
        "deployment": "d1",
        "host": "spe.example",
        "port": 8474,
        "user_name": "admin",
        "password": "canary",
        "pin": "ab" * 20,
    }
    return Endpoint(**(values | replaced))  # type: ignore[arg-type] # values of several types


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("spe-1.example", "https://spe-1.example:8474/api"),
        ("127.0.0.1", "https://127.0.0.1:8474/api"),
        ("::1", "https://[::1]:8474/api"),
        ("WIN_SPE", "https://WIN_SPE:8474/api"),
    ],
)
def test_names_and_addresses_make_a_url(host: str, url: str) -> None:
    assert endpoint(host=host).url == url


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a/b",
        "user@evil",
        "a#b",
        "a?b",
        "a b",
        "a\n",
        "-a",
        "a..b",
        "[::1]",
        "fe80::1%eth0",
        "spe.example:1",
        "b\u00fccher.example",
        "a" * 64,
        "a\\b",
    ],
)
def test_what_could_bend_the_url_is_no_host(host: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        endpoint(host=host)

    assert [fault.pointer for fault in caught.value.faults] == ["/host"]


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_is_in_range(port: int) -> None:
    with pytest.raises(InvalidInput):
        endpoint(port=port)


def test_a_user_name_holds_no_colon() -> None:
    with pytest.raises(InvalidInput):
        endpoint(user_name="a:b")


def test_an_empty_pin_is_not_the_same_as_none() -> None:
    with pytest.raises(InvalidInput):
        endpoint(pin="")


def test_the_password_is_in_no_representation() -> None:
    place = endpoint()

    assert "canary" not in repr(place) + str(place) + repr(Client(place)) + str(Client(place))
