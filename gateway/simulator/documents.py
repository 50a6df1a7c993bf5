"""JSON arguments: their members, and the secrets in them."""

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from .failures import Failure, missing

Document = dict[str, Any]
Kinds = tuple[type, ...]

TEXT: Kinds = (str,)
OPTIONAL_TEXT: Kinds = (str, type(None))
NUMBER: Kinds = (int,)
FLAG: Kinds = (bool,)
OPTIONAL_FLAG: Kinds = (bool, type(None))
TEXTS: Kinds = (list,)

SECRET = re.compile("password|secret|passphrase|privatekey", re.IGNORECASE)


def read_document(config: Any, name: str, members: Mapping[str, Kinds]) -> Document:  # noqa: ANN401 - a JSON argument
    """Return a JSON argument whose members are known and of the right type.

    Args:
        config: what came.
        name: of the argument.
        members: the types that each member may have; a list holds texts.

    Raises:
        Failure: it is no object, or a member is unknown or of another type.
    """
    if not isinstance(config, dict):
        raise missing(name)
    for member, value in config.items():
        if member not in members:
            raise Failure(
                f"Could not find member '{member}' on object. Path '{member}'.",
                "Newtonsoft.Json.JsonSerializationException",
            )
        texts = value if isinstance(value, list) else ()
        if type(value) not in members[member] or any(not isinstance(one, str) for one in texts):
            raise Failure(
                f"Error converting value to the type of '{member}'. Path '{member}'.",
                "Newtonsoft.Json.JsonSerializationException",
            )
    return dict(config)


def digest(secret: str) -> str:
    """Return what a test compares a secret with; a simulator protects none."""
    return sha256(secret.encode()).hexdigest()


def sealed(document: Any) -> Any:  # noqa: ANN401 - any JSON document
    """Return a document with digests in place of its secrets, to be kept."""
    return _replaced(document, lambda secret: f"sha256:{digest(str(secret))}")


def shown(document: Any) -> Any:  # noqa: ANN401 - any JSON document
    """Return a document with null in place of its secrets, to be read."""
    return _replaced(document, lambda _secret: None)


def _replaced(document: Any, substitute: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any JSON document
    if isinstance(document, list):
        return [_replaced(one, substitute) for one in document]
    if not isinstance(document, dict):
        return document
    return {
        key: substitute(value)
        if SECRET.search(key) and isinstance(value, str)
        else _replaced(value, substitute)
        for key, value in document.items()
    }
