"""Which members and arguments hold secrets, and how texts are freed of them."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, quote_plus

SECRET: Final = re.compile(
    "password|secret|passphrase|privatekey|encryptionkey|token", re.IGNORECASE
)
MASK: Final = "[redacted]"


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value without the members that hold secrets, at every depth."""
    if isinstance(value, dict):
        return {k: without_secrets(v) for k, v in value.items() if not SECRET.search(k)}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def masked(text: str, arguments: Any) -> str:  # noqa: ANN401 - JSON
    """Return a text in which no secret of a command is repeated.

    Args:
        text: what SPE said.
        arguments: of one command or of several; what a member whose name tells of a secret
            holds is one, at every depth.
    """
    forms = {form for secret in _secrets(arguments) for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> Iterator[str]:
    """Yield how a secret looks in a text: as it is, and as it was sent."""
    yield from (secret, quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])


def _secrets(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, inner in value.items():
            if SECRET.search(name):
                yield from _texts(inner)
            else:
                yield from _secrets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Yield all texts of what is secret as a whole."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, dict):
        yield from (text for inner in value.values() for text in _texts(inner))
    elif isinstance(value, list):
        yield from (text for inner in value for text in _texts(inner))
