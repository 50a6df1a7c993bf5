"""A gateway served in process, and clients whose every answer is held against the contract."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.billing.licences import READ
from gateway.broker.bootstrap import FirstOperator
from gateway.broker.rounds import VISIT
from gateway.factory import Gateway, create_app
from gateway.settings import Settings
from gateway.worker.tracker import Tracker
from tests.answers import Contract, golden_contract
from tests.schema import set_up_at_once

UNHURRIED = "100000/minute"
DEFAULTS: Mapping[str, Any] = {
    "deployment_networks": ("127.0.0.0/8", "::1/128"),
    "webhook_networks": ("127.0.0.0/8", "::1/128"),
    "client_rate": UNHURRIED,
    "reseller_rate": UNHURRIED,
    "address_rate": UNHURRIED,
    "http_threads": 128,
    "report_domains": ("example.com",),
    "inventory_seconds": 0,  # what a deployment is asked, is what a test has asked
    "watch_seconds": 0,
}
"""Settings of a gateway under test; many calls of few clients come from one address."""

OLD = 600.0
"""Seconds after which a client takes another token: a world may outlive one."""

WAIT = "wait=30"
"""``Prefer`` of every call, unless a test asks for something else."""


class CheckedClient(FlaskClient):
    """A test client that fails on an answer that is not documented.

    Args:
        app: what is called.
        contract: what its answers must be.
        token: sent as Bearer, if any.
    """

    def __init__(self, app: Flask, contract: Contract, token: str | None = None) -> None:
        super().__init__(app, app.response_class, use_cookies=False)
        self.contract = contract
        self.environ_base["HTTP_PREFER"] = WAIT
        self.renewal: Callable[[], str] | None = None
        self._carry(token)

    @property
    def token(self) -> str | None:
        """The token that is sent, renewed when it is old."""
        self._carry_a_live_one()
        return self._token

    def _carry_a_live_one(self) -> None:
        if self.renewal is not None and monotonic() - self._since > OLD:
            self._carry(self.renewal())

    def _carry(self, token: str | None) -> None:
        self._token = token
        self._since = monotonic()
        if token is not None:
            self.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"

    def open(self, *args: Any, **options: Any) -> TestResponse:  # noqa: ANN401 # Flask's signature
        """Send a request and check its answer."""
        self._carry_a_live_one()
        response = super().open(*args, **{"buffered": True, **options})
        self.contract.check(response.request.method, response.request.path, response)
        return response


@dataclass(frozen=True)
class Served:
    """A running gateway.

    Attributes:
        app: the application.
        gateway: what it was built of.
        settings: its settings.
        operator: the credentials of the first operator.
        contract: what its answers must be.
    """

    app: Flask
    gateway: Gateway
    settings: Settings
    operator: FirstOperator
    contract: Contract

    def client(self, token: str | None = None) -> CheckedClient:
        """Make a client with a token, or an anonymous one."""
        return CheckedClient(self.app, self.contract, token)

    def log_in(self, client_id: str, secret: str, scope: str | None = None) -> CheckedClient:
        """Make a client with a token of an API client."""
        client = self.client(self.token(client_id, secret, scope))
        client.renewal = partial(self.token, client_id, secret, scope)
        return client

    def token(self, client_id: str, secret: str, scope: str | None = None) -> str:
        """Fetch a token."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        asked = form if scope is None else {**form, "scope": scope}
        response = self.client().post("/oauth/token", data=asked)
        assert response.status_code == 200, response.text
        return str(response.json["access_token"])  # type: ignore[index] # an object, as checked


@contextmanager
def served(home: Path, **settings: Any) -> Iterator[Served]:  # noqa: ANN401 # as Settings takes them
    """Set a gateway up in an empty folder and run it with its tracker.

    Args:
        home: an empty folder.
        settings: besides ``home``; they win over ``DEFAULTS``.
    """
    chosen = Settings(home=home, **(DEFAULTS | settings))
    with _running(chosen, set_up_at_once(home, chosen.database)) as made:
        yield made


@contextmanager
def beside(first: Served) -> Iterator[Served]:
    """Run another gateway of the same cluster: on the same database and Redis, with the same keys.

    Args:
        first: does not lie in SQLite, which is for one process.
    """
    assert not first.settings.is_embedded
    with _running(first.settings, first.operator) as made:
        yield made


@contextmanager
def _running(settings: Settings, operator: FirstOperator) -> Iterator[Served]:
    app = create_app(settings)
    gateway: Gateway = app.extensions["spe-gateway"]
    # The hourly calls of a deployment would come into the middle of some test's journal.
    chores = [chore for chore in gateway.chores if chore.name not in {VISIT, READ}]
    tracker = Tracker(gateway.services.broker, chores)
    tracker.start()
    try:
        yield Served(app, gateway, settings, operator, golden_contract())
    finally:
        tracker.stop()
        gateway.close()


def assert_problem(
    response: TestResponse, status: int, code: str | None = None, **members: object
) -> Mapping[str, Any]:
    """Assert that an answer is a problem (RFC 9457), and return it.

    Args:
        response: of any client.
        status: of HTTP, and in the problem.
        code: which kind; None where several are right.
        members: further ones, by their names in the problem.
    """
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    problem: dict[str, Any] = response.get_json(force=True)
    assert problem["status"] == status
    assert problem["type"].endswith(f"#{problem['code']}")
    assert problem["requestId"] == response.headers["X-Request-Id"]
    assert code in {None, problem["code"]}, problem
    assert {name: problem.get(name) for name in members} == members
    return problem


def assert_refused_within_a_second(
    ask: Callable[[], TestResponse], code: str = "UNAUTHENTICATED"
) -> None:
    """Assert that somebody who was let go of just now is refused, on every process (law 11).

    Args:
        ask: calls another process than the one that let go; until it is refused, or has been
            accepted a second later.
        code: of the problem.
    """
    began = monotonic()
    while (asked := monotonic()) - began < 1:
        answer = ask()
        if answer.status_code != 200:
            assert_problem(answer, 401, code)
            return
    raise AssertionError(f"accepted {asked - began:.1f} s later")
