"""Every operation once, and what the table's bodies leave out: a walk along the whole API."""

from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.test import TestResponse

from gateway.simulator.reference import signatures
from tests.personas.oracle import HELD
from tests.personas.table import JOB, NEW, TABLE, Body, Kind, Row
from tests.personas.targets import Target, fresh
from tests.served import WAIT
from tests.world import World

OWNER = "B"
SOON = 0.02
"""Seconds that an asynchronous command takes."""


def commands_of(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what was sent of the documented commands; polls and metadata are none."""
    return [entry for entry in entries if entry["command"] in signatures()]


@dataclass(frozen=True)
class Step:
    """One call.

    Args:
        row: the operation, perhaps with a query.
        body: makes its body.
        title: names the step.
        before: what is made inside the instance first, if anything: path and body.
    """

    row: Row
    body: Body
    title: str
    before: tuple[str, dict[str, object]] | None = None


def _more(operation: str, query: str = "", state: str = "", /, **body: object) -> Step:
    row = TABLE[operation]
    state = state or row.state
    title = "-".join((operation, *body, query.strip("?").partition("=")[0])).strip("-")
    changed = replace(row, path=row.path + query, state=state)
    return Step(changed, lambda target: {**_filled(body, target)}, title)


def _filled(body: dict[str, object], target: Any) -> dict[str, object]:  # noqa: ANN401 # JSON
    filled = (
        (k, v.format(**target) if isinstance(v, str) and "{" in v else v) for k, v in body.items()
    )
    return dict(filled)


AZURE = {
    "tenantId": "11111111-2222-3333-4444-555555555555",
    "applicationId": "66666666-7777-8888-9999-aaaaaaaaaaaa",
}
SCHEDULES = (
    {"time": "03:00", "dayOfWeek": "Sunday", "timeZoneId": "UTC"},
    {"time": "03:00", "dayOfMonth": "Last"},
    {"date": "2099-12-24T03:00:00Z"},
    {"interval": 20},
)
MORE = (
    _more("updateUser", userName="jill"),
    _more("updateUser", authentication="directoryServices", distinguishedName="cn=jane"),
    _more("updateUser", emailAddresses=["a@example.com", "b@example.com"]),
    _more("updateUser", loginPrivileges=["web", "imap"]),
    _more("updateUser", pop3UserNames=["jane1", "jane2"]),
    _more("updateUser", privileges=["login", "export"]),
    _more(
        "createUser",
        userName="jim",
        fullName=NEW,
        authentication="directoryServices",
        distinguishedName="cn=jim",
        loginPrivileges=["web"],
        privileges=["login"],
        password="secret-enough",
    ),
    _more(
        "updateStore",
        "",
        "disabled-store",
        databasePath="{path}",
        contentPath="{path}",
        indexPath="{path}",
    ),
    _more("attachStore", name=NEW, databasePath="{path}", contentPath="{path}", indexPath="{path}"),
    _more("attachStore", name=NEW, databasePath="{path}", requestedState="writeProtected"),
    _more("createStore", name=NEW, requestedState="writeProtected"),
    _more("updateJob", enabled=True),
    *(_more("updateJob", schedule=schedule) for schedule in SCHEDULES),
    *(_more("createJob", **JOB, schedule=schedule) for schedule in SCHEDULES),
    _more("listJobResults", "?job=1", "job"),
    _more("recoverStore", encryptionKey="key-of-the-store", recoverDeletedMessages=True),
    _more("startInstance", safeMode=True),
    _more("transferStores", sourceStores=[1], targetStore=2, startIndex="1:0"),
    _more("setUserFolderPrivileges", privileges=["read"], excludeFolders=["jane"]),
    _more("listFolders", "?folder=jane&maxLevels=2", "archived"),
    _more("deleteEmptyFolders", "", "archived", folder="jane"),
    _more(
        "setServerSideExecution",
        automatic=True,
        automaticPauseBetweenExecutions=60,
        automaticMaintenanceWindows="22:00-04:00",
    ),
    _more("listWorkerResults", "?profileId=1", "profile"),
    _more("createCredential", type="Office365_Modern", description=NEW, settings=AZURE),
    replace(
        _more("updateCredential", "", "opened", createNewCertificate=True, settings=AZURE),
        before=("/credentials", {"type": "Office365_Modern", "description": NEW}),
    ),
)
"""What the table's bodies do not say. ``{path}`` and its like are the target's."""

APART = {"createToken", "introspectToken", "revokeToken", "invokeCommand"}
"""No JSON; and the raw command, which would reach everything."""

STEPS = (
    *(
        Step(row, lambda target, row=row: row.body(target), row.name)  # type: ignore[misc] # bound
        for row in TABLE.values()
        if row.name not in APART
    ),
    *MORE,
)
"""In an order in which none disturbs another."""


@dataclass
class Journey:
    """What came of the steps.

    Attributes:
        finished: the last status and body of each step, by number and title.
        accepted: the steps that were answered 202, by number and title.
        journal: the commands that the deployments were sent.
        polls: how often they were asked for the state of a command.
    """

    finished: dict[str, tuple[int, Any]] = field(default_factory=dict)
    accepted: dict[str, Step] = field(default_factory=dict)
    journal: list[dict[str, Any]] = field(default_factory=list)
    polls: int = 0


class Traveller:
    """Makes the calls of a journey, each on something made for it.

    Args:
        world: where; fresh.
        prefer: how long each call may wait; by default until it is done.
        share: of the commands of a call that answer with a token; none of its preparation's.
    """

    def __init__(self, world: World, prefer: str = WAIT, share: float = 0.0) -> None:
        self._world = world
        self._prefer = prefer
        self._share = share
        self._shared: dict[tuple[Kind, bool], Target] = {}

    def travel(self, steps: tuple[Step, ...] = STEPS) -> Journey:
        """Take the steps, and check that each succeeds.

        Raises:
            AssertionError: an answer is not the success that the table documents.
        """
        journey, wrong = Journey(), list[str]()
        self._world.forget()
        for number, step in enumerate(steps):
            key = f"{number}-{step.title}"
            response = self.take(step, number)
            if response.status_code == 202 and step.row.status != 202:
                journey.accepted[key] = step
                journey.finished[key] = self.follow(response)
            elif response.status_code == step.row.status:
                journey.finished[key] = (response.status_code, response.get_json(silent=True))
            else:
                wrong.append(f"{key}: {response.text}")
            self._slow(0.0, number)
        assert wrong == [], "\n".join(wrong)
        journey.journal = commands_of(self._world.journal())
        journey.polls = self._world.sent().count("get-status")
        return journey

    def take(self, step: Step, number: int) -> TestResponse:
        """Make the call of a step; its number decides which commands take their time."""
        target = self._target(step.row)
        if step.before:
            path, body = step.before
            self._world.call("POST", f"/instances/{target['instance']}{path}", body, 201)
        self._slow(self._share, number)
        try:
            return self._world.operator.open(
                step.row.path.format(**target),
                method=step.row.method,
                json=step.body(target) or None,
                headers={"Prefer": self._prefer},
            )
        finally:
            if step.row.state in HELD:
                self._let_go(step)

    def _let_go(self, step: Step) -> None:
        """Let what stands still go on, but not before the call has met it standing."""
        self._world.await_command(step.row.sends)
        self._world.release()

    def _slow(self, share: float, seed: int) -> None:
        for site in self._world.sites.values() if self._share else ():
            site.control.asynchronous(share=share, seed=seed, seconds=SOON)

    def follow(self, accepted: TestResponse) -> tuple[int, Any]:
        """Wait until an operation has ended.

        Returns:
            200 and its ``result``; of one in parts, which is answered as it is, the whole.

        Raises:
            AssertionError: it did not succeed.
        """
        found = self._world.call("GET", accepted.headers["Location"])
        assert found["status"] == "succeeded", found
        return 200, found.get("result") if found["steps"] else found

    def _target(self, row: Row) -> Target:
        """Return something fresh, or for what only reads, something that others read too."""
        if not row.reads or row.state:
            return fresh(self._world, row, OWNER)
        key = (row.kind, row.permission.startswith("instances:"))
        if key not in self._shared:
            self._shared[key] = fresh(self._world, row, OWNER)
        return self._shared[key]
