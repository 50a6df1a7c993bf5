"""Carries a row out: reads or sends, follows to the end, and says what came of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import rich_click as click

from gateway.cli.account import Account, account_of, explained
from gateway.cli.api_client import Call
from gateway.cli.asking import confirm, confirm_by_name
from gateway.cli.nouns.fields import Given, body_of, query_of
from gateway.cli.nouns.kinds import id_of, path_of
from gateway.cli.nouns.reading import read, read_all
from gateway.cli.nouns.rows import Asked, Change, Listing, Page, Row
from gateway.cli.nouns.showing import lines_of, rows_of, text_of
from gateway.cli.progress import printable
from gateway.cli.sending import Operation, ended, keyed, left
from gateway.cli.table import tell_table
from gateway.cli.watching import pretty, tell, views_of
from gateway.errors import NotFound
from gateway.model import OperationStatus

WAITED: Final = "wait=1"
NOT_WAITED: Final = "wait=0"
WOULD: Final = "It would be done."


@dataclass(frozen=True)
class Target:
    """What a call is about.

    Attributes:
        row: the verb.
        account: who calls.
        path: of REST.
        ids: of each place in the path, by its noun.
        words: what was given for each, by its noun.
    """

    row: Row
    account: Account
    path: str
    ids: Mapping[str, str]
    words: Mapping[str, str]

    @property
    def subject(self) -> str:
        """What was given for the thing itself."""
        return list(self.words.values())[-1] if self.words else ""

    @contextmanager
    def advised(self) -> Iterator[None]:
        """Say of a refusal what to do next."""
        with explained(self._advice(), self.subject):
            yield

    def _advice(self) -> Mapping[str, str]:
        if not self.row.kinds:
            return {}
        kind = self.row.kinds[-1]
        command = kind.command.format(**self.words)
        return {
            NotFound.code: f"There is no {kind.noun} {self.subject} that you may see: "
            f"'spe-gateway {command}' shows those that you may."
        }


def target_of(row: Row, given: Given) -> Target:
    """Find what a row is about.

    Raises:
        Failure: a name is none, or nothing says who calls.
    """
    account = account_of(given)
    ids: dict[str, str] = {}
    for kind in row.kinds:
        ids[kind.noun] = id_of(account, kind, given[kind.noun], ids)
    words = {kind.noun: printable(given[kind.noun]) for kind in row.kinds}
    return Target(row, account, path_of(row.path, ids), ids, words)


def show_list(row: Listing, given: Given) -> None:
    """Print all pages of a list, or as many things as were asked for."""
    target = target_of(row, given)
    query = query_of(target.account, row.fields, given)
    views = views_of(as_json=given["as_json"])
    with target.advised():
        page = read_all(target.account, target.path, query, given["limit"], views)
    if given["as_json"]:
        click.echo(pretty(page))
        return
    things = row.arranged(page["items"])
    heads = tuple(column.head for column in row.columns)
    tell_table(heads, rows_of(target.account, row.columns, things))
    if page["nextCursor"]:
        click.echo(f"There are more: these are {len(things)}, --limit N shows more.", err=True)
    if page.get("unreachable"):
        silent = text_of(page["unreachable"])
        click.echo(f"As last seen, for these could not be asked: {silent}.", err=True)


def show_page(row: Page, given: Given) -> None:
    """Print one thing."""
    target = target_of(row, given)
    query = query_of(target.account, row.fields, given)
    path = f"{target.path}?{urlencode(query)}" if query else target.path
    with target.advised():
        found = read(target.account, path, views_of(as_json=given["as_json"]))
    click.echo(pretty(found) if given["as_json"] else "\n".join(lines_of(found)))


def make_change(row: Change, given: Given) -> None:
    """Send what changes something, and say what came of it."""
    target = target_of(row, given)
    body = body_of(target.account, row.fields, given)
    if row.method == "PATCH" and not body:
        raise click.UsageError("Say what is to be changed; --help shows what can be.")
    rehearsal = bool(given.get("validate_only"))
    with target.advised():
        if not rehearsal:
            ask(row, target, given)
        send(target, _call(target, body or _default(row), given), given)


def ask(row: Change, target: Target, given: Given) -> None:
    """Go on only if somebody wants it."""
    fact = row.doing.format_map(target.words)
    if row.asked is Asked.YES:
        confirm(fact, yes=given["yes"])
    if row.asked is Asked.NAME and not given["yes"]:
        kind = row.kinds[-1]
        where = f"{kind.path}/{{{kind.noun}}}"
        name = kind.name_of(read(target.account, path_of(where, target.ids)))
        confirm_by_name(fact, name, yes=False)


def send(target: Target, call: Call, given: Given) -> None:
    """Send a call, follow it, and say what came of it.

    Raises:
        Ended: it did not succeed.
        Refused: nothing was begun.
    """
    if given.get("no_wait") and not given.get("validate_only"):
        operation = left(target.account, keyed(call, Prefer=NOT_WAITED))
        if operation["id"] is not None and operation["endTime"] is None:
            click.echo(pretty(operation) if given["as_json"] else operation["id"])
            return
    else:
        views = views_of(as_json=given["as_json"])
        operation = ended(target.account, keyed(call, Prefer=WAITED), views)
    operation = _itself(target.row, operation)
    if operation["status"] != OperationStatus.SUCCEEDED:
        tell(operation, as_json=given["as_json"])
    if operation["id"] is None and not given["as_json"]:
        _tell_log(operation["result"])
    say(target, operation["result"], given)


def _tell_log(result: Any) -> None:  # noqa: ANN401 - any JSON value
    """Print what SPE has logged about what was answered at once: nobody has seen it yet."""
    log = result.get("log", "") if isinstance(result, dict) else ""
    for line in log.splitlines():
        click.echo(printable(line), err=True)


def _itself(row: Row, operation: Operation) -> Operation:
    """Return the operation that was answered at once in place of a result."""
    found = operation["result"]
    parts = isinstance(row, Change) and row.in_parts and found is not None and "steps" in found
    return found if parts else operation


def say(target: Target, result: Any, given: Given) -> None:  # noqa: ANN401 - any JSON value
    """Print what came of a change that succeeded."""
    row = target.row
    if given["as_json"]:
        click.echo(pretty(result))
    elif given.get("validate_only"):
        click.echo("\n".join([WOULD, *(lines_of(result) if result else ())]))
    elif isinstance(row, Change):
        members = result if isinstance(result, dict) else {}
        told = {name: text_of(value) for name, value in members.items()}
        done = row.done.format_map({**told, **target.words})
        click.echo("\n".join(filter(None, [done, *row.lines(result)])))


def _call(target: Target, body: object, given: Given) -> Call:
    row = target.row
    query = query_of(target.account, row.fields, given)
    if given.get("validate_only"):
        query["validateOnly"] = "true"
    path = f"{target.path}?{urlencode(query)}" if query else target.path
    return Call(row.method if isinstance(row, Change) else "GET", path, body=body)


def _default(row: Change) -> object:
    """Return the body of a call that was given none."""
    takes_one = any(not field.in_query for field in row.fields)
    return {} if takes_one else None
