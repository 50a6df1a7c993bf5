"""Sends the requests of the tour, shows them, and stops at the first that goes wrong."""

from dataclasses import dataclass, field
from typing import Any, Final

from gateway.cli.account import Account, sign_in
from gateway.cli.api_client import Answer, Api, Call, words_of
from gateway.cli.demo.screen import Screen
from gateway.cli.failure import Failure
from gateway.cli.following import Following
from gateway.cli.progress import view_of
from gateway.cli.watching import follow

OK: Final = 200
CREATED: Final = 201


@dataclass(frozen=True)
class Visitor:
    """A client that signed in.

    Args:
        variable: the shell variable that holds its token.
        client_id: for the token endpoint.
        client_secret: for the token endpoint.
        token: its access token.
    """

    variable: str
    client_id: str
    client_secret: str = field(repr=False)
    token: str = field(repr=False)


class Guide:
    """Asks the gateway and watches over the answers.

    Args:
        api: the gateway.
        screen: shows everything.
    """

    def __init__(self, api: Api, screen: Screen) -> None:
        self._api = api
        self.screen = screen

    def admit(self, variable: str, client_id: str, client_secret: str) -> Visitor:
        """Get an access token for a client."""
        call = sign_in(client_id, client_secret)
        self.screen.request(call, "")
        answer = self._answered(call, call, OK)
        token = answer.body["access_token"]
        self.screen.variable(variable, token)
        return Visitor(variable, client_id, client_secret, token)

    def ask(self, visitor: Visitor, call: Call, status: int = OK) -> Answer:
        """Send and show a request.

        Args:
            visitor: in whose name.
            call: the request, without its token.
            status: that is expected.

        Raises:
            Failure: it was answered with another status.
        """
        self.screen.request(call, visitor.variable)
        return self._answered(call, authorised(visitor, call), status)

    def follow(self, visitor: Visitor, operation: str) -> dict[str, Any]:
        """Show an operation as it goes on, and return it at its end."""
        account = Account(self._api, visitor.client_id, visitor.client_secret)
        return follow(Following(account, operation), view_of(self.screen.console))

    def _answered(self, call: Call, sent: Call, status: int) -> Answer:
        answer = self._api.send(sent)
        self.screen.answer(answer)
        if answer.status != status:
            raise Failure(
                f"{call.method} {call.path} should have answered {status}, but answered "
                f"{answer.status}: {words_of(answer.body)}"
            )
        return answer


def authorised(visitor: Visitor, call: Call) -> Call:
    """Return a request with the visitor's token."""
    headers = {**call.headers, "Authorization": f"Bearer {visitor.token}"}
    return Call(call.method, call.path, headers, call.body)


def expect(what: str, found: Any, wanted: Any) -> None:  # noqa: ANN401 - any JSON value
    """Compare a part of an answer with what the tour promises.

    Raises:
        Failure: it is something else.
    """
    if found != wanted:
        raise Failure(f"{what} should be {wanted!r}, but is {found!r}.")
