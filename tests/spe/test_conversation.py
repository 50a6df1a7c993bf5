"""The client and a simulated deployment: whole conversations over TLS."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import pytest

from gateway.errors import (
    AnswerLost,
    CertificateExpired,
    CredentialsRefused,
    PinMismatch,
    ReplyInvalid,
    TokenLost,
    UpstreamError,
)
from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from gateway.spe.catalogue import COMMANDS
from gateway.spe.certificate import probe
from gateway.spe.client import Client, Endpoint, Limits
from gateway.spe.commands.environment import GET_ENVIRONMENT_INFO, PING
from gateway.spe.commands.instances import GET_INSTANCES, STOP_INSTANCES
from gateway.spe.commands.stores import GET_STORES, VERIFY_STORE
from gateway.spe.commands.users import CREATE_USER, DELETE_USER, GET_USERS
from gateway.spe.status import Status, merge
from tests.simulated import Control

ACME = {
    "instanceID": "acme",
    "archiveAdminEnabled": True,
    "stores": [{"name": "Mail", "messages": 1249}],
    "users": [{"userName": "jane", "fullName": "Jane"}],
}
JOE = {"instanceID": "acme", "userName": "joe", "privileges": ["login"]}


@dataclass(frozen=True)
class Deployment:
    """A simulated deployment, its control plane and a client of it."""

    control: Control
    endpoint: Endpoint
    client: Client


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator("alpha", scenario=Scenario(verify_rate=5000)) as spe:
        yield spe


@pytest.fixture
def deployment(simulator: Simulator) -> Iterator[Deployment]:
    control = Control(simulator.control_url)
    control.reset()
    control.clear_faults()
    control.seed(instances=[ACME, ACME | {"instanceID": "other"}])
    control.forget_journal()
    told = simulator.announcement()
    endpoint = Endpoint(
        "alpha", "127.0.0.1", told["port"], told["userName"], told["password"], told["thumbprint"]
    )
    limits = Limits(max_reply_bytes=2**20, control_seconds=5)
    with closing(Client(endpoint, limits)) as client:
        yield Deployment(control, endpoint, client)


def followed(client: Client, first: Status) -> Status:
    """The last state of a command."""
    known = first
    while known.is_running:
        assert known.token is not None
        known = merge(known, client.get_status(known.token, known.version, 1000))
    return known


def test_discovery_lists_every_instance_and_a_filter_only_one(deployment: Deployment) -> None:
    everything = deployment.client.discover().result
    one = deployment.client.invoke(GET_INSTANCES, {"instanceFilter": "acme"}).result

    assert isinstance(everything, list)
    assert isinstance(one, list)
    assert {entry["instanceID"] for entry in everything} == {"acme", "other"}
    assert [entry["instanceID"] for entry in one] == ["acme"]


def test_what_was_created_is_seen_in_a_later_read(deployment: Deployment) -> None:
    name = 'j\u00f6e&=%+\u20ac"'
    followed(deployment.client, deployment.client.invoke(CREATE_USER, JOE | {"userName": name}))
    users = deployment.client.invoke(GET_USERS, {"instanceID": "acme"}).result

    assert isinstance(users, list)
    assert name in {user["userName"] for user in users}


def test_a_failed_command_says_why_for_operators(deployment: Deployment) -> None:
    status = deployment.client.invoke(DELETE_USER, {"instanceID": "acme", "userName": "nobody"})

    assert status.code == "failed"
    assert status.error_message


def test_a_long_run_is_followed_to_its_end_with_its_whole_log(deployment: Deployment) -> None:
    stores = deployment.client.invoke(GET_STORES, {"instanceID": "acme"}).result
    assert isinstance(stores, list)
    arguments = {"instanceID": "acme", "id": stores[0]["id"], "includeIndexes": True}
    first = deployment.client.invoke(VERIFY_STORE, arguments)
    last = followed(deployment.client, first)

    assert first.is_running
    assert last.succeeded
    assert last.percent == 100
    assert last.log.count("Verifying...") == 1
    assert last.log.rstrip().endswith("Finished. No errors have been found.")


def test_any_command_may_turn_asynchronous(deployment: Deployment) -> None:
    deployment.control.asynchronous(share=1, seconds=0.05)
    first = deployment.client.discover()
    last = followed(deployment.client, first)
    deployment.control.asynchronous(share=0)

    assert first.is_running
    assert isinstance(last.result, list)


def test_a_cancelled_run_ends_without_success(deployment: Deployment) -> None:
    deployment.control.pause("*")
    first = deployment.client.invoke(
        VERIFY_STORE, {"instanceID": "acme", "id": 1, "includeIndexes": False}
    )
    assert first.token is not None
    deployment.client.cancel(first.token)
    deployment.control.resume("*")
    last = followed(deployment.client, first)

    assert last.is_final
    assert not last.succeeded


def test_a_restart_loses_every_token(deployment: Deployment) -> None:
    deployment.control.pause("*")
    first = deployment.client.invoke(
        VERIFY_STORE, {"instanceID": "acme", "id": 1, "includeIndexes": False}
    )
    assert first.token is not None
    deployment.control.restart()

    with pytest.raises(TokenLost):
        deployment.client.get_status(first.token, first.version)


def test_the_metadata_agrees_with_the_catalogue(deployment: Deployment) -> None:
    listed = {signature.name: signature for signature in deployment.client.metadata()}

    assert {"Ping", "GetStores", "CreateUser"} <= set(listed) <= set(COMMANDS)
    for name, signature in listed.items():
        types = {param.name: param.type.value for param in COMMANDS[name].params}
        assert {a.name: a.type for a in signature.args if a.name in types} == types


def test_wrong_credentials_are_refused(deployment: Deployment) -> None:
    wrong = replace(deployment.endpoint, password="wrong")
    with closing(Client(wrong)) as client, pytest.raises(CredentialsRefused):
        client.invoke(PING, {})


@pytest.mark.parametrize(
    ("kind", "details"),
    [
        ("drop-after", {}),
        ("status", {"status": 500}),
        ("status", {"status": 503}),
        ("garbage", {"body": "PGh0bWw+"}),
        ("garbage", {"body": ""}),
        ("truncate", {"size": 20}),
        ("huge", {"size": 3_000_000}),
        ("deep", {"size": 1000}),
        ("gzip-bomb", {"size": 50_000_000}),
        ("redirect", {"status": 307, "url": "https://127.0.0.1:1/"}),
        ("hang", {}),
        ("drip", {"seconds": 0.05}),
    ],
)
def test_a_spoilt_answer_is_ambiguous_and_the_command_sent_once(
    deployment: Deployment, kind: str, details: dict[str, object]
) -> None:
    deployment.control.fault(kind, "CreateUser", **details)

    with pytest.raises(UpstreamError) as caught:
        deployment.client.invoke(CREATE_USER, JOE, seconds=0.5)

    assert isinstance(caught.value, AnswerLost)
    assert deployment.control.commands() == ["CreateUser"]


def test_an_answer_without_a_mark_is_as_good(deployment: Deployment) -> None:
    deployment.control.fault("not-bom", "GetEnvironmentInfo")

    assert deployment.client.invoke(GET_ENVIRONMENT_INFO, {}).succeeded


def test_a_slow_answer_within_the_deadline_is_an_answer(deployment: Deployment) -> None:
    deployment.control.fault("delay", "StopInstances", seconds=0.3)
    first = deployment.client.invoke(STOP_INSTANCES, {"instanceFilter": "acme"}, seconds=5)

    assert followed(deployment.client, first).succeeded


def test_a_renewed_certificate_is_refused_until_it_is_registered(deployment: Deployment) -> None:
    deployment.control.exchange_certificate()
    certificate = probe("127.0.0.1", deployment.endpoint.port, 2)
    renewed = replace(deployment.endpoint, pin=certificate.sha256)

    with closing(Client(deployment.endpoint)) as old, pytest.raises(PinMismatch):
        old.invoke(PING, {})
    with closing(Client(renewed)) as new:
        assert new.invoke(PING, {}).succeeded


def test_an_expired_certificate_is_refused_although_it_is_registered(
    deployment: Deployment,
) -> None:
    told = deployment.control.exchange_certificate(expired=True)
    expired = replace(deployment.endpoint, pin=told["thumbprint"])

    with closing(Client(expired)) as client, pytest.raises(CertificateExpired):
        client.invoke(PING, {})
    deployment.control.exchange_certificate()
    assert deployment.control.commands() == []


def test_a_probe_is_no_request(deployment: Deployment) -> None:
    before = deployment.control.connections()["requestsBegun"]
    probe("127.0.0.1", deployment.endpoint.port, 2)

    assert deployment.control.connections()["requestsBegun"] == before


def test_a_reply_over_the_limit_is_refused_in_a_read_as_well(deployment: Deployment) -> None:
    deployment.control.fault("huge", "GetUsers", size=3_000_000)

    with pytest.raises(ReplyInvalid):
        deployment.client.invoke(GET_USERS, {"instanceID": "acme"})
