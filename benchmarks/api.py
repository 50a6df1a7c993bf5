"""A client of the gateway, with one connection that is kept."""

from typing import Any, Final

import requests  # the gateway is measured from outside, as its clients see it

from benchmarks.processes import JSON, BenchmarkError
from gateway.cli.announced import registration

ACCEPTED: Final = 202


class Api:
    """Calls as the first operator.

    Args:
        url: of the gateway.
        operator: ``clientId`` and ``clientSecret``.

    Attributes:
        token: its access token.
    """

    def __init__(self, url: str, operator: JSON) -> None:
        self._url = url
        self._operator = operator
        self._session = requests.Session()
        self._session.trust_env = False
        form = {
            "grant_type": "client_credentials",
            "client_id": operator["clientId"],
            "client_secret": operator["clientSecret"],
        }
        self.token: str = self.call("POST", "/oauth/token", data=form)["access_token"]
        self._session.headers["Authorization"] = f"Bearer {self.token}"
        self._session.headers["Prefer"] = "wait=30"

    def another(self) -> "Api":
        """Return one with a connection of its own."""
        return self.of(self._operator)

    def of(self, client: JSON) -> "Api":
        """Return one that calls as another client, of which this is the id and the secret."""
        return Api(self._url, client)

    def call(self, method: str, path: str, **options: Any) -> JSON:  # noqa: ANN401 # those of requests
        """Return the body of an answer.

        Raises:
            BenchmarkError: it is no success.
        """
        answer = self._session.request(method, self._url + path, timeout=60, **options)
        if answer.status_code not in {200, 201}:
            raise BenchmarkError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        body: JSON = answer.json()
        return body

    def begin(self, path: str, body: JSON) -> None:
        """Begin what takes long, and do not wait for it.

        Raises:
            BenchmarkError: it has not begun, or is over already.
        """
        headers = {"Prefer": "respond-async"}
        answer = self._session.post(self._url + path, json=body, headers=headers, timeout=60)
        if answer.status_code != ACCEPTED:
            raise BenchmarkError(f"POST {path}: {answer.status_code} {answer.text[:500]}")

    def revoke(self) -> None:
        """Have its own token count no more (RFC 7009).

        Raises:
            BenchmarkError: it goes on counting.
        """
        form = {
            "token": self.token,
            "client_id": self._operator["clientId"],
            "client_secret": self._operator["clientSecret"],
        }
        headers = {"Authorization": None}  # the form says who asks
        url = f"{self._url}/oauth/revoke"
        answer = self._session.post(url, data=form, headers=headers, timeout=60)
        if not answer.ok:
            raise BenchmarkError(f"/oauth/revoke: {answer.status_code} {answer.text[:500]}")

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def registered(api: Api, announced: JSON) -> str:
    """Register a deployment; return its id."""
    return str(
        api.call("POST", "/deployments", json=registration(announced["name"], announced))["id"]
    )
