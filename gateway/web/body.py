"""Reads JSON strictly, and hands it to marshmallow through webargs.

What two readers could understand differently is refused: duplicate names, NaN, numbers over
2^53, lone surrogates, another character set than UTF-8 (RFC 8259, sections 4, 6, 8; RFC 7493).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Any, Final, NoReturn

import marshmallow as ma
from flask import Request
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.errors import (
    InputFault,
    InvalidInput,
    MalformedRequest,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from gateway.web.fields import MAX_WHOLE, Fault

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
READ_LIMIT: Final = MAX_BODY_BYTES + 1
"""For ``MAX_CONTENT_LENGTH``: Werkzeug cuts a chunked body there without a word."""

_MAX_POINTER: Final = 256
_MAX_DIGITS: Final = len(str(MAX_WHOLE)) + 1
_DEPTHS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_UNUSABLE: Final = re.compile("[\0\ud800-\udfff]")
# Possessive, and an open string matches up to the end: linear for every input.
_STRUCTURE: Final = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[\[\]{}]', re.DOTALL)


def read_json(request: Request) -> Any:  # noqa: ANN401 # JSON
    """Return the body of a request, or webargs' ``missing`` when there is none.

    Where there is none, its media type does not matter: some clients name one with every POST.

    Raises:
        UnsupportedMediaType: not JSON in UTF-8, or compressed.
        MalformedRequest: not JSON, or JSON that readers understand differently.
        PayloadTooLarge: over 1 MiB.
    """
    body = request.get_data(cache=True) if _has_body(request) else b""
    if not body:
        return missing
    _check_coding(request)
    if len(body) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"The body has more than {MAX_BODY_BYTES} bytes.")
    if not request.content_type:
        raise UnsupportedMediaType("Content-Type must say application/json.")
    return parse_json(body)


def _has_body(request: Request) -> bool:
    """Whether the header says that a body follows (RFC 9112, section 6.3)."""
    environ = request.environ
    return bool(environ.get("CONTENT_LENGTH") or environ.get("HTTP_TRANSFER_ENCODING"))


def parse_json(body: bytes) -> Any:  # noqa: ANN401 # JSON
    """Return what the bytes spell.

    Raises:
        MalformedRequest: not JSON, or JSON that readers understand differently.
    """
    text = _text_of(body)
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object_of,
            parse_int=_whole_of,
            parse_float=_number_of,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedRequest(f"The body is not valid JSON: {place}.") from None
    _check_texts(value)
    return value


def refuse_query(request: Request) -> None:
    """Refuse query parameters where none is declared.

    Raises:
        InvalidInput: names each of them.
    """
    if request.args:
        raise InvalidInput([_unknown(f"/query/{escaped(name)}") for name in request.args])


def refuse_body(request: Request) -> None:
    """Refuse a body where none is declared; ``{}`` says nothing and is taken.

    Raises:
        InvalidInput: it holds something, however much and of whatever media type.
        MalformedRequest: it should be JSON, and is not.
    """
    try:
        value = read_json(request)
    except (PayloadTooLarge, RequestEntityTooLarge, UnsupportedMediaType):
        raise InvalidInput([InputFault("", "WRONG_TYPE", "There must be no body.")]) from None
    if value is missing or value == {}:
        return
    names = list(value) if isinstance(value, dict) else []
    faults = [_unknown(f"/{escaped(name)}") for name in names]
    raise InvalidInput(faults or [InputFault("", "WRONG_TYPE", "This must be an object.")])


class StrictParser(FlaskParser):
    """webargs with strict JSON, unknown fields refused everywhere, faults with pointers."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {"headers": ma.EXCLUDE}  # noqa: RUF012 # webargs declares it so

    def parse(
        self,
        argmap: Any,  # noqa: ANN401 # webargs'
        req: Request | None = None,
        *,
        location: str | None = None,
        **options: Any,  # noqa: ANN401 # webargs'
    ) -> Any:  # noqa: ANN401 # webargs'
        """Return what a schema loads; from no query at all, which most calls have, what it did."""
        if location == "query" and not (req or self.get_default_request()).query_string:
            with suppress(ma.ValidationError):  # it is told as every other
                return dict(_from_nothing(argmap))
        return super().parse(argmap, req, location=location, **options)

    def load_json(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ANN401, ARG002 # webargs' signature
        """Return the body as strict JSON."""
        return read_json(req)

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ANN401 # webargs' signature
        """Return the query parameters as the values that their fields read from them."""
        repeated = [name for name, values in req.args.lists() if len(values) > 1]
        if repeated:
            raise InvalidInput(
                [
                    InputFault(f"/query/{escaped(name)}", "REPEATED", "Give this once.")
                    for name in repeated
                ]
            )
        readers = {field.data_key or name: field for name, field in schema.load_fields.items()}
        return {name: _from_query(readers.get(name), text) for name, text in req.args.items()}

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,  # noqa: ARG002 # webargs' signature
        *_: object,
        **__: object,
    ) -> NoReturn:
        """Raise what marshmallow found, each fault with its place."""
        raise InvalidInput(list(faults_of(error.messages))) from None


@cache
def _from_nothing(schema: ma.Schema) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = schema.load({})
    return loaded


def faults_of(messages: Any) -> Iterator[InputFault]:  # noqa: ANN401 # marshmallow's nested messages
    """Yield the faults in ``{location: messages}``; a body's pointers start at the body."""
    for location, inner in messages.items():
        yield from _walk(inner, "" if location == "json" else f"/{location}")


def escaped(name: object) -> str:
    """Return one token of a JSON pointer (RFC 6901, section 3), cut when it is long."""
    return str(name)[:_MAX_POINTER].replace("~", "~0").replace("/", "~1")


def _walk(messages: Any, pointer: str) -> Iterator[InputFault]:  # noqa: ANN401 # marshmallow's nested messages
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from _walk(inner, pointer if key == "_schema" else f"{pointer}/{escaped(key)}")
        return
    for message in messages if isinstance(messages, list) else [messages]:
        code = message.code if isinstance(message, Fault) else "INVALID"
        yield InputFault(pointer, code, str(message))


def _from_query(field: ma.fields.Field[Any] | None, text: str) -> object:
    read = getattr(field, "from_query", None)
    return read(text) if read else text


def _unknown(pointer: str) -> InputFault:
    return InputFault(pointer, "UNKNOWN_FIELD", "This field is not known.")


def _check_coding(request: Request) -> None:
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.")
    if request.content_type and not request.is_json:
        raise UnsupportedMediaType("Content-Type must say application/json.")
    if request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType("JSON is UTF-8.")


def _text_of(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
    if text.startswith("\ufeff"):
        raise MalformedRequest("The body must not begin with a byte order mark.")
    return text


def _check_depth(text: str) -> None:
    depth = 0
    for match in _STRUCTURE.finditer(text):
        depth += _DEPTHS.get(match[0], 0)
        if depth > MAX_DEPTH:
            raise MalformedRequest(f"The body is nested deeper than {MAX_DEPTH}.")


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedRequest("An object has two members of one name.")
    for name, value in pairs:
        _check_texts(name, value)
    return members


def _check_texts(*values: object) -> None:
    for value in values:
        if isinstance(value, str):
            _check_text(value)
        elif isinstance(value, list):
            _check_texts(*value)


def _check_text(text: str) -> None:
    if _UNUSABLE.search(text):
        raise MalformedRequest("A text holds NUL or half a surrogate pair.")


def _whole_of(digits: str) -> int:
    if len(digits) > _MAX_DIGITS or abs(int(digits)) > MAX_WHOLE + 1:
        raise MalformedRequest("A whole number is larger than 2^53.")
    return int(digits)


def _number_of(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise MalformedRequest("A number is too large.")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedRequest(f"{name} is not JSON.")
