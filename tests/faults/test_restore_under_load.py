"""F30 under load: an old backup comes back while callers work and the deployment has moved on.

Real processes: the gateway, `spe-gateway backup`, `spe-gateway restore`. On SQLite it is killed and
restored into an empty home; on PostgreSQL two gateways are stopped, and their database is replaced.
Nobody waits for it: the callers go on all the time, as `tests/faults/enduring.py` says.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from gateway.simulator.scenario import Scenario
from gateway.simulator.server import Simulator
from tests.behind import Console
from tests.cli.program import run
from tests.core import until
from tests.faults.enduring import Answer, Client, Load
from tests.faults.rolling import Cluster, rolling
from tests.simulated import JSON, Control

PLACES = ("makes", "runs", "holds", "calls", "kept", "moved", "purged", "vanished")
"""The instances of A, each by what happens there."""

HELD_SECONDS = 3600.0
BRIEF = Scenario(messages_per_store=40, verify_rate=200.0)
"""A verification takes a fifth of a second."""

BRIEFLY = {"drain_seconds": "1"}
"""So long a gateway goes on after it was told to stop."""

STRANGER = "stranger"
LAG_SECONDS = 1.0
"""In which every process of a gateway knows who was let go."""
STAYING = ("maker", "runner", "lister", "reader", "caller")
LOST = ("deleted", "moved", "purged")
"""What is lost after the backup: a client, an instance that is another's, one that is gone."""


@dataclass
class Drill:
    """What the drill leaves to be judged.

    Attributes:
        cluster: the gateways.
        control: of the deployment.
        load: the callers.
        home: of the gateway that is served now.
        resellers: by letter.
        instances: by name, as they were made.
        clients: by what they do, or lose.
        losses: when everybody knew that something is lost, of the monotonic clock.
        made: users by name, with the answer to their creation.
        runs: how each long operation ended.
        calls: answers by key, before the restore and after it.
        mark: how much the deployment had been sent before the restore.
        back: when the gateway was back, of the monotonic clock.
        report: of the restore.
    """

    cluster: Cluster
    control: Control
    load: Load = field(default_factory=Load)
    home: str = "home"
    resellers: dict[str, str] = field(default_factory=dict)
    instances: dict[str, JSON] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    losses: dict[str, float] = field(default_factory=dict)
    made: dict[str, Answer] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    calls: dict[str, list[Answer]] = field(default_factory=dict)
    mark: int = 0
    back: float = 0.0
    report: Mapping[str, Any] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def path(self, name: str) -> str:
        """Return where an instance is."""
        return f"/instances/{self.instances[name]['id']}"

    def call(self, key: str, path: str, body: JSON | None = None) -> Answer:
        """POST something under a key, and keep the answer."""
        found = self.clients["caller"].endure(self.load.over, "POST", path, body, key)
        self.calls.setdefault(key, []).append(found)
        return found

    def read(self, client: str, path: str) -> None:
        """One round of who reads."""
        self.clients[client].endure(self.load.over, "GET", path)

    def make_user(self) -> None:
        """One round of who changes something."""
        name = f"u{next(self._numbers)}"
        path, body = f"{self.path('makes')}/users", {"userName": name}
        self.made[name] = self.clients["maker"].endure(self.load.over, "POST", path, body, name)

    def run_long(self) -> None:
        """One round of who has long operations carried out, and follows each to its end."""
        key, path = f"run-{next(self._numbers)}", f"{self.path('runs')}/stores/1/verify"
        found = self._run(path, key)
        while found.code == "NOT_FOUND":  # it was begun after the backup: the key begins it anew
            found = self._run(path, key)
        if found.status:
            self.runs.append(found.code or str(found.body.get("status", "succeeded")))

    def _run(self, path: str, key: str) -> Answer:
        """Begin a long operation, and follow it until it ends, or is not known any more."""
        client = self.clients["runner"]
        found = client.endure(self.load.over, "POST", path, key=key)
        at = f"/operations/{found.body.get('id')}"
        while found.body.get("endTime", found.body) is None:
            found = client.endure(self.load.over, "GET", at)
        return found


@contextmanager
def killed_and_restored_elsewhere(drill: Drill, archive: Path) -> Iterator[None]:
    """The machine is lost; another one has the backup, the keys and the witness."""
    (node,) = drill.cluster.nodes
    drill.cluster.nodes.clear()
    node.kill()
    yield
    folder, drill.home = drill.cluster.folder, "other"
    (folder / "other").mkdir(mode=0o700)
    for file in ("master.keys", "witness.jsonl"):
        shutil.copy(folder / "home" / file, folder / "other" / file)
    restore(drill, str(archive))


@contextmanager
def stopped_and_replaced(drill: Drill, archive: Path) -> Iterator[None]:
    """The database is wrong; every gateway stops as it should, and the backup takes its place."""
    for node in list(drill.cluster.nodes):
        assert drill.cluster.stop(node) == 0
    yield
    restore(drill, "--replace", "--yes", str(archive))


def restore(drill: Drill, *words: str) -> None:
    done = run(["restore", "--json", *words], drill.cluster.env(drill.home))
    assert done.returncode == 0, done.stderr
    drill.report = json.loads(done.stdout)


def people(drill: Drill) -> None:
    """Make who calls, and what they call for, before the backup."""
    call = drill.cluster.call
    for letter in ("A", "B"):
        drill.resellers[letter] = call("POST", "/resellers", {"name": letter})["id"]
    for name in PLACES:
        body = {"instanceID": name, "displayName": name, "reseller": drill.resellers["A"]}
        whole = {**body, "archiveAdmin": True, "store": {"name": "Mail"}}
        drill.instances[name] = call("POST", "/instances", whole)
    for name in (*STAYING, *LOST):
        grant = {"name": name, "reseller": drill.resellers["A"], "roles": ["reseller-admin"]}
        drill.clients[name] = Client(drill.cluster, call("POST", "/clients", grant))


def work(drill: Drill) -> None:
    """Let everybody begin."""
    add: Callable[[str, Callable[[], None]], None] = drill.load.add
    add("maker", drill.make_user)
    add("runner", drill.run_long)
    add("lister", partial(drill.read, "lister", "/instances"))
    add("reader", partial(drill.read, "reader", f"{drill.path('kept')}/statistics"))
    add("deleted", partial(drill.clients["deleted"].look, "/me"))
    for name in ("moved", "purged"):
        add(name, partial(drill.clients[name].look, drill.path(name)))


def hold(drill: Drill) -> None:
    """Begin a long operation that has no end before the drill has one."""
    drill.control.asynchronous(1.0, seconds=HELD_SECONDS, command="CreateUser")
    assert drill.call("held", f"{drill.path('holds')}/users", {"userName": "held"}).status == 202
    drill.control.asynchronous(0.0)


def lose(drill: Drill, name: str, method: str, path: str, body: JSON | None = None) -> None:
    """Take something away from somebody."""
    drill.cluster.call(method, path, body)
    drill.losses[name] = monotonic() + LAG_SECONDS


def go_on(drill: Drill, console: Console) -> None:
    """What happens after the backup, at the gateway and past it."""
    drill.call("since", f"{drill.path('calls')}/users", {"userName": "since"})
    newcomer = {"instanceID": "newcomer", "displayName": "Newcomer"}
    drill.call("newcomer", "/instances", newcomer)
    lose(drill, "deleted", "DELETE", f"/clients/{drill.clients['deleted'].id}")
    transfer = {"reseller": drill.resellers["B"]}
    lose(drill, "moved", "POST", f"{drill.path('moved')}/transfer", transfer)
    drill.cluster.call("DELETE", drill.path("purged"))
    certain = {"instanceID": "purged", "legalHoldChecked": True}
    lose(drill, "purged", "POST", f"{drill.path('purged')}/purge", certain)
    console.delete("vanished")
    console.create(STRANGER)


def again(drill: Drill) -> None:
    """Repeat each call under its key, as whoever never got the answer does."""
    drill.call("before", f"{drill.path('calls')}/users", {"userName": "before"})
    drill.call("since", f"{drill.path('calls')}/users", {"userName": "since"})
    drill.call("newcomer", "/instances", {"instanceID": "newcomer", "displayName": "Newcomer"})
    drill.call("held", f"{drill.path('holds')}/users", {"userName": "held"})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def drill(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drill]:
    folder = tmp_path_factory.mktemp("load")
    with (
        Simulator("load", scenario=BRIEF) as simulator,
        clustered(request, folder, simulator) as cluster,
    ):
        found = Drill(cluster, Control(simulator.control_url))
        people(found)
        hold(found)
        found.call("before", f"{found.path('calls')}/users", {"userName": "before"})
        work(found)
        try:
            through(found, Console(simulator), folder / "gateway.zip")
        finally:
            found.load.end()
        assert not found.load.failures, found.load.failures
        yield found


@contextmanager
def clustered(
    request: pytest.FixtureRequest, folder: Path, simulator: Simulator
) -> Iterator[Cluster]:
    """Serve one gateway on SQLite, or two on PostgreSQL."""
    if request.param == "sqlite":
        with rolling(folder, simulator, "", "", **BRIEFLY) as cluster:
            yield cluster
        return
    redis = request.getfixturevalue("redis_server")
    redis.empty()
    with (
        request.getfixturevalue("postgresql").empty_database() as url,
        rolling(folder, simulator, url, redis.url, **BRIEFLY) as cluster,
    ):
        cluster.start()
        yield cluster


def through(drill: Drill, console: Console, archive: Path) -> None:
    """Back up, go on, restore, and go on again; the callers never stop."""
    drill.load.await_rounds()
    saved = run(["backup", str(archive)], drill.cluster.env())
    assert saved.returncode == 0, saved.stderr
    go_on(drill, console)
    until(lambda: monotonic() > max(drill.losses.values()))
    drill.load.await_rounds()
    alone = len(drill.cluster.nodes) == 1
    ends = killed_and_restored_elsewhere if alone else stopped_and_replaced
    with ends(drill, archive):
        drill.mark = len(drill.control.journal())
    drill.cluster.start(drill.home)
    drill.back = monotonic()
    drill.load.await_rounds()
    drill.cluster.call("POST", f"/deployments/{drill.cluster.deployment}/inventory/refresh")
    again(drill)


def after(drill: Drill, name: str, moment: float) -> list[Answer]:
    """Return what a client was answered to what it sent after a moment."""
    tries = drill.clients[name].tries
    return [each for each in tries if each.begun > moment and each.status]


def test_every_answer_says_clearly_what_it_is(drill: Drill) -> None:
    tries = [each for client in drill.clients.values() for each in client.tries]
    assert [each for each in tries if not each.is_clear] == []
    assert {each.status for each in tries} <= {0, 200, 201, 202, 401, 404, 409, 429, 502, 503}
    assert {each.status for each in tries} >= {0, 200, 201, 202, 401, 404, 409}


@pytest.mark.parametrize("name", STAYING)
def test_no_token_of_before_is_good_and_everybody_who_stays_has_another(
    drill: Drill, name: str
) -> None:
    first, *later = drill.clients[name].tokens
    assert drill.cluster.send("GET", "/me", first).status_code == 401
    assert [drill.cluster.send("GET", "/me", token).status_code for token in later[-1:]] == [200]
    assert any(each.is_success for each in after(drill, name, drill.back))


@pytest.mark.parametrize("name", LOST)
def test_nobody_ever_sees_again_what_was_lost(drill: Drill, name: str) -> None:
    """Nothing that was sent after the loss is a success, whichever gateway answered."""
    found, loss = drill.clients[name], drill.losses[name]
    looks = [each for each in found.tries if each.path != "/oauth/token"]
    assert any(each.is_success and each.begun < loss for each in looks)
    later = after(drill, name, loss)
    assert [each for each in later if each.is_success and each in looks] == []
    assert {each.begun > drill.back for each in later} == {False, True}


def test_who_was_let_go_gets_no_token(drill: Drill) -> None:
    answers = after(drill, "deleted", drill.losses["deleted"])
    assert {each.status for each in answers if each.path == "/oauth/token"} <= {401, 429}
    assert drill.report["clientsDeleted"] == [drill.clients["deleted"].id]
    assert len(drill.clients["deleted"].tokens) == 1


def test_each_user_is_made_once_and_everybody_is_told_so(drill: Drill) -> None:
    """Who sent a create before and after the restore hears that the name is taken: it is his."""
    created = [each for each in drill.control.journal() if each["command"] == "CreateUser"]
    done = Counter(dict(each["arguments"])["userName"] for each in created if each["changed"])
    assert set(done.values()) == {1}
    answered = {name: found for name, found in drill.made.items() if found.status}
    assert {found.code for found in answered.values()} <= {"", "NAME_TAKEN"}
    assert sum(bool(found.code) for found in answered.values()) <= 1
    assert done.keys() >= answered.keys()
    assert done.keys() - drill.made.keys() <= {"before", "since", "held"}


def test_long_operations_end(drill: Drill) -> None:
    assert set(drill.runs) == {"succeeded"}


def test_a_repeated_call_is_answered_as_far_as_the_backup_knows(drill: Drill) -> None:
    found = {
        key: [(each.status, each.code, each.replayed) for each in answers]
        for key, answers in drill.calls.items()
    }
    assert found == {
        "before": [(201, "", False), (201, "", True)],
        "held": [(202, "", False), (502, "ANSWER_LOST", True)],
        "since": [(201, "", False), (409, "NAME_TAKEN", False)],
        "newcomer": [(201, "", False), (409, "NAME_TAKEN", False)],
    }
    assert "restored" in drill.calls["held"][1].body["detail"]


def test_nothing_is_sent_that_nobody_asked_for(drill: Drill) -> None:
    later = drill.control.journal()[drill.mark :]
    sent = {
        (each["command"], dict(each["arguments"]).get("instanceID", ""))
        for each in later
        if each["effect"] != "read"
    }
    asked = {("CreateUser", "makes"), ("CreateUser", "calls"), ("VerifyStore", "runs")}
    assert sent == {*asked, ("CreateInstance", "")}
    made = {each["command"] for each in later if each["changed"]}
    assert made == {"CreateUser"}


def test_the_deployment_has_what_was_left_there(drill: Drill) -> None:
    there = set(drill.control.state()["instances"])
    assert there == {*PLACES, "acme", "newcomer", STRANGER} - {"purged", "vanished"}


def test_every_instance_has_one_owner_or_is_nobodys(drill: Drill) -> None:
    call, resellers = drill.cluster.call, drill.resellers
    known = {each["id"]: each for each in call("GET", "/instances?limit=500")["items"]}
    owners = {
        name: known.get(found["id"], {}).get("reseller") for name, found in drill.instances.items()
    }
    a = dict.fromkeys(PLACES, resellers["A"])
    assert owners == {**a, "moved": resellers["B"], "purged": None}
    unowned = call("GET", "/inventory/unowned?limit=500")["items"]
    former = {each["instanceID"]: each["formerReseller"] for each in unowned}
    assert former == {"newcomer": resellers["A"], STRANGER: None}
    missing = {each["instanceID"] for each in known.values() if each["status"] == "missing"}
    assert missing == {"vanished"}


def test_a_newcomer_goes_back_to_its_owner_and_to_nobody_else(drill: Drill) -> None:
    """Also after its owner has sent the create again, which was refused."""
    unowned = drill.cluster.call("GET", "/inventory/unowned?limit=500")["items"]
    [number] = [each["id"] for each in unowned if each["instanceID"] == "newcomer"]
    token, path = drill.cluster.token(), f"/inventory/{number}/adopt"
    adopted = {
        letter: drill.cluster.send("POST", path, token, json={"reseller": drill.resellers[letter]})
        for letter in ("B", "A")
    }
    assert adopted["B"].json()["code"] == "NAME_TAKEN"
    assert adopted["A"].status_code == 201, adopted["A"].text
