"""``spe-gateway demo`` as a sandbox: filled, told, broken, and brought up again."""

import json
import re
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from gateway.cli.account import Account, Refused
from gateway.cli.api_client import Api, Call
from gateway.cli.demo.command import demo
from gateway.cli.failure import Failure
from gateway.cli.sandbox import cast
from gateway.cli.sandbox.archives import contents_of
from gateway.cli.sandbox.ground import OPERATOR
from gateway.cli.sandbox.kept import FILE, Kept, find
from gateway.cli.sandbox.rates import use_up
from tests.cli.conftest import Outcome, Program
from tests.cli.program import environment, running
from tests.contract.conftest import Quiet
from tests.docs.tables import ROOT
from tests.served import served

PAGE = ROOT / "docs/sandbox.md"
LINE = re.compile(r"(?m)^spe-gateway ([^#>&\n]+?)(?: [>&].*)?$")
ASSIGNED = re.compile(r"(?m)^export (\w+)=(.+)$")


@dataclass(frozen=True)
class Sandbox:
    """One that runs.

    Attributes:
        home: its folder.
        told: what was printed once it was ready.
        program: ours.
        accounts: its clients that have signed in, by their names.
    """

    home: Path
    told: dict[str, Any]
    program: Program
    accounts: dict[str, Account] = field(default_factory=dict)

    def ask(self, name: str, path: str) -> Any:  # noqa: ANN401 # any JSON value
        """Return what a client of the sandbox is answered."""
        if name not in self.accounts:
            (client,) = [each for each in self.told["clients"] if each["name"] == name]
            keys = client["clientId"], client["clientSecret"]
            self.accounts[name] = Account(Api(self.told["url"]), *keys)
        return self.accounts[name].call(Call("GET", path)).body

    def instances(self, name: str) -> dict[str, Any]:
        """Return the instances that a client sees, by their ids at SPE."""
        items = self.ask(name, "/instances?limit=500")["items"]
        return {each["instanceID"]: each for each in items}

    def inside(self, instance_id: str, path: str) -> Any:  # noqa: ANN401 # any JSON value
        """Return what the operator is answered about something inside an instance."""
        opaque = self.instances(OPERATOR)[instance_id]["id"]
        return self.ask(OPERATOR, f"/instances/{opaque}/{path}")

    def command(self, *words: str) -> Outcome:
        """Run ``spe-gateway sandbox``."""
        return self.program("sandbox", *words, "--home", str(self.home))


@contextmanager
def started(home: Path, program: Program) -> Iterator[Sandbox]:
    """Run a sandbox, from when it is ready."""
    ready = home.with_name("ready.json")
    options = ["--json", "--home", str(home), "--ready-file", str(ready)]
    env = environment("/nonexistent")
    with running(["demo", *options], env, home.with_name("log")) as process:
        assert process.process.stdout is not None
        text = ""
        for line in process.process.stdout:
            text += line
            if line == "}\n":
                break
        assert text, process.log
        while not ready.exists():
            assert process.process.poll() is None, process.log
        assert ready.read_text() == text
        yield Sandbox(home, json.loads(text), program)


@pytest.mark.timeout(300)
def test_a_sandbox_is_filled_broken_and_brought_up_again(
    tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, since filling takes seconds; each step says what it looks at."""
    home = tmp_path / "home"
    with started(home, program) as sandbox:
        _everybody_sees_their_own(sandbox)
        _the_customers_are_in_many_states(sandbox)
        _an_archive_has_years_people_and_runs(sandbox)
        _the_webhook_was_sent_what_happened(sandbox)
        _its_secrets_are_for_its_owner_alone(sandbox)
        _something_goes_wrong_is_shown_and_ends(sandbox)
        _a_deployment_that_is_back_is_called_at_once(sandbox)
        _a_certificate_that_was_refused_is_said_to_be(sandbox)
        _what_is_spent_is_not_listed(sandbox)
        _the_gateway_is_known_by_where_it_listens(sandbox)
        _what_cannot_be_is_said_in_one_line(sandbox)
        _mail_comes_in_and_time_passes(sandbox)
        _the_lines_of_the_page_are_carried_out(sandbox, monkeypatch)
    with started(home, program) as again:
        assert again.told == sandbox.told | _fresh(again)
        assert again.instances(OPERATOR).keys() == sandbox_ids()
        assert again.ask(OPERATOR, "/deployments")["items"][0]["cordoned"] is False
        assert again.inside("harbour-lane", "stores")["items"]
    assert "Ending …" in home.with_name("log").read_text()


def sandbox_ids() -> set[str]:
    return {each.instance_id for each in cast.COMPANIES}


def _fresh(sandbox: Sandbox) -> dict[str, Any]:
    """Return what may be another than before."""
    return {name: sandbox.told[name] for name in ("process", "deployments")}


def _everybody_sees_their_own(sandbox: Sandbox) -> None:
    care = {each.instance_id for each in cast.COMPANIES if each.reseller == cast.CARE}
    invoiced = set(sandbox.instances("Northwind invoicing"))

    assert sandbox.instances(OPERATOR).keys() == sandbox_ids()
    assert sandbox.instances("Monitoring").keys() == sandbox_ids()
    assert sandbox.instances("Care administration").keys() == care
    assert sandbox.instances("Portal of Harbour Lane Dental").keys() == {"harbour-lane"}
    assert care < invoiced < sandbox_ids()


def _the_customers_are_in_many_states(sandbox: Sandbox) -> None:
    found = sandbox.instances(OPERATOR)
    (unowned,) = sandbox.ask(OPERATOR, "/inventory/unowned")["items"]

    assert found[cast.STOPPED]["status"] == "stopped"
    assert found[cast.SUSPENDED]["status"] == "suspended"
    assert found[cast.DELETED]["status"] == "deleted"
    assert found["harbour-lane"]["status"] == "running"
    assert unowned["instanceID"] == cast.UNOWNED.instance_id


def _an_archive_has_years_people_and_runs(sandbox: Sandbox) -> None:
    stores = sandbox.inside("novak-transport", "stores?includeSize=true")["items"]
    users = sandbox.inside("novak-transport", "users")["items"]
    runs = sandbox.inside("novak-transport", "worker-results")["items"]

    assert {"2021", "2022"} < {each["name"] for each in stores}
    assert all(each["statisticsSize"] > 0 for each in stores)
    assert len([each for each in users if "." in each["userName"]]) == 15
    assert {each["result"] for each in runs} <= {"failed", "completedWithErrors"}
    assert len(runs) == 7
    assert len(sandbox.inside("novak-transport", "jobs")["items"]) == 1
    assert len(sandbox.inside("novak-transport", "profiles")["items"]) == 1
    assert sandbox.inside("meadow-foods", "stores")["items"][0]


def _the_webhook_was_sent_what_happened(sandbox: Sandbox) -> None:
    lines = Path(sandbox.told["deliveries"]).read_text().splitlines()
    types = {json.loads(json.loads(line)["body"])["type"] for line in lines}

    assert "instance.created" in types
    assert "webhook-signature" in json.loads(lines[0])["headers"]


def _its_secrets_are_for_its_owner_alone(sandbox: Sandbox) -> None:
    kept = sandbox.home / FILE

    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text()) == sandbox.told
    assert json.loads(sandbox.command("show", "--json").out) == sandbox.told
    for name, words in (
        (OPERATOR, ("show",)),
        (OPERATOR, ("env",)),
        ("Monitoring", ("env", "Mon")),
    ):
        (secret,) = [
            each["clientSecret"] for each in sandbox.told["clients"] if each["name"] == name
        ]
        assert f"SPE_GATEWAY_CLIENT_SECRET={secret}\n" in sandbox.command(*words).out


def _something_goes_wrong_is_shown_and_ends(sandbox: Sandbox) -> None:
    home = str(sandbox.home)
    said = sandbox.command("fault", "refused", "alpha", "--command", "Ping", "--times", "7")
    down = sandbox.command("fault", "down", "gamma")
    stopped = sandbox.command("fault", "stopped", "--instance", "corner-books")
    shown = sandbox.command("faults").out
    ended = sandbox.command("clear", "alpha", "gamma")
    after = json.loads(sandbox.command("faults", "--json").out)["deployments"]

    assert [each.status for each in (said, down, stopped, ended)] == [0, 0, 0, 0]
    assert "A portal sees: 502 COMMAND_FAILED" in said.out
    assert "with 'POST /instances/{instance}/start'" in stopped.out
    assert "refused of Ping, 7 left" in shown
    assert "gamma       down" in shown
    assert f"It ends after 7 calls, or with 'spe-gateway sandbox clear --home {home}'." in said.out
    assert down.out.endswith(f"It ends with 'spe-gateway sandbox clear --home {home}'.\n")
    assert ended.out == "alpha is well.\ngamma is well.\n"
    assert {each["condition"] for each in after.values()} == {"up"}
    assert after["alpha"]["faults"] == []


def _a_deployment_that_is_back_is_called_at_once(sandbox: Sandbox) -> None:
    sandbox.command("fault", "down", "gamma")
    for code in (*["DEPLOYMENT_UNREACHABLE"] * 5, "DEPLOYMENT_PAUSED"):
        with pytest.raises(Refused) as found:
            sandbox.inside("optik-sommer", "stores")
        assert found.value.code == code
    assert sandbox.command("clear", "gamma").out == "gamma is well.\n"

    assert sandbox.inside("optik-sommer", "stores")["items"]


def _a_certificate_that_was_refused_is_said_to_be(sandbox: Sandbox) -> None:
    sandbox.command("fault", "certificate", "gamma")
    with pytest.raises(Refused):
        sandbox.inside("optik-sommer", "stores")
    said = sandbox.command("clear", "gamma").out
    assert said.startswith("gamma is well, but the gateway holds it in quarantine: 'spe-gateway")
    operator = sandbox.accounts[OPERATOR]
    (gamma,) = [each["id"] for each in sandbox.told["deployments"] if each["name"] == "gamma"]
    operator.call(Call("POST", f"/deployments/{gamma}/lift-quarantine"))


def _what_is_spent_is_not_listed(sandbox: Sandbox) -> None:
    said = sandbox.command("fault", "slow", "alpha", "--times", "1", "--seconds", "0")
    assert "It ends after 1 call, or with" in said.out
    assert "slow of *, 1 left" in sandbox.command("faults").out
    sandbox.inside("oakfield-legal", "stores?includeSize=true")
    assert "left" not in sandbox.command("faults").out


def _the_gateway_is_known_by_where_it_listens(sandbox: Sandbox) -> None:
    (event,) = sandbox.ask(OPERATOR, "/events?limit=1")["items"]
    assert event["source"] == sandbox.told["url"]


def _what_cannot_be_is_said_in_one_line(sandbox: Sandbox) -> None:
    for words, said in (
        (["fault", "down"], "Say where: alpha, beta, gamma."),
        (["fault", "down", "delta"], "The sandbox has no deployment delta"),
        (["fault", "down", "alpha", "--times", "2"], "down does not take --times."),
        (["fault", "stopped"], "stopped needs --instance"),
        (["fault", "stopped", "--instance", "nobody"], "has an instance nobody."),
        (["fault", "stopped", "beta", "--instance", "corner-books"], "does not exist"),
        (["mail", cast.SUSPENDED], "does not run"),
        (["clock", "--advance", "soon"], "write 90s, 30m, 12h or 7d"),
        (["clock", "--set", "soon"], "Invalid isoformat string"),
        (["clock", "--set", "soon", "--advance", "1d"], "not both"),
        (["rate-limit", "N"], "Which client: Northwind administration, "),
        (["env", "Nobody"], "There is no client Nobody: there are First operator, Monitoring, "),
    ):
        outcome = sandbox.command(*words)
        assert outcome.status == 1
        assert said in outcome.err
        assert len(outcome.err.splitlines()) == 1


def _mail_comes_in_and_time_passes(sandbox: Sandbox) -> None:
    before = sandbox.inside("music-academy", "statistics")
    sandbox.command("mail", "music-academy", "--messages", "500")
    received = sandbox.inside("music-academy", "statistics")
    moved = sandbox.command("clock", "alpha", "--advance", "7d")
    later = sandbox.inside("music-academy", "statistics")

    assert received["numberOfMessages"] == before["numberOfMessages"] + 500
    assert later["numberOfMessages"] > received["numberOfMessages"]
    assert moved.out.startswith("alpha  20")


def _the_lines_of_the_page_are_carried_out(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order; ``rate-limit`` has a test of its own, since it takes 600 calls."""
    for name, value in ASSIGNED.findall(sandbox.command("env").out):
        monkeypatch.setenv(name, value)
    told = [shlex.split(line) for line in LINE.findall(PAGE.read_text())]
    carried = [words for words in told if words[0] != "demo" and "rate-limit" not in words]
    for words in carried:
        home = ["--home", str(sandbox.home)] if words[0] == "sandbox" else []
        outcome = sandbox.program(*words, *home)
        assert (words, outcome.status, outcome.err) == (words, 0, "")
    assert len(carried) > 10


def test_the_other_lines_of_the_page_can_be_typed() -> None:
    found = [shlex.split(line) for line in LINE.findall(PAGE.read_text())]
    begun = [words[1:] for words in found if words[0] == "demo"]

    for words in begun:
        assert demo.make_context("demo", words).params
    assert len(begun) == 3


def test_the_same_company_has_the_same_archive() -> None:
    first, *others = cast.COMPANIES

    assert contents_of(first, 2026) == contents_of(first, 2026)
    assert contents_of(first, 2026) != contents_of(others[0], 2026)


def test_everybody_in_the_cast_is_somewhere() -> None:
    names = {each.name for each in cast.RESELLERS}

    assert {each.reseller for each in cast.COMPANIES} == names
    assert {each.site for each in cast.COMPANIES} == {each.name for each in cast.SITES}
    assert {each.reseller for each in cast.CALLERS} == names | {""}
    assert len(sandbox_ids() | {cast.UNOWNED.instance_id}) == len(cast.COMPANIES) + 1


def test_a_client_calls_until_it_may_not(tmp_path: Path) -> None:
    with served(tmp_path / "home", client_rate="7/hour") as gateway:
        server = make_server("127.0.0.1", 0, gateway.app, threaded=True, request_handler=Quiet)
        Thread(target=server.serve_forever, daemon=True).start()
        keys = {
            "clientId": gateway.operator.client_id,
            "clientSecret": gateway.operator.client_secret,
        }
        calls = use_up(f"http://127.0.0.1:{server.server_port}", keys)
        server.shutdown()
        server.server_close()

    assert calls == 7


def test_two_that_run_must_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.sandbox.kept.gettempdir", lambda: str(tmp_path))
    with pytest.raises(Failure, match="No sandbox runs that is found by itself"):
        find(None)
    for name, process in (("a", 1), ("b", 1), ("c", 2**22 + 1)):
        folder = tmp_path / f"spe-gateway-demo-{name}"
        folder.mkdir()
        Kept(str(folder), process, "http://127.0.0.1:1", "").write(folder / FILE)
        if name == "a":
            assert find(None).home == str(folder)

    with pytest.raises(Failure, match="2 sandboxes run"):
        find(None)


def test_a_folder_without_a_sandbox_is_said_to_be_one(tmp_path: Path, program: Program) -> None:
    outcome = program("sandbox", "faults", "--home", str(tmp_path))

    assert outcome.status == 1
    assert "There is no sandbox in" in outcome.err


def test_an_end_after_the_tour_leaves_no_sandbox(program: Program) -> None:
    outcome = program("demo", "--exit", "--json")

    assert outcome.status == 1
    assert "--exit ends after the tour" in outcome.err
