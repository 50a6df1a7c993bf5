"""Fleets in this process: what each deployment is, whatever the others do."""

import hashlib
import http.client
import re
import socket
import ssl
import threading
import tracemalloc
from pathlib import Path

import pytest

from tests.simulated import Control
from tests.simulator.client import JSON, Announcing, Client, trusting
from tests.simulator.fleets import described, fleet

SIZED = """
seed: 7
groups:
- name: site-#
  count: 2
  sizes:
    instances: {min: 3, max: 9}
    stores: {min: 1, max: 3}
    users: {min: 2, max: 6}
    messages: {min: 100, max: 5000}
    archiveAdminEnabled: true
"""
PAIR = "groups:\n- name: good\n- name: bad\n  "
INSTANCE = "site-1-00001"
EXAMPLE = Path(__file__).parents[2] / "examples/fleet.yaml"


def instances(simulator: Announcing) -> list[str]:
    with Client(simulator) as client:
        return [one["instanceID"] for one in client.result("GetInstances", instanceFilter="*")]


def users(client: Client, instance: str) -> list[str]:
    """Return the names of the users that were planted."""
    rows = client.result("GetUsers", instanceID=instance)
    return [row["userName"] for row in rows if row["userName"] != "$archiveadmin"]


def contents(simulator: Announcing, names: list[str]) -> list[JSON]:
    """Look into instances in an order, and return what lies there in the order of their names."""
    with Client(simulator) as client:
        found = {
            name: {
                "stores": client.result("GetStores", instanceID=name),
                "users": users(client, name),
                "folders": client.result("GetFolderStatistics", instanceID=name),
            }
            for name in names
        }
    return [found[name] for name in sorted(found)]


def presented(simulator: Announcing) -> str:
    """Return the SHA-256 of the certificate that a server shows."""
    port = simulator.announcement()["port"]
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        trusting().wrap_socket(raw) as connection,
    ):
        return hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest().upper()


def failures(simulator: Announcing, calls: int, command: str = "Ping") -> list[bool]:
    """Return which of some calls were not answered with 200."""
    with Client(simulator) as client:
        return [client.send("POST", f"/api/invoke/{command}") != 200 for _ in range(calls)]


def test_the_same_seed_makes_the_same_fleet_in_whatever_order_it_is_looked_at(
    tmp_path: Path,
) -> None:
    with fleet(tmp_path, SIZED) as first, fleet(tmp_path, SIZED) as second:
        names = instances(first["site-1"])

        assert instances(second["site-1"]) == names
        forwards = contents(first["site-1"], names)
        assert contents(second["site-1"], names[::-1]) == forwards
        assert contents(first["site-2"], instances(first["site-2"]))[0] != forwards[0]


def test_another_seed_makes_another_fleet(tmp_path: Path) -> None:
    with fleet(tmp_path, SIZED) as first, fleet(tmp_path, SIZED.replace("7", "8")) as second:
        assert contents(first["site-1"], [INSTANCE]) != contents(second["site-1"], [INSTANCE])


def test_everything_is_within_the_bounds_of_the_file(tmp_path: Path) -> None:
    with fleet(tmp_path, SIZED) as found:
        names = instances(found["site-2"])
        inside = contents(found["site-2"], names)

    assert 3 <= len(names) <= 9
    assert {1 <= len(one["stores"]) <= 3 and 2 <= len(one["users"]) <= 6 for one in inside} == {
        True
    }
    sums = [sum(store["statisticsCount"] for store in one["stores"]) for one in inside]
    assert min(sums) >= 100
    assert max(sums) <= 5000
    assert len({tuple(one["users"]) for one in inside}) == len(inside)


def test_an_instance_is_made_when_somebody_looks_into_it(tmp_path: Path) -> None:
    with fleet(tmp_path, SIZED) as found, Client(found["site-1"]) as client:
        state = found["site-1"].server.deployment.state
        licences = client.result("CreateLicenseRequest")["instanceData"]
        assert (state.archives, state.disk) == ({}, {})

        found_users = users(client, INSTANCE)
        counted = {one["instanceID"]: one["usedLicenseCount"] for one in licences}
        assert len(state.archives) == 1
        assert counted[INSTANCE] == len(found_users)


def test_an_instance_that_nobody_has_seen_takes_little_memory(tmp_path: Path) -> None:
    """A hundred thousand of them then take less than two hundred megabytes."""
    count = 2000
    tracemalloc.start()
    try:
        with fleet(tmp_path, f"groups: [{{name: big, sizes: {{instances: {count}, users: 50}}}}]"):
            taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken / count < 2000


def test_a_store_cannot_be_made_where_an_unseen_one_lies(tmp_path: Path) -> None:
    with fleet(tmp_path, SIZED) as found, Client(found["site-1"]) as client:
        words = client.refusal(
            "CreateStore", instanceID=INSTANCE, name="New", databasePath="~\\2026"
        )

    assert "already contains a store" in words


def test_the_state_that_is_shown_holds_what_nobody_has_looked_at(tmp_path: Path) -> None:
    with fleet(tmp_path, SIZED) as found:
        state = Control(found["site-1"].control_url).state()

    assert len(state["archives"]) == len(state["instances"]) >= 3


def test_each_control_plane_is_of_its_own_deployment(tmp_path: Path) -> None:
    with fleet(tmp_path, SIZED) as found:
        assert instances(found["site-1"])
        journals = [Control(one.control_url).commands() for one in found.values()]

        assert journals == [["GetInstances"], []]
        Control(found["site-1"].control_url).reset()
        assert len(instances(found["site-1"])) >= 3
        address = found["site-1"].control_url.replace("/site-1", "/nobody")
        with pytest.raises(OSError, match="404"):
            Control(address).journal()


@pytest.mark.parametrize("version", ["14.0", "22.4", "24.4", "25.3"])
def test_a_group_is_of_its_version(tmp_path: Path, version: str) -> None:
    text = f'groups:\n- name: old\n  version: "{version}"'
    with fleet(tmp_path, text) as found, Client(found["old"]) as client:
        assert client.result("GetEnvironmentInfo")["version"] == version


def test_a_fault_befalls_its_share_of_one_deployment_and_nobody_else(tmp_path: Path) -> None:
    text = PAIR + "faults: [{kind: status, share: 0.25}]"
    with fleet(tmp_path, text) as found:
        hit = failures(found["bad"], 80)

        assert 8 <= sum(hit) <= 32
        assert not any(failures(found["good"], 80))
    with fleet(tmp_path, text) as again:
        assert failures(again["bad"], 80) == hit


def test_a_fault_befalls_the_nth_call_of_its_command(tmp_path: Path) -> None:
    text = PAIR + "faults: [{kind: status, command: Ping, nth: 3}]"
    with fleet(tmp_path, text) as found:
        assert not any(failures(found["bad"], 5, "GetServiceStatus"))
        assert failures(found["bad"], 5) == [False, False, True, False, False]
        Control(found["bad"].control_url).reset()
        assert failures(found["bad"], 3) == [False, False, True]


def test_hanging_calls_of_one_deployment_hold_no_thread(tmp_path: Path) -> None:
    text = PAIR + "faults: [{kind: hang, share: 1}]"
    before = threading.active_count()
    with fleet(tmp_path, text) as found:
        clients = [Client(found["bad"]) for _ in range(30)]
        for client in clients:
            client.begin("Ping")
        control = Control(found["bad"].control_url)
        while len(control.commands()) < len(clients):
            assert not failures(found["good"], 1)[0]

        assert threading.active_count() - before < len(clients)
        for client in clients:
            client.close()


def test_connections_without_a_request_hold_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with fleet(tmp_path, PAIR) as found:
        clients = [Client(simulator) for simulator in found.values() for _ in range(25)]
        for client in clients:
            client.result("Ping")

        assert threading.active_count() - before < len(clients) / 2
        for client in clients:
            client.result("Ping")
            client.close()


def test_a_share_of_the_commands_turns_asynchronous(tmp_path: Path) -> None:
    text = PAIR + "asynchronous: {share: 1, seconds: 60}"
    with fleet(tmp_path, text) as found, Client(found["bad"]) as client:
        assert client.call("Ping")["statusCode"] == "running"
        with Client(found["good"]) as other:
            assert other.call("Ping")["statusCode"] == "succeeded"


def test_one_that_is_down_refuses_connections_until_it_is_up(tmp_path: Path) -> None:
    with fleet(tmp_path, PAIR + "condition: down") as found:
        with Client(found["bad"]) as client, pytest.raises(ConnectionRefusedError):
            client.call("Ping")
        assert not any(failures(found["good"], 1))
        Control(found["bad"].control_url).enter("up")
        assert not any(failures(found["bad"], 1))
        Control(found["bad"].control_url).reset()
        with Client(found["bad"]) as client, pytest.raises(ConnectionRefusedError):
            client.call("Ping")


def test_the_port_of_one_that_is_down_stays_its_own(tmp_path: Path) -> None:
    with fleet(tmp_path, PAIR + "condition: down") as found, socket.socket() as rival:
        rival.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        with pytest.raises(OSError, match="in use"):
            rival.bind(("127.0.0.1", found["bad"].port))


def test_one_that_hangs_accepts_connections_and_says_nothing(tmp_path: Path) -> None:
    with fleet(tmp_path, PAIR + "condition: hanging") as found:
        raw = socket.create_connection(("127.0.0.1", found["bad"].port), timeout=0.2)
        with raw, pytest.raises(TimeoutError):
            trusting().wrap_socket(raw)
        assert not any(failures(found["good"], 1))
        assert found["bad"].counts()["accepts"] == 0


def test_one_with_a_wrong_certificate_shows_another_than_it_announces(tmp_path: Path) -> None:
    with fleet(tmp_path, PAIR + "condition: wrong-certificate") as found:
        announced = [one.announcement()["sha256"] for one in found.values()]

        assert presented(found["good"]) == announced[0]
        assert presented(found["bad"]) not in announced
        Control(found["bad"].control_url).enter("up")
        assert presented(found["bad"]) == announced[1]


def test_taking_one_down_closes_its_connections(tmp_path: Path) -> None:
    with fleet(tmp_path, PAIR) as found, Client(found["bad"]) as client:
        client.result("Ping")
        Control(found["bad"].control_url).enter("down")

        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError, ssl.SSLError)):
            client.call("Ping")


def test_an_unknown_condition_is_refused(tmp_path: Path) -> None:
    with fleet(tmp_path, PAIR) as found, pytest.raises(OSError, match="400"):
        Control(found["bad"].control_url).enter("asleep")


def test_ports_follow_each_other_from_the_first(tmp_path: Path) -> None:
    text = "firstPort: 20000\ngroups: [{name: a#, count: 2}, {name: b}]"

    assert [(one.name, one.port) for one in described(tmp_path, text)] == [
        ("a1", 20000),
        ("a2", 20001),
        ("b", 20002),
    ]


def test_a_run_of_hashes_is_the_number_with_leading_zeros(tmp_path: Path) -> None:
    names = [one.name for one in described(tmp_path, "groups: [{name: a-##, count: 11}]")]

    assert (names[0], names[-1]) == ("a-01", "a-11")


WRONG: dict[str, tuple[str, str]] = {
    "an unknown key": (
        "- name: a\n  cuont: 2",
        "line 3: groups[0].cuont: .* allowed are name, coun",
    ),
    "no name": ("- count: 2", "line 2: groups[0].name: Field required"),
    "a version that is a number": ("- name: a\n  version: 22.4", 'line 3: .*version: .*"22.4"'),
    "many of one name": ("- {name: a, count: 2}", "line 2: groups[0]: .* frankfurt-##"),
    "a name twice": ("- name: a\n- name: a", "a more than once"),
    "a capital letter": ("- name: A", "a-z"),
    "none at all": ("- {name: a#, count: 0}", "groups[0].count: must be greater"),
    "a word for a time": ("- name: a\n  latency: {read: slow}", "line 3: .*read: .* {between"),
    "a time before now": ("- name: a\n  latency: {read: -1}", "line 3: .*latency.read: must be gr"),
    "bounds the wrong way round": ("- name: a\n  latency: {between: [2, 1]}", "a ≤ b"),
    "half of a distribution": ("- name: a\n  latency: {median: 2}", "line 3: groups[0].latency: "),
    "a word for a number": ("- name: a\n  sizes: {users: many}", "sizes.users: .*{min: 1, max: 3}"),
    "half of two bounds": ("- name: a\n  sizes: {users: {min: 1}}", "users.max: Field required"),
    "more than can be": ("- name: a\n  sizes: {stores: 101}", "groups[0].sizes: .*stores than 100"),
    "an unknown fault": ("- name: a\n  faults:\n  - kind: fire", "line 4: .*kind: .* drop-before"),
    "an unknown command": ("- name: a\n  faults: [{kind: hang, command: Fly}]", "command: must be"),
    "a body of no bytes": ("- name: a\n  faults: [{kind: garbage, body: '*'}]", "body: .*base64"),
    "a share above all": ("- name: a\n  asynchronous: {share: 1.5}", "share: must be less than"),
    "an unknown condition": ("- name: a\n  condition: asleep", "'down', 'hanging' or 'wrong-cert"),
    "a key twice": ("- name: a\n  name: b", "line 3: name stands here again"),
    "a key that is no text": ("- name: a\n  1: b", "line 3: a key must be text"),
    "a list for a mapping": ("- [a]", "line 2: groups[0]: must be a mapping of name"),
    "a document within itself": ("- &a\n  faults: [*a]", "too deep"),
    "a port too many": ("- {name: a#, count: 3}\nfirstPort: 65535", "too few ports"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_with_the_place_and_what_is_allowed(
    tmp_path: Path, case: str
) -> None:
    groups, words = WRONG[case]
    pattern = re.sub(r"\[(?=\d)", r"\[", words)

    with pytest.raises(ValueError, match=pattern):
        described(tmp_path, f"groups:\n{groups}")


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"line 2.*line 4.*line 3") as refused:
        described(tmp_path, "groups:\n- count: 0\n  condition: no\n  sizes: 3\n")

    assert str(refused.value).count("line ") == 4


def test_the_example_is_what_it_says(tmp_path: Path) -> None:
    text = EXAMPLE.read_text()

    assert text.startswith("# Twenty deployments in two processes")
    assert "processes: 2" in text
    assert len(described(tmp_path, text)) == 20
