"""A database that goes away, refuses, or takes a commit and says nothing: F16 and F17.

On SQLite, and on a PostgreSQL that is stopped, whose connections are cut, and between which and
the gateway a relay breaks the line off at a COMMIT.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, make_url, text, update

from deploy.servers import Postgresql, started
from gateway.errors import StorageUnavailable
from gateway.model import Operation, OperationStatus, now
from gateway.simulator.server import Simulator
from gateway.storage import database as storage
from gateway.storage import operations
from gateway.storage.database import Database
from gateway.storage.tables import operations as rows
from tests.core import Core, copied, make_home, sent
from tests.faults.cases import Case
from tests.faults.commits import Commits, through, to_server
from tests.faults.relay import Fate, Relay, relay
from tests.faults.stage import (
    EFFECTS,
    assert_ended_well,
    assert_settled,
    instances_counted,
)
from tests.simulated import Control

ESSENTIAL = {"CreateInstance", "CreateStore", "DeleteInstances", "SetArchiveAdminEnabled"}
CASES = [case for case in EFFECTS if case.command.name in ESSENTIAL | {"VerifyStore"}]
COMMITS = {"the intent": 1, "what is about to be sent": 2, "the outcome": 3}


class Store:
    """The database of a gateway under test, and how one of its commits gets lost.

    Attributes:
        core: the gateway.
    """

    core: Core

    def lose(self, number: int, fate: Fate) -> None:
        """Break a commit of those that follow: before or after it has taken effect."""
        raise NotImplementedError

    def survivor(self) -> Core:
        """Return another process on the same database, when every lease has ended."""
        made = Core(self.core.home, self.core.hasty, self.core.url)
        with made.database.write() as connection:
            past = now() - timedelta(hours=1)
            connection.execute(update(rows).values(lease_time=past))
        return made


class OnSqlite(Store):
    """A file; the disk fails in the commit."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self._left = 0
        self._fate = Fate.PASSES
        dialect: Any = core.database.engine.dialect
        self._commit = dialect.do_commit
        dialect.do_commit = self._committed

    def lose(self, number: int, fate: Fate) -> None:
        """Let the disk fail in a commit, before or after the file has it."""
        self._left, self._fate = number, fate

    def _committed(self, connection: Any) -> None:  # noqa: ANN401 - the driver's
        self._left -= 1
        if self._left or self._fate is Fate.ANSWER_IS_LOST:
            self._commit(connection)
        if not self._left:
            raise sqlite3.OperationalError("disk I/O error")


class OnPostgresql(Store):
    """A server beyond a relay.

    Attributes:
        server: may be stopped.
        direct: the URL of the database without the relay.
    """

    def __init__(self, core: Core, line: Relay, server: Postgresql, direct: str) -> None:
        self.core = core
        self.server = server
        self.direct = direct
        self._commits = Commits()
        line.judge = lambda: self._commits
        core.database.check()  # the line stands

    def lose(self, number: int, fate: Fate) -> None:
        """Break the line off at a COMMIT, before or after the server has it."""
        self._commits.lose(number, fate)


@pytest.fixture(scope="module")
def mortal(postgresql: Postgresql) -> Iterator[Postgresql]:
    """A PostgreSQL that tests may stop."""
    del postgresql  # to be left out with the others where there is none
    with started(Postgresql()) as server:
        yield server


@pytest.fixture
def on_sqlite(template: Path, control: Control, tmp_path: Path) -> Iterator[Store]:
    """A gateway on SQLite."""
    assert control.journal() == []
    core = Core(copied(template, tmp_path), hasty=True)
    yield OnSqlite(core)
    core.close()


@pytest.fixture(scope="module")
def prepared(
    mortal: Postgresql, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, URL]]:
    """A home whose database lies in PostgreSQL; its tests take what they made away again."""
    with mortal.database() as url:
        yield make_home(tmp_path_factory.mktemp("home"), simulator, url), make_url(url)


@pytest.fixture
def on_postgresql(
    mortal: Postgresql, prepared: tuple[Path, URL], control: Control
) -> Iterator[Store]:
    """A gateway on PostgreSQL."""
    assert control.journal() == []
    home, url = prepared
    with relay(partial(to_server, url)) as line:
        core = Core(home, hasty=True, url=through(line.port, url))
        yield OnPostgresql(core, line, mortal, str(url))
        core.close()
    with closing(Database(str(url))) as database, database.write() as connection:
        connection.execute(text("TRUNCATE operations, instances, names, holdings, outbox CASCADE"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """A gateway on each engine."""
    made: Store = request.getfixturevalue(f"on_{request.param}")
    return made


def begun(store: Store, control: Control, case: Case, arm: Callable[[], None]) -> Operation | None:
    """Commit the intent, or learn that it cannot be said whether it was committed.

    Args:
        store: of the gateway.
        control: of the deployment.
        case: what is to be done.
        arm: lets the database fail from just before the intent on.
    """
    ledger = store.core.ledger
    commit = ledger.open

    def armed(*arguments: Any) -> None:  # noqa: ANN401 - passed on as they came
        store.core.connections.note_contact(store.core.deployment)  # commits once a minute
        arm()
        commit(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "open", armed)
        try:
            return case.opened(store.core, control)[1]
        except StorageUnavailable:
            return None


def assert_converged(store: Store, control: Control, case: Case) -> None:
    """Assert what another process makes of it when the database is well again."""
    with closing(store.survivor()) as core:
        known = core.operations()
        if not known:
            assert sent(control, case.command.name) == []
            assert instances_counted(core) == len(control.state()["instances"])
            return
        [operation] = known
        instance = core.instance(str(operation.instance))
        ended = core.finished(operation.id, control)
        if case.settles:
            assert_settled(core, control, case, instance)
        else:
            assert ended.status in {OperationStatus.SUCCEEDED, OperationStatus.UNKNOWN}
            assert len(sent(control, case.command.name)) <= 1
            assert_ended_well(core, ended)
        assert instances_counted(core) == len(control.state()["instances"])


@pytest.mark.parametrize("fate", [Fate.IS_LOST, Fate.ANSWER_IS_LOST], ids=["lost", "unanswered"])
@pytest.mark.parametrize("commit", COMMITS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_commit_that_breaks_off_leaves_one_effect_or_none(
    store: Store, control: Control, case: Case, commit: str, fate: Fate
) -> None:
    number, was_sent = COMMITS[commit], commit == "the outcome"
    opened = begun(store, control, case, partial(store.lose, number, fate))
    assert (opened is None) == (number == 1)
    if opened is not None:
        with pytest.raises(StorageUnavailable):
            store.core.runner.drive(opened, store.core.ledger)

    assert len(sent(control, case.command.name)) == int(was_sent)
    assert (len(store.core.operations()) == 0) == (number == 1 and fate is Fate.IS_LOST)
    assert_converged(store, control, case)


# a server that goes away between two transactions, or in the middle of one


MOMENTS: dict[str, tuple[str, int]] = {
    "the intent": ("add", 1),
    "what is about to be sent": ("save", 1),
    "the outcome": ("save", 2),
}
"""In which query of ours it goes away, and at which time of that."""


def stop(store: OnPostgresql) -> None:
    """Stop the server, whoever is connected, and start it again at once."""
    store.server.stop()
    store.server.start()


def cut(store: OnPostgresql) -> None:
    """Let an administrator end every connection to the database."""
    with closing(Database(store.direct)) as database, database.write() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("strike", "case"),
    [(cut, case) for case in CASES] + [(stop, case) for case in CASES[:2]],
    ids=lambda each: str(each) if isinstance(each, Case) else each.__name__,
)
def test_a_server_that_goes_away_in_a_transaction_leaves_one_effect_or_none(
    on_postgresql: OnPostgresql,
    control: Control,
    monkeypatch: pytest.MonkeyPatch,
    strike: Callable[[OnPostgresql], None],
    case: Case,
    moment: str,
) -> None:
    name, number = MOMENTS[moment]
    real, calls = getattr(operations, name), count(1)

    def struck(*arguments: Any) -> Any:  # noqa: ANN401 - passed on as they came
        done = real(*arguments)
        if next(calls) == number:
            strike(on_postgresql)
        return done

    monkeypatch.setattr(operations, name, struck)
    opened = begun(on_postgresql, control, case, lambda: None)
    assert (opened is None) == (name == "add")
    if opened is not None:
        with pytest.raises(StorageUnavailable):
            on_postgresql.core.runner.drive(opened, on_postgresql.core.ledger)
    monkeypatch.undo()

    assert len(sent(control, case.command.name)) == int(moment == "the outcome")
    assert_converged(on_postgresql, control, case)


@pytest.mark.parametrize("strike", [cut, stop], ids=lambda each: each.__name__)
def test_a_server_that_goes_away_between_two_transactions_is_not_missed(
    on_postgresql: OnPostgresql, control: Control, strike: Callable[[OnPostgresql], None]
) -> None:
    core, case = on_postgresql.core, CASES[0]
    strike(on_postgresql)
    instance, operation = case.opened(core, control)
    strike(on_postgresql)
    core.drive(operation)

    assert_settled(core, control, case, instance)
    assert len(sent(control, "CreateInstance")) == 1


REFUSALS = {
    "serialization failure": "40001",
    "deadlock": "40P01",
    "lock not available": "55P03",
    "too many connections": "53300",
    "standby after a failover": "25006",
    "being shut down": "57P01",
    "cannot be reached now": "57P03",
    "query cancelled": "57014",
}
"""What PostgreSQL says (its manual, appendix A)."""


def refuse(connection: Connection, event: str, code: str) -> None:
    """Have every INSERT or UPDATE of an operation refused."""
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END $$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER refuse BEFORE {event} ON operations "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
    )


@pytest.mark.parametrize("event", ["INSERT", "UPDATE"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_the_server_refuses_is_not_sent(
    on_postgresql: OnPostgresql, control: Control, refusal: str, event: str
) -> None:
    case, core = CASES[0], on_postgresql.core

    def arm() -> None:
        with core.database.write() as connection:
            refuse(connection, event, REFUSALS[refusal])

    opened = begun(on_postgresql, control, case, arm)
    assert (opened is None) == (event == "INSERT")
    if opened is not None:
        with pytest.raises(StorageUnavailable):
            core.runner.drive(opened, core.ledger)
    assert sent(control, case.command.name) == []

    with core.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER refuse ON operations")
    assert_converged(on_postgresql, control, case)


@pytest.mark.parametrize("write", [1, 2, 3], ids=list(COMMITS))
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_file_that_another_holds_locked_leaves_one_effect_or_none(
    template: Path,
    control: Control,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    case: Case,
    write: int,
) -> None:
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0.05)
    home = copied(template, tmp_path)
    with closing(Core(home, hasty=True)) as core, closing(_rival(home)) as rival:
        store, begin, calls = OnSqlite(core), core.database.write, count(1)

        def locked() -> Any:  # noqa: ANN401 - a context
            if next(calls) == write:
                rival.execute("BEGIN IMMEDIATE")
            return begin()

        def arm() -> None:
            monkeypatch.setattr(core.database, "write", locked)

        opened = begun(store, control, case, arm)
        assert (opened is None) == (write == 1)
        if opened is not None:
            with pytest.raises(StorageUnavailable):
                core.runner.drive(opened, core.ledger)
        assert len(sent(control, case.command.name)) == int(write == 3)
        rival.execute("ROLLBACK")
        assert_converged(store, control, case)


def _rival(home: Path) -> sqlite3.Connection:
    return sqlite3.connect(home / "gateway.db", isolation_level=None)
