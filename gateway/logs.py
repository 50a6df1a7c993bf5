"""Logs: one JSON object a line on standard error, with every secret masked.

Secrets are masked by the name of their field and by what they look like, in messages and
traces too.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK: Final = "[redacted]"
SECRET_WORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "cookie",
    "key",
)
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_SECRET_VALUE: Final = re.compile(
    r"(?<=\bbearer )[\w.~+/=-]+|(?<=\bbasic )[\w+/=-]+|\beyJ[\w-]*\.[\w-]*\.[\w-]*",
    re.ASCII | re.IGNORECASE,
)
_MAX_DEPTH: Final = 16


def configure(level: str) -> None:
    """Write the logs of this process, its libraries' warnings among them, to standard error.

    Args:
        level: the lowest that is written: debug, info, warning or error.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_PREPARATION, redact, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter())
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)


_PREPARATION: Final[tuple[Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    structlog.processors.UnicodeDecoder(),
)


def _formatter() -> logging.Formatter:
    """Format the records of libraries like our own."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *_PREPARATION],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.processors.JSONRenderer(),
        ],
    )


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Mask the secrets of an event (a structlog processor)."""
    del logger, method
    return {name: _clean(name, value, 0) for name, value in event.items()}


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret: ``clientSecret``, ``api_key``, ``Tokens``."""
    words = (word.lower().removesuffix("s") for word in _WORD.findall(name))
    return any(word.endswith(SECRET_WORDS) for word in words)


def _clean(name: str, value: Any, depth: int) -> Any:  # noqa: ANN401 - any value can be logged
    if is_secret(name) or depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {key: _clean(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item, depth + 1) for item in value]
    return _SECRET_VALUE.sub(MASK, value) if isinstance(value, str) else value
