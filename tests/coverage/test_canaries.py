"""Secrets go through to where they belong, and are found nowhere else in clear."""

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from gateway import logs
from gateway.simulator import system_administrators
from gateway.storage import outbox
from gateway.storage.tables import metadata
from gateway.storage.tables import outbox as table
from tests.answers import JSON
from tests.personas.table import SMTP, TABLE, Kind, Row
from tests.personas.targets import Target, fresh
from tests.world import World, registration, world

OWNER = "B"
MARKS = 'ü&%" '
"""Makes each coding of a canary differ from the others."""


@dataclass
class Secrets:
    """Canaries by what they stand for."""

    values: dict[str, str] = field(default_factory=dict)

    def new(self, name: str) -> str:
        """Return a value that nothing else has."""
        self.values[name] = f"{token_hex(8)}{MARKS}{token_hex(8)}"
        return self.values[name]

    def learn(self, name: str, value: str) -> None:
        """Remember a secret that an answer brought."""
        assert len(value) >= 8, name
        self.values[name] = value

    def found_in(self, text: str) -> set[str]:
        """Return the names of those that a text holds in any coding."""
        return {
            name
            for name, value in self.values.items()
            if any(coded in text for coded in codings(value))
        }


def codings(value: str) -> set[str]:
    """Return how a secret looks in text: plain, in JSON, in a URL, in base64 at any offset."""
    raw = value.encode()
    shifted = (base64.b64encode(bytes(shift) + raw).decode()[4:-4] for shift in range(3))
    plain = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    return plain | {
        quote(value),
        quote(value, safe=""),
        repr(value)[1:-1],
        *shifted,
        *_halves(value),
    }


def _halves(value: str) -> set[str]:
    """Return the halves around the marks: whatever a coding does to marks, these remain."""
    return set(value.split(MARKS)) if MARKS in value else set()


@dataclass
class Traces:
    """Where secrets must not be.

    Attributes:
        world: where they were sent.
        secrets: what to look for.
        written: the log.
        problems: bodies of refusals and failures.
    """

    world: World
    secrets: Secrets
    written: io.StringIO
    problems: list[str] = field(default_factory=list)

    def leaks(self) -> set[tuple[str, str]]:
        """Return each secret with each place where it is in clear."""
        places = {"log": self.written.getvalue(), "problems": "\n".join(self.problems)}
        places |= self._operations() | self._tables() | self._files()
        return {(place, name) for place in places for name in self.secrets.found_in(places[place])}

    def _operations(self) -> dict[str, str]:
        found = []
        for persona in ("operator", "b_admin"):
            client = self.world.personas[persona]
            path = "/operations?limit=100"
            while path:
                page = client.get(path).get_json()
                found.append(page)
                path = page.get("next")
        single = [self._one(item) for page in found for item in page["items"]]
        return {"operations": json.dumps(found), "operation": json.dumps(single)}

    def _one(self, item: JSON) -> JSON:
        response = FlaskClient.open(self.world.operator, f"/operations/{item['id']}")
        assert response.status_code == 200, f"{item['kind']}: {response.text}"
        return response.get_json()

    def _tables(self) -> dict[str, str]:
        database = self.world.served.gateway.services.database
        with database.read() as connection:
            return {
                f"table {table.name}": "\n".join(
                    str(tuple(row)) for row in connection.execute(select(table))
                )
                for table in metadata.sorted_tables
            }

    def _files(self) -> dict[str, str]:
        folder = Path(self.world.served.settings.home)
        return {
            path.name: path.read_bytes().decode("utf-8", "ignore")
            for path in folder.glob("gateway.db*")
        }


@pytest.fixture(scope="module")
def written() -> Iterator[io.StringIO]:
    """The log of this module's gateway, at the level debug."""
    stream = io.StringIO()
    root, config = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        logs.configure("debug")
        yield stream
    root.handlers[:], root.level = handlers, level
    structlog.configure(**config)


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory, written: io.StringIO) -> Iterator[Traces]:
    """All secrets of the API, sent or fetched once, and once more with a failure upstream."""
    with world(tmp_path_factory.mktemp("gateway")) as made:
        found = Traces(made, Secrets(), written)
        for secret in SENT:
            _send(found, secret)
        _register(found)
        _change(found)
        _rotate(found)
        _fetch(found)
        yield found


@dataclass(frozen=True)
class Sent:
    """A write-only member.

    Args:
        operation: which takes it.
        member: its path in the body.
        around: the rest of the body.
    """

    operation: str
    member: tuple[str | int, ...]
    around: JSON = field(default_factory=dict)
    fails: str = ""
    """The command whose failure repeats it, if it is not the one that the table names."""


RAW = TABLE["invokeCommand"]
ROWS = {
    RAW.name: replace(
        RAW,
        path="/deployments/{deployment}/commands/SetUserPassword",
        kind=Kind.INSTANCE,
        sends="SetUserPassword",
    )
}
"""As the table has them, but about a command that takes a secret."""

REFUSED = {"unlockStore"}
"""The simulator answers that the word is wrong, as it is."""

LOGIN = {"authenticationRequired": True, "username": "sender"}
SYSTEM_SMTP = {name: value for name, value in SMTP.items() if name != "recipientEmailAddresses"}
PROFILE = {"name": "Mail", "type": "I", "connector": "IMAP", "details": {"host": "imap"}}
JANE = {"instanceID": "{name}", "userName": "jane"}
INSTANCE = {
    "instanceID": "{name}",
    "displayName": "Archive",
    "deployment": "{deployment}",
    "archiveAdmin": True,
    "users": [{"userName": "joe"}],
}
SENT = (
    Sent("createUser", ("password",), {"userName": "joe"}),
    Sent("setUserPassword", ("password",)),
    Sent("setSmtpSettings", ("password",), {**SMTP, **LOGIN}),
    Sent("setDirectoryServices", ("password",), {"type": "activeDirectory", "settings": {}}),
    Sent("recoverStore", ("encryptionKey",), {"recoverDeletedMessages": False}),
    Sent("unlockStore", ("passphrase",)),
    Sent("createAdministrator", ("password",), {"userName": "{name}"}),
    Sent("setAdministratorPassword", ("password",)),
    Sent("setSystemSmtp", ("password",), {**SYSTEM_SMTP, **LOGIN}),
    Sent("createProfile", ("details", "password"), PROFILE),
    Sent("runTemporaryProfile", ("details", "password"), PROFILE),
    Sent("createInstance", ("users", 0, "password"), INSTANCE, fails="CreateUser"),
    Sent("invokeCommand", ("arguments", "password"), {"arguments": JANE}),
)


def _send(found: Traces, secret: Sent) -> None:
    """Send a secret, and again while the deployment fails and repeats it in its complaint."""
    made = found.world
    row = ROWS.get(secret.operation, TABLE[secret.operation])
    for fails in (False, True):
        value = found.secrets.new(f"{row.name} {'failing' if fails else 'succeeding'}")
        target = {**fresh(made, row, OWNER), "deployment": made.sites["beta"].id}
        made.forget()
        if fails:
            site = made.sites["beta"]
            command = secret.fails or row.sends
            site.control.fault("failed", command, text=f"This is not good: {value}")
        body = _body(secret, target, value)
        response = made.operator.open(
            row.path.format(**target),
            method=row.method,
            json=body,
            headers={"Confirm": row.sends},
        )
        assert (response.status_code >= 400) == fails or row.name in REFUSED, response.text
        found.problems += [response.text] if response.status_code >= 400 else []
        _arrived(made, row, value)
        made.sites["beta"].control.clear_faults()


def _body(secret: Sent, target: Target, value: str) -> JSON:
    return dict(_with(_filled(secret.around, target), secret.member, value))


def _filled(value: Any, target: Target) -> Any:  # noqa: ANN401 - JSON
    """Fill what stands in braces from the target."""
    if isinstance(value, dict):
        return {name: _filled(inner, target) for name, inner in value.items()}
    return value.format(**target) if isinstance(value, str) else value


def _with(around: Any, member: tuple[str | int, ...], value: str) -> Any:  # noqa: ANN401 - JSON
    """Return what is around a member, with the member in it."""
    if not member:
        return value
    first, rest = member[0], member[1:]
    if isinstance(first, int):
        return [_with(around[first], rest, value)]
    return {**around, first: _with(around.get(first, {}), rest, value)}


def _arrived(made: World, row: Row, value: str) -> None:
    """Check that the secret went where it belongs: else its absence would prove nothing."""
    held = codings(value)
    sent = [json.dumps(entry["arguments"]) for entry in made.journal()]
    assert any(coded in text for text in sent for coded in held), row.name


def _register(found: Traces) -> None:
    """Send a deployment's password that is wrong: what is refused is logged."""
    site = found.world.sites["beta"]
    value = found.secrets.new("password of a deployment").replace("ü", "u")
    found.secrets.learn("password of a deployment", value)
    body = {**registration(site.simulator, "spare", "localhost"), "password": value}
    response = found.world.operator.post("/deployments", json=body)
    assert response.status_code >= 400
    found.problems.append(response.text)


def _change(found: Traces) -> None:
    """Send another password of a deployment, a wrong one, and let the deployment repeat it."""
    site = found.world.sites["beta"]
    value = found.secrets.new("another password of a deployment").replace("ü", "u")
    found.secrets.learn("another password of a deployment", value)
    site.control.fault("failed", "Ping", text=f"This is not good: {value}")
    response = found.world.operator.patch(f"/deployments/{site.id}", json={"password": value})
    site.control.clear_faults()
    assert response.status_code >= 400
    found.problems.append(response.text)


def _rotate(found: Traces) -> None:
    """Let a deployment make a new password for the gateway, one that we know."""
    made = found.secrets.new("password of the API").replace(MARKS, "-")
    found.secrets.learn("password of the API", made)
    own = SimpleNamespace(token_urlsafe=lambda _: made)
    path = f"/deployments/{found.world.sites['beta'].id}/rotate-credential"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(system_administrators, "secrets", own)
        found.world.call("POST", path, {})
    found.world.call("POST", path.replace("rotate-credential", "ping"))


def _fetch(found: Traces) -> None:
    """Fetch what the API shows once."""
    for operation, *member in SHOWN:
        row = TABLE[operation]
        target = fresh(found.world, row, OWNER)
        response = found.world.operator.open(
            row.path.format(**target), method=row.method, json=row.body(target)
        )
        assert response.status_code == row.status, response.text
        for name, value in enumerate(_texts(response.get_json()[member[0]])):
            found.secrets.learn(f"{operation} {name}", value)
    for site in found.world.sites.values():
        found.secrets.learn(f"password of {site.name}", site.simulator.announcement()["password"])
    for name, client in found.world.personas.items():
        if client.token and name != "garbage":
            found.secrets.learn(f"token of {name}", client.token)


SHOWN = (
    ("createOneTimeUrl", "url"),
    ("initializeUserMfa", "setup"),
    ("initializeAdministratorMfa", "secret"),
    ("createClient", "clientSecret"),
    ("rotateClientSecret", "clientSecret"),
)
"""Operations that show a secret once, and the member that does."""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)


def _base64(value: str) -> str:
    return base64.b64encode(f"x{value}".encode()).decode()


def test_no_secret_is_anywhere_in_clear(traces: Traces) -> None:
    assert len(traces.secrets.values) > 30
    assert len(traces.problems) >= len(SENT)
    assert "DEPLOYMENT_CREDENTIALS_REFUSED" in traces.written.getvalue()
    assert traces.leaks() == set()


def test_every_write_only_member_of_the_contract_is_tried(traces: Traces) -> None:
    schemas = traces.world.served.contract.document["components"]["schemas"]
    members = {
        name
        for schema in schemas.values()
        for name, member in schema.get("properties", {}).items()
        if member.get("writeOnly")
    }
    assert members == {secret.member[-1] for secret in SENT}


@pytest.mark.parametrize("coding", [str, quote, json.dumps, _base64])
def test_a_planted_leak_is_seen(traces: Traces, coding: Callable[[str], str]) -> None:
    name, value = next(iter(traces.secrets.values.items()))
    database = traces.world.served.gateway.services.database
    with database.write() as connection:
        outbox.put(connection, "audit", "res_x", {"note": f"the word is {coding(value)}."})
    places = {place for place, leaked in traces.leaks() if leaked == name}
    assert places & {"table outbox", "table audit_log"}, "wherever it has got to"
    with database.write() as connection:
        connection.execute(delete(table).where(table.c.reseller == "res_x"))


def test_a_leak_in_a_log_is_seen(traces: Traces) -> None:
    name, value = next(iter(traces.secrets.values.items()))
    traces.written.write(f"{value}\n")
    assert ("log", name) in traces.leaks()
