"""The envelope of every answer, and the merging of successive ones.

SPE numbers the states of a long-running command; each answer carries only what was added
to the log since the version asked for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from gateway.errors import ReplyInvalid

RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
MAX_LOG_CHARACTERS: Final = 1_000_000
_MAX_WORD_CHARACTERS: Final = 64
# SPE's own are "sa" and 32 hexadecimal digits; others may come, but no page of text.
_TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{1,128}", re.ASCII)


@dataclass(frozen=True)
class Status:
    """One state of a command, as SPE tells it.

    Attributes:
        token: names the command in get-status; None for one that ended at once.
        version: grows with every change.
        code: running, succeeded, failed, cancelled, or a word that we do not know.
        percent: 0 to 100, or None.
        text: what it is doing now.
        result: what it returns; JSON.
        log: what was added to the log.
        error_message: the deployment's words, for operators only.
        error_details: a stack trace; never shown.
    """

    token: str | None
    version: int
    code: str
    percent: int | None = None
    text: str | None = None
    result: object = field(default=None, repr=False)
    log: str = field(default="", repr=False)
    error_message: str | None = field(default=None, repr=False)
    error_details: str | None = field(default=None, repr=False)

    @property
    def is_running(self) -> bool:
        """Whether get-status has more to tell."""
        return self.code == RUNNING

    @property
    def is_final(self) -> bool:
        """Whether nothing more can change; every unknown word is final."""
        return not self.is_running

    @property
    def succeeded(self) -> bool:
        """Whether SPE says so; every unknown word is a failure."""
        return self.code == SUCCEEDED

    @classmethod
    def from_envelope(cls, envelope: object) -> Self:
        """Reads a decoded answer.

        Raises:
            ReplyInvalid: a key is missing, of another type, or they contradict each other.
        """
        keys = _Envelope(envelope)
        error = keys.error()
        status = cls(
            token=keys.token("token"),
            version=keys.whole("statusVersion"),
            code=keys.word("statusCode"),
            percent=keys.percent("percentProgress"),
            text=keys.text("statusText"),
            result=keys["result"],
            log=keys.text("logOutput") or "",
            error_message=error.text("message") if error else None,
            error_details=error.text("details") if error else None,
        )
        if status.is_running and not status.token:
            raise ReplyInvalid("The deployment's answer runs on without a token.")
        if status.succeeded and error:
            raise ReplyInvalid("The deployment's answer holds both success and an error.")
        return status


class _Envelope:
    """Typed access to the keys of one object."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, Mapping):
            raise ReplyInvalid("The deployment's answer is not an object.")
        self._value = value

    def __getitem__(self, key: str) -> object:
        if key not in self._value:
            raise ReplyInvalid(f"The deployment's answer lacks the key {key}.")
        value: object = self._value[key]
        return value

    def text(self, key: str) -> str | None:
        value = self[key]
        if value is None or isinstance(value, str):
            return value
        raise _ill_typed(key)

    def word(self, key: str) -> str:
        value = self.text(key)
        if not value or len(value) > _MAX_WORD_CHARACTERS:
            raise _ill_typed(key)
        return value

    def token(self, key: str) -> str | None:
        value = self.text(key)
        if value is not None and not _TOKEN.fullmatch(value):
            raise _ill_typed(key)
        return value

    def whole(self, key: str) -> int:
        value = self[key]
        if type(value) is not int or value < 0:
            raise _ill_typed(key)
        return value

    def percent(self, key: str) -> int | None:
        value = self[key]
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _ill_typed(key)
        return min(max(int(value), 0), 100)

    def error(self) -> "_Envelope | None":
        value = self["error"]
        return None if value is None else _Envelope(value)


def _ill_typed(key: str) -> ReplyInvalid:
    return ReplyInvalid(f"The key {key} of the deployment's answer is not of its type.")


def merge(known: Status, news: Status) -> Status:
    """What is known of a command after one more answer to get-status.

    Versions only grow: an answer that is not newer is ignored, and after a final one
    nothing changes. The log is joined, and its last million characters are kept, since
    the outcome stands at its end. The token stays the first one.
    """
    if known.is_final or news.version <= known.version:
        return known
    log = (known.log + news.log)[-MAX_LOG_CHARACTERS:]
    return replace(news, token=known.token, log=log)
