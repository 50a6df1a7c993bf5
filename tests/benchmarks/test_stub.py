"""The stub speaks as SPE does: our own client works with it."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from benchmarks.processes import JSON
from benchmarks.world import World
from gateway.errors import PinMismatch, UpstreamError
from gateway.spe.client import Client
from gateway.spe.commands.stores import CREATE_STORE, GET_STORES
from gateway.spe.endpoint import Endpoint

WRONG_PIN = "0" * 64


def client_of(site: JSON, pin: str = "", password: str = "") -> Client:
    """Return a client of a stub."""
    secret = password or site["password"]
    where = ("dep_1", "127.0.0.1", site["port"], site["userName"])
    return Client(Endpoint(*where, secret, pin or site["sha256"]))


@pytest.fixture
def client(measured: World) -> Iterator[Client]:
    """Our client, with the right pin and the right password."""
    with closing(client_of(measured.sites["fast"])) as made:
        yield made


def names(client: Client, world: World) -> list[str]:
    """Return the names of the stores."""
    status = client.invoke(GET_STORES, {"instanceID": world.instance_id(), "includeSize": False})
    assert (status.code, status.version, status.token) == ("succeeded", 2, None)
    assert isinstance(status.result, list)
    return sorted(store["name"] for store in status.result)


def test_our_client_reads_what_the_stub_says(client: Client, measured: World) -> None:
    first, again = names(client, measured), names(client, measured)

    assert first == again == ["Archive 2024", "Archive 2025", "Archive 2026"]


def test_what_is_kept_is_forgotten_by_a_change(client: Client, measured: World) -> None:
    before = names(client, measured)
    path = "~\\another"
    made = {"instanceID": measured.instance_id(), "name": "Another", "databasePath": path}

    client.invoke(CREATE_STORE, made)

    assert names(client, measured) == sorted([*before, "Another"])


def test_the_stub_knows_its_commands(client: Client) -> None:
    assert GET_STORES.name in {command.name for command in client.metadata()}


def test_the_stub_refuses_a_wrong_password(measured: World) -> None:
    with (
        closing(client_of(measured.sites["fast"], password="wrong")) as stranger,
        pytest.raises(UpstreamError),
    ):
        stranger.metadata()


def test_the_stub_has_the_certificate_that_it_announces(measured: World) -> None:
    with (
        closing(client_of(measured.sites["fast"], pin=WRONG_PIN)) as stranger,
        pytest.raises(PinMismatch),
    ):
        stranger.metadata()
