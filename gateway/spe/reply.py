"""Decodes a reply that may come from a broken or hostile deployment.

SPE puts a byte order mark before its JSON (RFC 8259 lets a parser ignore it).
"""

import json
import math
import re
from typing import Final, NoReturn

from gateway.errors import ReplyInvalid

# A string swallows its brackets. The closing quote is optional and everything before it
# possessive, so that an unterminated string costs one pass and not one for each quote.
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_CONTINUATION: Final = bytes(range(0x80, 0xC0))
_ASTRAL: Final = re.compile(rb"[\xf0-\xff]")
_VALUE_BYTES: Final = 200
"""What CPython takes for a member of a growing object with its key, the dearest of small values."""
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def decode(body: bytes, max_depth: int) -> object:
    """The JSON value of a reply.

    Args:
        body: UTF-8, with or without a byte order mark.
        max_depth: of arrays and objects within each other.

    Raises:
        ReplyInvalid: it is no such JSON, too deep, or ambiguous (a key twice, NaN).
    """
    try:
        text = body.decode("utf-8-sig")
        _check_depth(text, max_depth)
        value: object = _DECODER.decode(text)
        if _SURROGATE.search(text):
            # Half of a surrogate pair is legal JSON, but no text that could be passed on.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # Not chained: the decoder's error carries the whole reply.
        raise ReplyInvalid("The deployment's reply is not the JSON that SPE answers.") from None
    return value


def weight(body: bytes) -> int:
    """The bytes of memory that reading a reply takes at most, besides the reply itself.

    A text takes one, two or four bytes for each character, by the widest of them, and is there
    twice: whole, and in pieces. Three bytes of JSON can be an object of seventy.
    """
    values = body.count(b",") + body.count(b"[") + body.count(b"{")
    return 2 * _text_bytes(body) + values * _VALUE_BYTES


def _text_bytes(body: bytes) -> int:
    if body.isascii():
        return len(body)
    characters = len(body.translate(None, _CONTINUATION))
    return characters * (4 if _ASTRAL.search(body) else 2)


def _check_depth(text: str, max_depth: int) -> None:
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        if first in "[{":
            depth += 1
        elif first in "]}":
            depth -= 1
        if depth > max_depth:
            raise ReplyInvalid("The deployment's reply is nested too deeply.")


def _object_of_unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a key occurs twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(digits)
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object_of_unique_keys, parse_constant=_refuse_constant, parse_float=_finite
)
