"""Two changes of one reseller at once: each is judged beside what the other one has left."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from sqlalchemy import Connection, create_engine, text

from gateway.access.permissions import ROLES, Permission
from tests.answers import JSON
from tests.core import until
from tests.served import CheckedClient, Served

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
HELD = ROLES["support"] - {Permission.STORES_RUN} | {Permission.RESELLERS_UPDATE}


def made(client: CheckedClient, path: str, body: JSON) -> JSON:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def prepared(first: Served, second: Served) -> tuple[CheckedClient, CheckedClient, str]:
    """Make somebody who cannot run anything, and a reseller below that may not either.

    Returns:
        its client at each gateway, and the path of the reseller.
    """
    operator = first.log_in(first.operator.client_id, first.operator.client_secret)
    owner = made(operator, "/resellers", {"name": "Owner"})["id"]
    bounds = {"roles": ["billing"], "disabledPermissions": ["stores:run"]}
    below = made(operator, "/resellers", {"name": "Below", "parent": owner, **bounds})["id"]
    body = {"name": "Clerk", "reseller": owner, "permissions": sorted(HELD)}
    clerk = made(operator, "/clients", body)
    token = first.token(clerk["clientId"], clerk["clientSecret"])
    return first.client(token), second.client(token), f"/resellers/{below}"


def waiting(connection: Connection) -> int:
    """Return how many connections to the database wait for a lock."""
    return int(connection.execute(WAITING).scalar_one())


def test_two_changes_that_are_narrow_enough_alone_do_not_widen_together(
    two_gateways: tuple[Served, Served],
) -> None:
    """One gives a role that is narrowed by what the other one takes away."""
    one, other, path = prepared(*two_gateways)
    engine = create_engine(two_gateways[0].settings.database, isolation_level="AUTOCOMMIT")
    with closing(engine.connect()) as watch, ThreadPoolExecutor(2) as threads:
        with engine.connect() as lock:
            lock.exec_driver_sql("BEGIN")
            lock.execute(text("SELECT id FROM resellers FOR UPDATE"))
            wider = threads.submit(one.patch, path, json={"roles": ["support"]})
            freer = threads.submit(other.patch, path, json={"disabledPermissions": []})
            until(lambda: waiting(watch) == 2)
            lock.exec_driver_sql("COMMIT")
        answers = [wider.result(), freer.result()]
    engine.dispose()

    assert sorted(answer.status_code for answer in answers) == [200, 403]
    [refused] = [answer.json for answer in answers if answer.status_code == 403]
    assert refused["permission"] == "stores:run"
    left = one.get(path).json
    assert left["roles"] != ["support"] or left["disabledPermissions"] == ["stores:run"]
