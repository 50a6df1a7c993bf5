"""What the demonstration shows: each request as curl, and its answer."""

import json
import shlex
from typing import Any, Final

from rich.console import Console

from gateway.cli.api_client import Answer, Call

SHOWN_OF_TOKEN: Final = 16
SHOWN_HEADERS: Final = ("Location", "Retry-After")
GATEWAY: Final = "GATEWAY"
"""The variable that holds the gateway's URL in the curl commands."""


class Screen:
    """Writes headings, requests and answers.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self.console = console

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.console.print()
        self.console.rule(text, align="left", style="bold")

    def say(self, text: str) -> None:
        """Write a sentence."""
        self.console.print(text, markup=False, highlight=False, style="italic", soft_wrap=True)

    def literally(self, text: str) -> None:
        """Write a line that can be copied."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def variable(self, name: str, value: str) -> None:
        """Write the assignment of a shell variable, which later commands use."""
        self.literally(f"{name}={shlex.quote(value)}")

    def request(self, call: Call, token: str) -> None:
        """Write a request as a curl command.

        Args:
            call: the request, without its token.
            token: the name of the shell variable that holds it; empty for none.
        """
        self.console.print()
        self.console.print(curl(call, token), markup=False, soft_wrap=True, style="cyan")

    def answer(self, answer: Answer) -> None:
        """Write an answer; of access tokens only the beginning."""
        headers = [
            f"{name}: {answer.headers[name]}" for name in SHOWN_HEADERS if name in answer.headers
        ]
        self.literally("  ".join([f"HTTP {answer.status}", *headers]))
        if answer.body is not None:
            self.console.print_json(json.dumps(_shortened(answer.body)))


def curl(call: Call, token: str) -> str:
    """Return a request as a command for a shell that has the variables set."""
    words = ["curl -sS"]
    if call.method != "GET":
        words.append(f"-X {call.method}")
    words.append(f'"${GATEWAY}{call.path}"')
    if token:
        words.append(f'-H "Authorization: Bearer ${token}"')
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in call.headers.items()]
    if call.body is not None:
        words.append("-H 'Content-Type: application/json'")
        words.append(f"-d {shlex.quote(json.dumps(call.body))}")
    for name, value in (call.form or {}).items():
        words.append(f"--data-urlencode {shlex.quote(f'{name}={value}')}")
    return " ".join(words)


def _shortened(body: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(body, dict) and "access_token" in body:
        return {**body, "access_token": body["access_token"][:SHOWN_OF_TOKEN] + "…"}
    return body
