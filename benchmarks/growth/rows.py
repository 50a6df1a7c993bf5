"""Rows as they would be after years, written by bulk SQL: what fills a table is not measured."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, event, text

from gateway.model import now
from gateway.storage.database import Database
from gateway.storage.resellers import root
from gateway.storage.tables import metadata
from gateway.storage.vault import Vault

BRANCH: Final = 50
"""Resellers below one distributor."""

SPREAD: Final = 7_919
"""A prime: who gets the next of anything is as scattered as in life."""

TIME: Final = "'{now}', '{now}'"


def reseller(number: int) -> str:
    """Return the id of a reseller that was filled in."""
    return f"res_{number:032x}"


def distributor(number: int) -> str:
    """Return the id of a distributor that was filled in."""
    return f"res_d{number:031x}"


def instance(number: int) -> str:
    """Return the id of an instance that was filled in."""
    return f"ins_{number:032x}"


def deployment(number: int) -> str:
    """Return the id of a deployment that was filled in."""
    return f"dep_{number:032x}"


@dataclass(frozen=True)
class Estate:
    """How much of everything there is.

    Attributes:
        instances: with their names, watches, and a row of usage for the last month.
        operations: that ended.
    """

    instances: int
    operations: int = 0

    @property
    def resellers(self) -> int:
        """One for a hundred instances, below distributors."""
        return max(10, self.instances // 100)

    @property
    def deployments(self) -> int:
        """One for a thousand instances."""
        return max(1, self.instances // 1000)


class Filler:
    """Writes many rows by one statement, on either engine.

    Args:
        connection: a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    def series(self, table: str, columns: str, values: str, number: int) -> None:
        """Insert rows whose values are terms in ``n``, from 0 on.

        ``{hex:TERM}`` stands for 32 hexadecimal digits, ``{yes}`` and ``{no}`` for truth.
        """
        words = {"yes": "1", "no": "0"} if self._is_sqlite else {"yes": "true", "no": "false"}
        words["now"] = now().strftime("%Y-%m-%d %H:%M:%S.%f")
        for name, word in words.items():
            values = values.replace(f"{{{name}}}", word)
        rows = f"SELECT {self._hex(values)} FROM {self._source()}"  # noqa: S608 # our own words
        self._connection.execute(
            text(f"INSERT INTO {table} ({columns}) {rows}"), {"number": number}
        )

    def _hex(self, values: str) -> str:
        begin, end = (
            ("printf('%032x', ", ")") if self._is_sqlite else ("lpad(to_hex(", "), 32, '0')")
        )
        parts = values.split("{hex:")
        return parts[0] + "".join(begin + part.replace("}", end, 1) for part in parts[1:])

    def _source(self) -> str:
        if self._is_sqlite:
            series = "SELECT 0 AS n UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :number"
            return f"(WITH RECURSIVE s AS ({series}) SELECT n FROM s)"  # noqa: S608 # our own words
        return "generate_series(0, :number - 1) AS s(n)"


@contextmanager
def filling(url: str) -> Iterator[Connection]:
    """Open a transaction that is quick because nothing would be lost with it."""
    with closing(Database(url)) as database:
        if database.engine.dialect.name == "sqlite":
            event.listen(database.engine, "connect", _hasten)
        with database.write() as connection:
            yield connection


def _hasten(connection: sqlite3.Connection, record: object) -> None:
    del record
    for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}")


def fill(url: str, estate: Estate, vault: Vault) -> None:
    """Fill a database that is set up with an estate; the vault is that of its secrets."""
    sealed = vault.seal({"steps": [], "result": None})
    with filling(url) as connection, ExitStack() as bare:
        for table in ("instances", "operations", "usage_days", "watches"):
            bare.enter_context(unindexed(connection, table))
        filler = Filler(connection)
        _tenants(connection, filler, estate)
        _instances(filler, estate)
        _operations(filler, estate, sealed)


def _tenants(connection: Connection, filler: Filler, estate: Estate) -> None:
    found = root(connection)
    if found is None:
        raise RuntimeError("The database is not set up.")
    columns = "id, parent, path, name, disabled_permissions, create_time, update_time"
    branches = -(-estate.resellers // BRANCH)
    above = f"'res_d' || substr({{hex:n / {BRANCH}}}, 2)"
    own = "'res_d' || substr({hex:n}, 2)"
    filler.series(
        "resellers",
        columns,
        f"{own}, '{found.id}', '{found.path}' || {own} || '/', 'Distributor ' || n, '[]', {TIME}",
        branches,
    )
    filler.series(
        "resellers",
        columns,
        f"'res_' || {{hex:n}}, {above}, '{found.path}' || {above} || '/res_' || {{hex:n}} || '/', "
        f"'Reseller ' || n, '[]', {TIME}",
        estate.resellers,
    )
    filler.series(
        "deployments",
        "id, name, host, port, user_name, password, labels, cordoned, drained, commands, revision, "
        "quarantine, create_time, update_time",
        "'dep_' || {hex:n}, 'site-' || n, 'site-' || n || '.invalid', 8474, 'admin', 'x', '{}', "
        f'{{no}}, {{no}}, \'{{}}\', 1, \'{{"sha1": "0", "sha256": "0"}}\', {TIME}',
        estate.deployments,
    )


def _instances(filler: Filler, estate: Estate) -> None:
    owner = f"'res_' || {{hex:(n * {SPREAD}) % {estate.resellers}}}"
    place = f"'dep_' || {{hex:n % {estate.deployments}}}"
    filler.series(
        "instances",
        "id, instance_id, deployment, reseller, display_name, labels, instance_host, "
        "base_directory, status, observed, kept_state, create_time, update_time",
        f"'ins_' || {{hex:n}}, 'tenant' || n, {place}, {owner}, 'Tenant ' || n, "
        "'{\"plan\": \"gold\"}', 'host-1', 'D:\\Instances', 'active', "
        f'\'{{"status": "running", "startMode": "automatic"}}\', \'{{}}\', {TIME}',
        estate.instances,
    )
    filler.series(
        "names",
        "deployment, name, instance, reseller, tombstone, used, create_time",
        f"{place}, 'tenant' || n, 'ins_' || {{hex:n}}, {owner}, {{no}}, {{yes}}, '{{now}}'",
        estate.instances,
    )
    later = (now() + timedelta(hours=6)).strftime("%Y-%m-%d %H:%M:%S.%f")
    filler.series(
        "watches",
        "instance, deployment, next_time, state",
        f"'ins_' || {{hex:n}}, {place}, '{later}', '{{}}'",
        estate.instances,
    )
    last = now().replace(day=1) - timedelta(days=1)
    filler.series(
        "usage_days",
        "instance, measure, reseller, day, until_day, deployment, readings, total, peak, latest, "
        "latest_time",
        f"'ins_' || {{hex:n}}, 'licences', {owner}, '{last:%Y-%m}-01', '{last:%Y-%m-%d}', {place}, "
        f"24, 240, 10, 10, '{last:%Y-%m-%d} 23:00:00.000000'",
        estate.instances,
    )


def _operations(filler: Filler, estate: Estate, sealed: str) -> None:
    """Insert finished ones."""
    owner = f"'res_' || {{hex:(n * {SPREAD}) % {estate.resellers}}}"
    path = f"(SELECT path FROM resellers WHERE id = {owner})"  # noqa: S608 # as above
    filler.series(
        "operations",
        "id, kind, reseller, reseller_path, client, deployment, instance, request_id, status, "
        "changes, urgency, steps, secrets, context, log, log_start, cancel_requested, one_time, "
        "deadline, fence, end_time, create_time, update_time",
        f"'op_' || {{hex:n}}, 'stopInstance', {owner}, "
        f"{path}, 'cli_0', "
        f"'dep_' || {{hex:n % {estate.deployments}}}, 'ins_' || {{hex:n % {estate.instances}}}, "
        f"'filled', 'succeeded', {{yes}}, 'interactive', '[]', '{sealed}', '{{}}', '', 0, {{no}}, "
        f"{{no}}, '{{now}}', 1, '{{now}}', {TIME}",
        estate.operations,
    )


@contextmanager
def unindexed(connection: Connection, table: str) -> Iterator[None]:
    """Take the indexes of a table away while it is filled, and make them anew."""
    indexes = metadata.tables[table].indexes
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)


def fill_events(url: str, number: int, logs: int) -> None:
    """Fill the log of events: as many in each of some resellers' logs, a year long.

    Args:
        url: of a database that has the resellers.
        number: of rows.
        logs: of resellers that were filled in.
    """
    each = number // logs
    with filling(url) as connection, unindexed(connection, "events"):
        filler = Filler(connection)
        owner = f"'res_' || {{hex:n / {each}}}"
        filler.series(
            "events",
            "reseller, number, id, origin, type, subject, instance, deployment, data, create_time",
            f"{owner}, n % {each} + 1, 'evt_' || {{hex:n}}, {owner}, 'instance.updated', "
            f"'ins_' || {{hex:n % 1000}}, 'ins_' || {{hex:n % 1000}}, 'dep_' || {{hex:0}}, "
            "'{\"fields\": [\"displayName\"]}', '{now}'",
            each * logs,
        )
        filler.series("counters", "name, value", f"'events:res_' || {{hex:n}}, {each}", logs)
