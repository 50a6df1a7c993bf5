"""The REST API as the command line calls it; the only module of it that speaks HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Final

import requests

from gateway.cli.failure import Failure

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 90
RENEW_SECONDS: Final = 60
"""A token is renewed this long before its end."""


@dataclass(frozen=True)
class Call:
    """A request.

    Args:
        method: of HTTP.
        path: below the URL of the gateway, with the query.
        headers: besides those that follow from the body.
        body: any JSON value, sent as such; None for none.
        form: sent as a form.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """A response; ``body`` is its JSON, or None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Api:
    """A gateway at a URL.

    Args:
        url: scheme, host and port.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, call: Call) -> Answer:
        """Send a request and return what was answered, whichever status it has.

        Raises:
            Failure: nothing that is a gateway answers there.
        """
        try:
            response = self._session.request(
                call.method,
                self.url + call.path,
                headers=dict(call.headers),
                json=call.body,
                data=call.form,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
            body = response.json() if response.content else None
        except requests.JSONDecodeError as error:
            raise Failure(f"What answers at {self.url} is no gateway; see --url.") from error
        except requests.RequestException as error:
            raise Failure(
                f"No gateway answers at {self.url}: start one with 'spe-gateway serve', "
                "or name another with --url."
            ) from error
        return Answer(response.status_code, response.headers, body)


class Account:
    """A client of the gateway that signs in with its secret, again whenever it must.

    Args:
        api: the gateway.
        client_id: of the client.
        client_secret: of the client.
    """

    def __init__(self, api: Api, client_id: str, client_secret: str) -> None:
        self._api = api
        self._client_id = client_id
        self._client_secret = client_secret
        self._token = ""
        self._renew_at = 0.0

    def call(self, call: Call) -> Answer:
        """Send a request in the name of the client.

        Raises:
            Failure: it was answered with a problem; in its words.
        """
        headers = {**call.headers, "Authorization": f"Bearer {self._access_token()}"}
        answer = self._api.send(Call(call.method, call.path, headers, call.body))
        if answer.status >= requests.codes.bad_request:
            raise Failure(words_of(answer.body))
        return answer

    def _access_token(self) -> str:
        if monotonic() >= self._renew_at:
            self._sign_in()
        return self._token

    def _sign_in(self) -> None:
        answer = self._api.send(sign_in(self._client_id, self._client_secret))
        if answer.status != requests.codes.ok:
            raise Failure(
                f"The gateway at {self._api.url} does not accept the client's id or secret "
                "(--client-id, --client-secret)."
            )
        self._token = answer.body["access_token"]
        self._renew_at = monotonic() + answer.body["expires_in"] - RENEW_SECONDS


def sign_in(client_id: str, client_secret: str) -> Call:
    """Return the request for an access token (RFC 6749, section 4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return Call("POST", "/oauth/token", form=form)


def words_of(problem: Any) -> str:  # noqa: ANN401 - whatever was answered
    """Return a problem (RFC 9457) in one sentence: what happened, where, and SPE's own words."""
    if not isinstance(problem, dict):
        return "The gateway refused, and did not say why."
    detail = str(problem.get("detail") or problem.get("title") or "The gateway refused.")
    faults = [f"{fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", ())]
    words = faults or [detail]
    message = (problem.get("upstream") or {}).get("message")
    return " ".join([*words, f"SPE says: {message}"] if message else words)
