"""Who calls the gateway: an API client that signs in, and what it is answered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from typing import Any, Final, TypeVar

import rich_click as click

from gateway.cli.access import PLAIN, access_of, is_exposed
from gateway.cli.api_client import Answer, Api, Call, Stream, words_of
from gateway.cli.failure import Failure
from gateway.cli.profile_file import read_profiles

RENEW_SECONDS: Final = 60
"""A token is renewed this long before its end."""

UNAUTHORIZED: Final = 401
PROBLEMS: Final = 400
"""Answers with this status or a higher one are problems."""

Wrapped = TypeVar("Wrapped", bound=Callable[..., object])


def complete_profile(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Return the names of the profiles that begin so, for a shell."""
    with suppress(Failure):
        return sorted(name for name in read_profiles().known if name.startswith(begun))
    return []


OPTIONS: Final = (
    click.option(
        "--profile",
        metavar="NAME",
        help="Who you are, as 'spe-gateway login' keeps it; by default SPE_GATEWAY_PROFILE, or the "
        "one chosen last.",
        shell_complete=complete_profile,
    ),
    click.option("--url", metavar="URL", help="The gateway; by default SPE_GATEWAY_URL."),
    click.option("--client-id", metavar="ID", help="API client; by default SPE_GATEWAY_CLIENT_ID."),
    click.option(
        "--client-secret",
        metavar="SECRET",
        help="Its secret; by default SPE_GATEWAY_CLIENT_SECRET, which others cannot see.",
    ),
)


NEXT: Final[Mapping[str, str]] = {
    "PERMISSION_MISSING": "'spe-gateway whoami' shows what you may do.",
    "RESELLER_SUSPENDED": "'spe-gateway whoami' shows whose client you are.",
    "QUOTA_EXCEEDED": "'spe-gateway whoami' shows your quotas.",
    "OPERATION_IN_PROGRESS": "See its end with 'spe-gateway operations watch {operation}'.",
    "DEPLOYMENT_QUARANTINED": "An operator says with 'spe-gateway deployments repin' which "
    "certificate is right.",
    "DEPLOYMENT_PAUSED": "It is tried again by itself; an operator may have it tried now, with "
    "'spe-gateway deployments reset-breaker'.",
    "SERVICE_PROVIDER_ACCESS_OFF": "'spe-gateway instances update --archive-admin' switches it on, "
    "with the customer's consent.",
    "INSTANCE_NOT_STOPPED": "'spe-gateway instances stop' stops it.",
    "INSTANCE_NOT_RUNNING": "'spe-gateway instances start' starts it.",
}
"""What to do next, by the code of a problem; with its members."""


def next_step(problem: Any) -> str:  # noqa: ANN401 - whatever was answered
    """Return what the command line can do about a problem; empty if nothing."""
    members = problem if isinstance(problem, dict) else {}
    try:
        return NEXT.get(members.get("code", ""), "").format_map(members)
    except KeyError:
        return ""


class Refused(Failure):
    """The gateway answered with a problem; said in its words.

    Attributes:
        problem: as it was answered.
    """

    def __init__(self, problem: Any) -> None:  # noqa: ANN401 - whatever was answered
        super().__init__(f"{words_of(problem)} {next_step(problem)}".rstrip())
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

    def be_signed_in(self) -> None:
        """Get a token unless there is one that is good for a while.

        Raises:
            Failure: as ``sign_in``.
        """
        if monotonic() >= self._renew_at:
            self.sign_in()

    def _authorised(self, call: Call) -> Call:
        self.be_signed_in()
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
                "(--client-id, --client-secret): sign in again with 'spe-gateway login'."
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
    """Return who calls, by the options of ``access_options``, the environment or a profile.

    Raises:
        Failure: none of them names a client and its secret.
    """
    found = access_of(access).profile
    if is_exposed(found.url) and not found.plain_http:
        click.echo(f"spe-gateway: {PLAIN.format(found.url)}", err=True)
    return Account(Api(found.url), found.client_id, found.client_secret)


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
        raise Failure(steps[error.code].replace("{0}", subject)) from error
