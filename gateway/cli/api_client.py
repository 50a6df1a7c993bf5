"""The REST API as the command line calls it; the only module of it that speaks HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from gateway.cli.failure import Failure

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 90
SILENT_SECONDS: Final = 30
"""A stream that says nothing for so long is lost; a live one says something every ten seconds."""

OK: Final = 200
AWAY: Final = frozenset({502, 503, 504})
"""What a proxy answers, in words of its own, while the gateway behind it is not there."""


class Unreachable(Failure):
    """Nothing answers at the gateway's address, or the connection broke."""


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


@dataclass(frozen=True)
class Stream(Answer):
    """A response of which the lines are read as they come; ``body`` is that of a refusal."""

    lines: Iterator[str]


class Api:
    """A gateway at a URL.

    Args:
        url: scheme, host and port.
        seconds: how long an answer may take; None for as long as the gateway may wait itself.
    """

    def __init__(self, url: str, seconds: float | None = None) -> None:
        self.url = url.rstrip("/")
        self._seconds = seconds
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, call: Call) -> Answer:
        """Send a request and return what was answered, whichever status it has.

        Raises:
            Unreachable: nothing answers there.
            Failure: what answers is no gateway.
        """
        with self._understood(), closing(self._requested(call, READ_SECONDS)) as response:
            return Answer(response.status_code, response.headers, _body(response))

    @contextmanager
    def listen(self, call: Call) -> Iterator[Stream]:
        """Send a request and read its answer while it is being sent.

        Raises:
            Unreachable: nothing answers there, or the connection broke meanwhile.
        """
        with self._understood(), closing(self._requested(call, SILENT_SECONDS)) as response:
            body = None if response.status_code == OK else _body(response)
            lines = (line.decode(errors="replace") for line in response.iter_lines())
            yield Stream(response.status_code, response.headers, body, lines)

    def _requested(self, call: Call, read_seconds: float) -> requests.Response:
        return self._session.request(
            call.method,
            self.url + call.path,
            headers=dict(call.headers),
            json=call.body,
            data=call.form,
            timeout=self._seconds or (CONNECT_SECONDS, read_seconds),
            allow_redirects=False,
            stream=True,
        )

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except requests.JSONDecodeError as error:
            raise Failure(f"What answers at {self.url} is no gateway; see --url.") from error
        except requests.RequestException as error:
            raise Unreachable(
                f"No gateway answers at {self.url}: start one with 'spe-gateway serve', "
                "or name another with --url."
            ) from error


def _body(response: requests.Response) -> Any:  # noqa: ANN401 - any JSON value
    kind = response.headers.get("Content-Type", "")
    if response.status_code in AWAY and "json" not in kind:
        raise requests.ConnectionError
    return response.json() if response.content else None


def words_of(problem: Any) -> str:  # noqa: ANN401 - whatever was answered
    """Return a problem (RFC 9457; RFC 6749, section 5.2) in one sentence, with SPE's own words."""
    if not isinstance(problem, dict):
        return "The gateway refused, and did not say why."
    told = (problem.get(name) for name in ("detail", "error_description", "title"))
    detail = str(next(filter(None, told), "The gateway refused."))
    faults = [f"{fault['pointer']}: {fault['detail']}" for fault in problem.get("errors", ())]
    words = faults or [detail]
    message = (problem.get("upstream") or {}).get("message")
    return " ".join([*words, f"SPE says: {message}"] if message else words)
