"""Who calls the gateway: an API client, named by options or by the environment."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final, TypeVar

import rich_click as click

from gateway.cli.api_client import Answer, Api, Call, Stream, words_of
from gateway.cli.failure import Failure
from gateway.settings import Settings

RENEW_SECONDS: Final = 60
"""A token is renewed this long before its end."""

UNAUTHORIZED: Final = 401
PROBLEMS: Final = 400
"""Answers with this status or a higher one are problems."""

Wrapped = TypeVar("Wrapped", bound=Callable[..., object])

OPTIONS: Final = (
    click.option("--url", metavar="URL", help="The gateway; by default SPE_GATEWAY_URL."),
    click.option("--client-id", metavar="ID", help="API client; by default SPE_GATEWAY_CLIENT_ID."),
    click.option(
        "--client-secret",
        metavar="SECRET",
        help="Its secret; by default SPE_GATEWAY_CLIENT_SECRET, which others cannot see.",
    ),
)


class Refused(Failure):
    """The gateway answered with a problem; said in its words.

    Attributes:
        problem: as it was answered.
    """

    def __init__(self, problem: Any) -> None:  # noqa: ANN401 - whatever was answered
        super().__init__(words_of(problem))
        self.problem: Mapping[str, Any] = problem if isinstance(problem, dict) else {}

    @property
    def code(self) -> str:
        """The stable code of the problem; empty if it has none."""
        return str(self.problem.get("code", ""))


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
            Refused: it was answered with a problem.
            Unreachable: there is no answer.
        """
        return _required(self._api.send(self._authorised(call)))

    @contextmanager
    def listen(self, call: Call) -> Iterator[Stream]:
        """Send a request in the name of the client, and read its answer as it comes.

        Raises:
            Refused: it was answered with a problem.
            Unreachable: there is no answer, or it broke off.
        """
        with self._api.listen(self._authorised(call)) as stream:
            _required(stream)
            yield stream

    def forget_token(self) -> None:
        """Sign in anew before the next request."""
        self._renew_at = 0.0

    def _authorised(self, call: Call) -> Call:
        if monotonic() >= self._renew_at:
            self.sign_in()
        headers = {**call.headers, "Authorization": f"Bearer {self._token}"}
        return Call(call.method, call.path, headers, call.body)

    def sign_in(self) -> None:
        """Get a token, and so find out whether the gateway is there and knows the client.

        Raises:
            Failure: it is not, or does not.
        """
        answer = self._api.send(sign_in(self._client_id, self._client_secret))
        if answer.status == UNAUTHORIZED:
            raise Failure(
                f"The gateway at {self._api.url} does not accept the client's id or secret "
                "(--client-id, --client-secret)."
            )
        self._token = _required(answer).body["access_token"]
        self._renew_at = monotonic() + answer.body["expires_in"] - RENEW_SECONDS


def sign_in(client_id: str, client_secret: str) -> Call:
    """Return the request for an access token (RFC 6749, section 4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
    }
    return Call("POST", "/oauth/token", form=form)


def access_options(command: Wrapped) -> Wrapped:
    """Give a command the options that say where the gateway is and who calls it."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def account_of(access: Mapping[str, str | None]) -> Account:
    """Return who calls, by the options of ``access_options`` or the environment.

    Raises:
        Failure: neither names a client and its secret.
    """
    settings = Settings.from_environment()
    client_id = access["client_id"] or settings.client_id
    client_secret = access["client_secret"] or settings.client_secret.get_secret_value()
    if not client_id or not client_secret:
        raise Failure(
            "Set SPE_GATEWAY_CLIENT_ID and SPE_GATEWAY_CLIENT_SECRET, "
            "or give --client-id and --client-secret."
        )
    return Account(Api(access["url"] or settings.url), client_id, client_secret)


def _required(answer: Answer) -> Answer:
    """Return an answer that is no problem."""
    if answer.status >= PROBLEMS:
        raise Refused(answer.body)
    return answer


@contextmanager
def explained(steps: Mapping[str, str], subject: str) -> Iterator[None]:
    """Say of a refusal what to do next.

    Args:
        steps: the words by the problem's code, with ``{0}`` for the subject; others are raised.
        subject: what the call was about.
    """
    try:
        yield
    except Refused as error:
        if error.code not in steps:
            raise
        raise Failure(steps[error.code].format(subject)) from error
