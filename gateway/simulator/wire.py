"""The bytes of the Management API: envelope, byte order mark, headers, arguments."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from .failures import Failure, missing, out_of_range
from .reference import Argument, Signature

BOM = b"\xef\xbb\xbf"

HEADERS = (
    (
        "Cache-Control",
        "no-cache,private,no-store,must-revalidate,max-stale=0,post-check=0,pre-check=0",
    ),
    ("Pragma", "no-cache"),
    ("Content-Type", "application/json"),
    ("Server", "Microsoft-HTTPAPI/2.0"),
)

Pairs = list[tuple[str, str]]
Arguments = dict[str, Any]


@dataclass
class Envelope:
    """The answer to a command; its fields are the vendor's keys in the vendor's order."""

    error: dict[str, str] | None = None
    token: str | None = None
    statusVersion: int = 2  # noqa: N815 - the vendor's key
    statusCode: str = "succeeded"  # noqa: N815 - the vendor's key
    percentProgress: int | None = None  # noqa: N815 - the vendor's key
    statusText: str | None = None  # noqa: N815 - the vendor's key
    result: Any = None
    logOutput: str | None = None  # noqa: N815 - the vendor's key

    def document(self) -> dict[str, Any]:
        """Return the eight keys, null where unused."""
        return dict(vars(self))


@dataclass
class Reply:
    """An HTTP answer before it is sent."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=lambda: list(HEADERS))


def encode(document: Any) -> bytes:  # noqa: ANN401 - any JSON document
    """Return a document as SPE writes it: BOM, two blanks of indent, CRLF."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return BOM + text.replace("\n", "\r\n").encode()


def error(failure: Failure, command: str) -> dict[str, str]:
    """Return the `error` member of a failed envelope, with a stack trace like .NET's."""
    frames = (
        f"MailStore.Spe.ManagementServer.Api.{command}Command.Execute(ApiArguments arguments)",
        "MailStore.Spe.ManagementServer.Api.ApiDispatcher.Invoke(String command)",
        "MailStore.Common.Web.HttpApiHandler.ProcessRequest(HttpListenerContext context)",
    )
    lines = [f"{failure.kind}: {failure.message}", *(f"   at {frame}" for frame in frames)]
    return {"message": failure.message, "details": "\r\n".join(lines)}


def form(body: bytes) -> Pairs:
    """Decode a form-urlencoded body into pairs, in order and with duplicates.

    Raises:
        Failure: a name or a value is not UTF-8.
    """
    pieces = (piece.partition(b"=") for piece in body.split(b"&") if piece)
    return [(_unquote(name), _unquote(value)) for name, _, value in pieces]


def _unquote(piece: bytes) -> str:
    try:
        return unquote_to_bytes(piece.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Failure(
            "Unable to translate bytes at index 0 from specified code page to Unicode.",
            "System.Text.DecoderFallbackException",
        ) from None


def arguments(signature: Signature, pairs: Pairs) -> Arguments:
    """Check a call against the reference and read its values.

    Returns:
        every argument of the command by name; optional ones that were left out are None.

    Raises:
        Failure: an argument is unknown, given twice, missing, empty, or of the wrong type.
    """
    known = {argument.name for argument in signature.arguments}
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            raise Failure(f"Unknown API argument {name}.", "System.ArgumentException")
        if name in given:
            raise Failure(f"Duplicate API argument {name}.", "System.ArgumentException")
        given[name] = value
    return {
        argument.name: _value(argument, given.get(argument.name))
        for argument in signature.arguments
    }


def _value(argument: Argument, text: str | None) -> Any:  # noqa: ANN401 - typed by the reference
    if text is None:
        if argument.nullable:
            return None
        raise missing(argument.name)
    if not text:
        raise out_of_range()
    return _check(argument, _READERS[argument.type](text))


def _check(argument: Argument, value: Any) -> Any:  # noqa: ANN401 - typed by the reference
    if argument.many:
        return _words(argument, value)
    if argument.values and value not in argument.values:
        raise out_of_range()
    return value


def _words(argument: Argument, text: str) -> list[str]:
    words = list(dict.fromkeys(word.strip() for word in text.split(",")))
    alone = {"none", "admin"} & set(words)
    if not set(words) <= set(argument.values) or (alone and len(words) > 1):
        raise out_of_range()
    return [word for word in words if word != "none"]


def _text(text: str) -> str:
    return text


def _number(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise Failure("Input string was not in a correct format.", "System.FormatException")
    return int(text)


def _bool(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Failure("String was not recognized as a valid Boolean.", "System.FormatException")
    return text == "true"


def _json(text: str) -> Any:  # noqa: ANN401 - any JSON document
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Failure(
            "Unexpected character encountered while parsing value.",
            "Newtonsoft.Json.JsonReaderException",
        ) from None


_READERS = {"string": _text, "number": _number, "bool": _bool, "json": _json}
