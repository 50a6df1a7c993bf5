"""Which members and arguments hold secrets, and how texts are freed of them."""

import re
from collections.abc import Iterator
from typing import Any, Final

SECRET: Final = re.compile("password|secret|passphrase|privatekey|encryptionkey", re.IGNORECASE)


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value without the members that hold secrets, at every depth."""
    if isinstance(value, dict):
        return {k: without_secrets(v) for k, v in value.items() if not SECRET.search(k)}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def masked(text: str, arguments: Any) -> str:  # noqa: ANN401 - JSON
    """Return a text of SPE's in which no secret of the command's arguments is repeated."""
    for secret in sorted(_secrets(arguments), key=len, reverse=True):
        text = text.replace(secret, "[redacted]")
    return text


def _secrets(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        for name, inner in value.items():
            if SECRET.search(name) and isinstance(inner, str) and inner:
                yield inner
            yield from _secrets(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner)
