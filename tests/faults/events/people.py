"""A reseller's client, who calls carefully: under one key, again until there is an answer."""

import uuid
from random import Random
from threading import Lock
from time import monotonic

import requests

from tests.faults.kills.fleet import Fleet, await_
from tests.simulated import JSON

PATIENCE = 180.0
"""For one answer, over the death of the gateway; on an idle machine it takes a few seconds."""

TIMEOUT = 40.0
TOKEN_SECONDS = 300.0
RETRIED = frozenset({202, 409, 429, 502, 503, 504})
"""Answers after which a careful caller asks again, under the same key."""


class Person:
    """A client of a reseller.

    Args:
        fleet: whom it calls.
        client: its id and its secret.
        seed: of the gateways that it chooses.
    """

    def __init__(self, fleet: Fleet, client: tuple[str, str], seed: int) -> None:
        self._fleet = fleet
        self._client = client
        self._random = Random(seed)  # noqa: S311 - the same seed, the same choices
        self._token = ("", 0.0)
        self._lock = Lock()

    def call(
        self, method: str, path: str, body: JSON | None = None, *, match: str = ""
    ) -> requests.Response:
        """Call until there is an answer that is a last word.

        Args:
            method: of HTTP.
            path: with the query.
            body: JSON.
            match: an entity tag.

        Raises:
            Late: nothing came of it for minutes.
        """
        headers = {"Prefer": "wait=20"}
        headers |= {"Idempotency-Key": uuid.uuid4().hex} if method == "POST" else {}
        headers |= {"If-Match": match} if match else {}

        def answered() -> requests.Response | None:
            try:
                found = self._send(method, path, headers, body)
            except requests.RequestException:
                return None
            is_replayed = "Idempotency-Replayed" in found.headers and found.status_code != 202
            return found if found.status_code not in RETRIED or is_replayed else None

        return await_(answered, f"{method} {path} is not answered", PATIENCE)

    def _send(
        self, method: str, path: str, headers: dict[str, str], body: JSON | None
    ) -> requests.Response:
        whole = {**headers, **self.bearer()}
        with plain() as session:
            url = self.gateway() + path
            return session.request(method, url, headers=whole, json=body, timeout=TIMEOUT)

    def gateway(self) -> str:
        """Choose one."""
        return self._random.choice(self._fleet.urls)

    def bearer(self) -> dict[str, str]:
        """Return the header with a token.

        Raises:
            requests.RequestException: none is to be had now.
        """
        with self._lock:
            token, end = self._token
            if monotonic() > end:
                token = self._fetched()
                self._token = token, monotonic() + TOKEN_SECONDS
            return {"Authorization": f"Bearer {token}"}

    def _fetched(self) -> str:
        name, secret = self._client
        form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
        with plain() as session:
            answer = session.post(f"{self.gateway()}/oauth/token", data=form, timeout=TIMEOUT)
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def plain() -> requests.Session:
    """Return a session that goes through no proxy."""
    session = requests.Session()
    session.trust_env = False
    return session
